"""What a kind of device brings so that something follows from its events, and what it is given for that. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.conclude.report import Diagnosed, Explained
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.devices.twins import Twins
from gateway.diagnosis.catalogue import Meaning
from gateway.finding import Conclusion

OwnCodes = Mapping[str, Mapping[str, Meaning]]
"""Vendor → code → what it means by it."""
Handler = Callable[[Any, DeviceRecord, Twin, Any, float], Iterable[Conclusion]]
"""Takes an event of its type, its device's record and twin, its sound readings, and the hour (POSIX seconds by our clock)."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is at hand for concluding."""

    twins: Twins
    records: Callable[[str], DeviceRecord | None]
    """Returns what a device is registered as now."""
    explained: Explained
    """Is shown each diagnosis that is made."""
    own_codes: Callable[[], OwnCodes]
    """Returns what vendors mean by codes of their own: asked for, as catalogues are, with the first event that wants it."""


@dataclass(frozen=True, slots=True)
class Concluder:
    """What follows from the events of one kind of device."""

    by_type: Mapping[str, Handler]
    """Event type → what takes it."""
    explain: Callable[[DeviceRecord, Twin], Diagnosed] | None = None
    """Diagnoses a device as it stands, and changes nothing; ``None``: it is not diagnosed between events."""
    repaired: Callable[[Twin, float], None] | None = None
    """Notes that a device was put right, POSIX seconds by our clock; ``None``: it is not repaired."""
