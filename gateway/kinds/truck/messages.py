"""What a truck sends. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Example, Messages
from gateway.contract.values import Moment, Position, Strict, Text
from gateway.finding import Capability


class TruckLoad(Strict):
    """What it takes to take the car along."""

    needs: Annotated[tuple[Capability, ...], Field(max_length=8)] = ()
    mass_kg: Annotated[float | None, Field(gt=0, le=100_000)] = None


class TruckJob(Strict):
    """What the truck makes of the job it was offered."""

    id: Annotated[Text, Field(max_length=200)]
    """As in the offer."""
    state: Literal["accepted", "declined", "arrived", "finished"]
    load: TruckLoad | None = None
    """With ``declined``: what it takes, where this truck found on the scene that it cannot take it along."""


class TruckStatus(Strict):
    """Where the truck is, whether it takes jobs, and how its job stands."""

    position: Position
    duty: Literal["on", "off"] = "on"
    job: TruckJob | None = None
    shift_end: Moment | None = None
    """When its crew goes home; told once, it holds until it is told anew or the truck goes off duty."""
    eta: Moment | None = None
    """When it will be with whom it drives to, as its own navigation has it, which may know of a jam. It may be left out."""


class TruckStatusEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.truck.status.v1"] = "callahead.truck.status.v1"
    data: TruckStatus


_HERE = {"latitude": 56.951212, "longitude": 24.113388, "accuracy_m": 6.5, "fix_time": "2026-01-12T07:41:00+01:00"}
MESSAGES = Messages(
    events=(
        EventType(TruckStatusEvent, "help/truck-3", "1-5", "2026-01-12T06:41:30Z", {
            "position": _HERE,
            "duty": "on",
            "job": {"id": "volta/car-1/7-1204/job-1", "state": "accepted"},
        }, plain=True),
    ),
    parts=(TruckJob, TruckLoad),
    also=(
        Example("callahead.payment.attempt.v1", "help/truck-3", "1-7", "2026-01-12T07:05:20Z", {
            "end_to_end_id": "TOLL-A8-20260112-3",
            "status": "ACSC",
            "amount": "3.60",
            "currency": "EUR",
            "processor": "tollpay",
            "instrument": "card",
        }),
    ),
)  # fmt: skip
