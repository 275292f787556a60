"""Whose device it is: vendors, devices, pairings. Held in memory; whoever owns a store fills it and keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.finding import Provenance


class DeviceKind(StrEnum):
    """What may send what."""

    CAR = "car"
    FRIDGE = "fridge"
    PHONE = "phone"
    TRUCK = "truck"


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A registered device, ``vendor/device``."""

    device: str
    kind: DeviceKind
    customer: str | None
    """Whose it is; trucks have none."""
    provenance: Provenance
    paired_phone: str | None = None
    """The phone that may relay for it, that tells where its owner is and that shows notices."""
    model: str = ""
    home_latitude: float | None = None
    """Where it stands, for what does not move."""
    home_longitude: float | None = None
    skills: tuple[str, ...] = ()
    """What a truck's crew can do."""
    model_year: int | None = None
    """Of a car: parts fail by age."""


@dataclass(frozen=True, slots=True)
class VendorRecord:
    """A registered vendor."""

    vendor: str
    provenance: Provenance
    """A simulated vendor has no real devices; a real one may have simulated devices to try things with."""
    contact: str = ""
    """Whom to ask."""


class Registry:
    """Every device we know, by its name."""

    def __init__(self, records: Iterable[DeviceRecord] = ()) -> None:
        self._records: dict[str, DeviceRecord] = {}
        for record in records:
            self.add(record)

    def add(self, record: DeviceRecord) -> None:
        """Register a device, or replace what was registered under its name."""
        self._records[record.device] = record

    def get(self, device: str) -> DeviceRecord | None:
        """Return what is registered under ``vendor/device``."""
        return self._records.get(device)

    def __iter__(self) -> Iterator[DeviceRecord]:
        """Iterate over all records, in the order they were registered."""
        return iter(self._records.values())

    def __len__(self) -> int:
        """How many devices are registered."""
        return len(self._records)
