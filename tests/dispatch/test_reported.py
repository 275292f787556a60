"""What people tell: a customer of whose device nothing is known rings in, and a crew finds something else than it was sent for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from dispatch.core.actions import Action, CloseCase, OpenCase, QueueCall, ReassignTow, ReviseCase, SendTow
from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, CaseReported, Outcome
from gateway.devices.registry import DeviceRecord
from gateway.finding import Finding, Help, Place
from gateway.intake.human_report import HumanReport, NoSuchPart, finding_of

if TYPE_CHECKING:
    from conftest import Room

CAR = DeviceRecord("volta/car-1", "car", "c-1", "simulated", paired_phone="pingo/phone-1")
A = TypeVar("A", bound=Action)


def of(actions: list[Action], kind: type[A]) -> list[A]:
    """Return the actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def told(start: float, part: str | None = "battery_12v", **changes: object) -> Finding:
    """Return what a customer tells of a car that does not start."""
    place = Place(56.95, 24.10, 100.0, start, "customer")
    return finding_of(HumanReport("1", "customer", part, start, place, **changes), CAR)  # type: ignore[arg-type]


def rings(room: Room, part: str | None = "battery_12v") -> list[Action]:
    """Have the customer ring in and tell an agent."""
    room.agent()
    room.phones()
    room.connected("in/1")
    return room.tell(CaseReported(told(room.now, part), "lv", may_call=True, may_order=True, call="in/1"))


def test_a_customer_of_whom_nothing_was_known_gets_a_case_and_a_truck_while_on_the_line(room: Room) -> None:
    """Whoever tells it is told at once what is done: no call of ours is queued, and the case closes once help was there."""
    room.truck("roadhelp/truck-1")
    decided = rings(room)
    assert [type(action) for action in decided[:2]] == [OpenCase, SendTow]
    assert not of(decided, QueueCall)
    case = of(decided, OpenCase)[0].case
    room.ended("in/1", Outcome.INFORMED)
    room.tell(BookingAnswered(f"{case}/booking", 1, accepted=True, slot_at=room.now + 3600))
    for state in ("accepted", "arrived"):
        room.truck("roadhelp/truck-1", state, job=f"{case}/tow")
    assert of(room.truck("roadhelp/truck-1", "finished", job=f"{case}/tow"), CloseCase)[0].reason == "helped"


def test_the_device_tells_later_what_its_owner_described(room: Room) -> None:
    """One case, whose diagnosis the device's own replaces; no second truck and no call."""
    room.truck("roadhelp/truck-1")
    rings(room)
    later = room.found()
    assert not of(later, OpenCase)
    assert not of(later, QueueCall)
    assert len(of(later, ReviseCase)) == 1


def test_what_the_device_tells_after_its_case_was_closed_finds_no_closed_case(room: Room) -> None:
    """The episode that joined the case its owner had described ends with it; a desk taken up from a snapshot stands, too."""
    room.truck("roadhelp/truck-1")
    case = of(rings(room), OpenCase)[0].case
    room.found()
    room.ended("in/1", Outcome.INFORMED)
    room.tell(BookingAnswered(f"{case}/booking", 1, accepted=True, slot_at=room.now + 3600))
    for state in ("accepted", "arrived", "finished"):
        closed = room.truck("roadhelp/truck-1", state, job=f"{case}/tow")
    assert of(closed, CloseCase)
    standing = room.desk.standing()
    assert standing.of_episode == {}
    Desk().stand(standing)
    assert not room.found(key="volta/car-1/1-8", part="alternator")


def test_a_crew_that_cannot_mend_it_is_followed_by_one_that_can(room: Room) -> None:
    """The crew tells what it found and declines; the next truck has the skill, and the device's opinion counts no more."""
    room.truck("roadhelp/truck-1", skills=("battery",))
    room.truck("roadhelp/truck-2", skills=("tow",))
    case = of(rings(room), OpenCase)[0].case
    for state in ("accepted", "arrived"):
        room.truck("roadhelp/truck-1", state, job=f"{case}/tow", skills=("battery",))
    seen = finding_of(HumanReport("2", "crew", "alternator", room.now, told(room.now).place, episode=case), CAR)
    assert seen.remedy.help is Help.TOW
    room.tell(CaseReported(seen, "lv", may_call=True, may_order=True))
    again = room.truck("roadhelp/truck-1", "declined", job=f"{case}/tow", skills=("battery",))
    assert [action.truck for action in of(again, ReassignTow)] == ["roadhelp/truck-2"]
    assert not of(room.found(), ReviseCase)


def test_whatever_nobody_can_name_is_towed(room: Room) -> None:
    """The truck that comes helps in any case."""
    room.truck("roadhelp/truck-1", skills=("battery",))
    room.truck("roadhelp/truck-2", skills=("tow",))
    assert of(rings(room, None), SendTow)[0].truck == "roadhelp/truck-2"


def test_a_part_of_another_kind_of_device_is_refused() -> None:
    """A car has no compressor."""
    with pytest.raises(NoSuchPart, match="'compressor' is no part of a car"):
        told(0.0, "compressor")
