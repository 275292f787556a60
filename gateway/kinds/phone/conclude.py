"""Phones: where their owners are. Nothing follows from that alone."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.readings import take_place
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import Conclusion
from gateway.kinds.phone.messages import PhoneStatusEvent


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what phones send."""
    del around
    return Concluder({"callahead.phone.status.v1": _status})


def _status(
    event: PhoneStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterable[Conclusion]:
    del record, told, now
    take_place(twin, event.data.position)
    return ()
