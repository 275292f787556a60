"""Trucks: where they are, whether they take jobs, how their job stands."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.conclude.concluder import Concluder, Surroundings
from gateway.conclude.readings import place_of, provenance_of, take_place
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import NOTHING, Conclusion, Load, TruckReport
from gateway.kinds.truck.messages import TruckJob, TruckStatusEvent


def concluder(around: Surroundings) -> Concluder:
    """Return what concludes from what trucks send."""
    del around
    return Concluder({"callahead.truck.status.v1": _status})


def _status(
    event: TruckStatusEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterable[Conclusion]:
    del told, now
    status, job = event.data, event.data.job
    take_place(twin, status.position)
    yield TruckReport(
        event.key,
        record.device,
        place_of(status.position, "gnss"),
        status.duty == "on",
        record.skills,
        provenance_of(event, record),
        job.id if job else None,
        job.state if job else None,
        shift_end=status.shift_end.timestamp() if status.shift_end else None,
        carries=record.carries,
        load=_found(job),
        home=_home(record) if status.shift_end else None,
        eta=status.eta.timestamp() if status.eta else None,
    )


def _home(record: DeviceRecord) -> tuple[float, float] | None:
    """Return where the truck goes when its shift ends."""
    north, east = record.home_latitude, record.home_longitude
    return None if north is None or east is None else (north, east)


def _found(job: TruckJob | None) -> Load:
    """Return what a crew found that it takes."""
    load = job.load if job is not None and job.state == "declined" else None
    return NOTHING if load is None else Load(load.needs, load.mass_kg or 0.0)
