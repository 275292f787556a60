"""Whose device it is: vendors, devices, pairings. Held in memory; whoever owns a store fills it and keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from gateway.finding import NOTHING, Carries, Load, Provenance


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A registered device, ``vendor/device``."""

    device: str
    kind: str
    """By name: ``gateway.kinds``."""
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
    ble_key: str = field(default="", repr=False)
    """64 hexadecimal digits: the device's own key, with which it speaks over Bluetooth LE; empty: it does not."""
    ble_address: str = ""
    """Of the OBD dongle that sits in it, where it has one that is not ours. Such a dongle has no key."""
    load: Load = NOTHING
    """Of a car: what it takes to take it along, as far as that is known."""
    carries: Carries | None = None
    """Of a truck: what it takes along; ``None``: everything."""
    plate: str = ""
    """Of a car, as it stands there: by which a customer is asked for theirs."""
    drivers: tuple[str, ...] = ()
    """Of a car: who drives it beside its owner, by name."""
    payment_key: str = ""
    """The public key (Ed25519, 32 bytes in base64url) by which it signs what it asks to pay; empty: it does not sign."""
    payment_key_expires: float | None = None
    """POSIX seconds; ``None``: the key does not expire."""


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
        self._dongles: dict[str, str] = {}
        self._signers: dict[str, str] = {}
        self._of_customer: dict[str, dict[str, None]] = {}
        self._paired: Counter[str] = Counter()
        """Phone → how many devices are paired with it."""
        self.changed: Callable[[str], None] | None = None
        """Is told which device is registered anew, and which phone one is paired with."""
        self.changes = 0
        """How often something was registered: who has looked a device up need not do so again before there are more."""
        for record in records:
            self.add(record)

    def add(self, record: DeviceRecord) -> None:
        """Register a device, or replace what was registered under its name."""
        self.changes += 1
        before = self._records.get(record.device)
        if before is not None and before.customer is not None:
            self._of_customer[before.customer].pop(record.device)
        if before is not None and before.paired_phone is not None:
            self._paired[before.paired_phone] -= 1
        if record.paired_phone is not None:
            self._paired[record.paired_phone] += 1
        if record.customer is not None:
            self._of_customer.setdefault(record.customer, {})[record.device] = None
        self._records[record.device] = record
        if record.ble_address:
            self._dongles[record.ble_address.upper()] = record.device
        if record.payment_key:
            self._signers[record.payment_key] = record.device
        if self.changed is not None:
            for one in (record.device if before is not None else None, record.paired_phone):
                if one is not None:
                    self.changed(one)

    def get(self, device: str) -> DeviceRecord | None:
        """Return what is registered under ``vendor/device``."""
        return self._records.get(device)

    def is_paired(self, phone: str) -> bool:
        """Tell whether any device is paired with a phone."""
        return self._paired[phone] > 0

    def of_customer(self, customer: str) -> list[DeviceRecord]:
        """Return the devices that are a customer's, in the order they became theirs."""
        return [self._records[device] for device in self._of_customer.get(customer, ())]

    def ble_key(self, device: str) -> bytes | None:
        """Return the key a device speaks with over Bluetooth LE; ``None`` where it has none."""
        record = self._records.get(device)
        return bytes.fromhex(record.ble_key) if record and record.ble_key else None

    def signs_with(self, payment_key: str) -> str | None:
        """Return the device that signs with a key; ``None``: none does."""
        record = self._records.get(self._signers.get(payment_key, ""))
        return record.device if record and record.payment_key == payment_key else None

    def dongle_at(self, address: str) -> DeviceRecord | None:
        """Return the car in which the OBD dongle with a Bluetooth address sits."""
        record = self._records.get(self._dongles.get(address.upper(), ""))
        return record if record and record.ble_address.upper() == address.upper() else None

    def __iter__(self) -> Iterator[DeviceRecord]:
        """Iterate over all records, in the order they were registered."""
        return iter(self._records.values())

    def __len__(self) -> int:
        """How many devices are registered."""
        return len(self._records)
