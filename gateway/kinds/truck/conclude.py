"""Trucks: where they are, whether they take jobs, how their job stands."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.readings import place_of, provenance_of, take_place
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import Conclusion, TruckReport
from gateway.kinds.truck.messages import TruckStatusEvent


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what trucks send."""
    del around
    return Concluder({"callahead.truck.status.v1": _status})


def _status(
    event: TruckStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterable[Conclusion]:
    del told, now
    status = event.data
    take_place(twin, status.position)
    yield TruckReport(
        event.key,
        record.device,
        place_of(status.position, "gnss"),
        status.duty == "on",
        record.skills,
        provenance_of(event, record),
        status.job.id if status.job else None,
        status.job.state if status.job else None,
        status.shift_end.timestamp() if status.shift_end else None,
    )
