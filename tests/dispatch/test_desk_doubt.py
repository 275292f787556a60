"""What the desk does with a doubtful diagnosis, a doubtful place, a second fault, and a fault that comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from dispatch.core.actions import (
    Action,
    CancelTow,
    CloseCase,
    OpenCase,
    PlaceOrder,
    QueueCall,
    ReviseCase,
    SendNotice,
    SendTow,
    TellDriverToStop,
    WithdrawCall,
)
from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, DeviceRecovered, Outcome, SupplierOpened
from dispatch.core.policy import PlaceGate, Policy
from dispatch.core.quiet_hours import QuietHours
from gateway.finding import Domain, Drive, Grade, Help, Place, Recovery, Remedy, Severity

if TYPE_CHECKING:
    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"
A = TypeVar("A", bound=Action)
TOW = Remedy(Help.TOW, "tow", 900, 7_200, "flatbed")
TALK = Remedy(Help.TALK, "engine", 0, 3_600, "none")
VISIT = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0, "none")


def of(actions: list[Action], kind: type[A]) -> list[A]:
    """Return the actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def test_in_doubt_the_customer_is_asked_before_a_truck_is_sent(room: Room) -> None:
    """Only the call is queued; the customer's yes sends the truck, at once and once."""
    room.truck("t-1")
    actions = room.found(grade=Grade.ASK)
    assert not of(actions, SendTow)
    assert of(actions, QueueCall)
    room.agent()
    room.connected(CALL)
    assert len(of(room.ended(CALL, Outcome.INFORMED, wants_help=True), SendTow)) == 1


def test_a_customer_who_wants_nobody_gets_nobody(room: Room) -> None:
    """No truck, and the case is closed as declined."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.INFORMED, wants_help=False)
    assert [close.reason for close in of(actions, CloseCase)] == ["declined"]
    assert not any(isinstance(action, SendTow) for _, action in room.decided)


def test_who_says_that_somebody_shall_come_is_not_left_with_a_talk(room: Room) -> None:
    """It was thought that a call is enough, and the customer stands there: a truck that can help whatever is broken comes."""
    room.truck("t-1", skills=("battery",))
    room.truck("t-2", skills=("tow",))
    room.found(remedy=TALK, drive=Drive.YES, severity=Severity.LOW)
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.INFORMED, wants_help=True)
    assert [(sent.truck, sent.skill, sent.on_scene_s) for sent in of(actions, SendTow)] == [("t-2", "tow", 900)]
    assert not of(actions, CloseCase)
    for state in ("accepted", "arrived"):
        room.truck("t-2", state)
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 3_600))
    assert [close.reason for close in of(room.truck("t-2", "finished"), CloseCase)] == ["helped"]


def test_who_says_that_a_technician_shall_come_gets_one(room: Room) -> None:
    """The same in a kitchen; without the customer's word a talk stays a talk."""
    room.tell(SupplierOpened("s-1", ("technician",), 56.95, 24.10, "simulated"))
    kitchen = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "severity": Severity.LOW}
    talk = replace(TALK, skill="refrigeration")
    room.found(remedy=talk, **kitchen)
    room.agent()
    room.connected(CALL)
    actions = room.ended(CALL, Outcome.INFORMED, wants_help=True)
    assert [(order.what, order.skill) for order in of(actions, PlaceOrder)] == [("technician", "refrigeration")]
    room.found(
        remedy=talk, key="volta/car-2/1-7", episode="volta/car-2/1-7", device="volta/car-2", customer="c-2", **kitchen
    )
    room.agent()
    room.connected("volta/car-2/1-7/call")
    assert not of(room.ended("volta/car-2/1-7/call", Outcome.INFORMED), PlaceOrder)


def test_growing_sure_sends_the_truck_without_asking(room: Room) -> None:
    """The device's next event settles it before the agent rings."""
    room.truck("t-1")
    room.found(grade=Grade.ASK)
    actions = room.found(key="volta/car-1/1-9", grade=Grade.ACT)
    assert len(of(actions, SendTow)) == 1
    assert of(actions, ReviseCase)[0].changed == ("grade",)
    room.agent()
    room.connected(CALL)
    assert not of(room.ended(CALL, Outcome.INFORMED), SendTow)


def test_a_technician_too_waits_for_the_customers_word(room: Room) -> None:
    """A doubtful fridge orders nobody until its owner says so."""
    room.tell(SupplierOpened("fix-it", ("technician",), 56.9, 24.1, "simulated"))
    fridge = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "remedy": VISIT, "part": "compressor"}
    assert not of(room.found(grade=Grade.ASK, **fridge), PlaceOrder)
    room.agent()
    room.connected(CALL)
    assert len(of(room.ended(CALL, Outcome.INFORMED, wants_help=True), PlaceOrder)) == 1


def unanswered(room: Room, attempts: range) -> list[Action]:
    """Ring in vain; return what is decided about the last attempt."""
    actions: list[Action] = []
    for attempt in attempts:
        room.wait(room.desk.policy.rests_s(5))
        room.agent()
        actions = room.ended(CALL, Outcome.NO_ANSWER, attempt)
    return actions


@pytest.mark.parametrize("finding", [{"grade": Grade.ASK}, {"place": None}])
def test_who_must_be_asked_is_rung_as_long_as_the_fault_stands(room: Room, finding: dict[str, Any]) -> None:
    """Six attempts in vain and nobody was sent: rung every quarter of an hour, never closed, and it says why."""
    room.truck("t-1")
    room.found(**finding)
    for attempt in range(6, 40):
        actions = unanswered(room, range(1 if attempt == 6 else attempt, attempt + 1))
        assert not of(actions, CloseCase)
        (again,) = of(actions, QueueCall)
        assert (again.attempt, again.reason, again.not_before - room.now) == (attempt + 1, "unanswered", 900)
        room.wait(900)
    room.agent()
    room.connected(CALL, 40)
    place = Place(56.93, 24.05, 50, room.now, "customer")
    assert of(room.ended(CALL, Outcome.INFORMED, 40, place, wants_help=True), SendTow)


def test_a_fault_that_is_over_is_closed_though_nobody_answered(room: Room) -> None:
    """Nobody was asked, nobody was sent, and the device is well again: whether before or after the last attempt."""
    room.found(grade=Grade.ASK)
    unanswered(room, range(1, 7))
    well = room.tell(DeviceRecovered(Recovery("k", CASE, "volta/car-1", room.now)))
    assert [close.reason for close in of(well, CloseCase)] == ["recovered"]
    assert [one.reason for one in of(well, WithdrawCall)] == ["recovered"]


def test_a_fault_that_is_over_is_rung_about_to_the_sixth_time(room: Room) -> None:
    """A flapping code costs nobody their call; but nobody is rung every quarter of an hour for it."""
    room.found(grade=Grade.ASK)
    room.tell(DeviceRecovered(Recovery("k", CASE, "volta/car-1", room.now)))
    assert not of(unanswered(room, range(1, 6)), CloseCase)
    assert [close.reason for close in of(unanswered(room, range(6, 7)), CloseCase)] == ["recovered"]


def test_at_night_who_does_not_answer_is_let_sleep_unless_the_car_must_stop(room: Room) -> None:
    """The six attempts ring at any hour; those every quarter of an hour only where the fault cannot wait."""
    quiet = QuietHours.parse("22:00-09:00@Europe/Riga")
    room.desk = Desk(Policy(quiet=quiet))
    room.found(grade=Grade.ASK, drive=Drive.TO_WORKSHOP)
    (again,) = of(unanswered(room, range(1, 7)), QueueCall)
    assert again.not_before == quiet.over(room.now) > room.now + 900
    room.desk = Desk(Policy(quiet=quiet))
    room.found(grade=Grade.ASK)
    (again,) = of(unanswered(room, range(1, 7)), QueueCall)
    assert again.not_before == room.now + 900


def test_what_had_to_be_asked_and_was_not_answered_is_asked_again(room: Room) -> None:
    """They spoke and did not say where the car is: nobody can be sent, so the question stays open and is asked later."""
    room.truck("t-1")
    room.found(place=None)
    room.agent()
    room.connected(CALL)
    (again,) = of(room.ended(CALL, Outcome.INFORMED), QueueCall)
    assert (again.attempt, again.reason, again.not_before - room.now) == (2, "open_question", 900)


def test_a_second_fault_of_a_car_joins_its_case(room: Room) -> None:
    """One car, one truck: what else is broken is added, and leads where it is worse."""
    room.truck("t-1")
    first = room.found(remedy=TALK, drive=Drive.YES, severity=Severity.LOW, part="thermostat")
    assert not of(first, SendTow)
    second = {"key": "volta/car-1/1-9", "episode": "volta/car-1/1-9"}
    actions = room.found(**second, remedy=TOW, severity=Severity.CRITICAL, part="brake_fluid_leak")
    assert not of(actions, OpenCase)
    assert of(actions, ReviseCase)[0].case == CASE
    assert "also" in of(actions, ReviseCase)[0].changed
    assert of(actions, TellDriverToStop)
    assert [tow.case for tow in of(actions, SendTow)] == [CASE]
    less = {"key": "volta/car-1/1-11", "episode": "volta/car-1/1-11"}
    third = room.found(**less, remedy=TALK, drive=Drive.YES, severity=Severity.LOW, part="headlight")
    assert [revise.changed for revise in of(third, ReviseCase)] == [("also",)]
    assert sum(isinstance(action, SendTow) for _, action in room.decided) == 1


def test_a_fridge_gets_one_technician_and_its_door_a_message_of_its_own(room: Room) -> None:
    """What breaks besides joins the visit that is on its way; an open door and low stock are no part of it."""
    room.tell(SupplierOpened("fix-it", ("technician",), 56.9, 24.1, "simulated"))
    fridge = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "device": "cool/fridge-1"}
    assert of(room.found(**fridge, remedy=VISIT, part="compressor"), PlaceOrder)
    second = {"key": "cool/fridge-1/1-9", "episode": "cool/fridge-1/1-9"}
    again = room.found(**fridge, **second, remedy=VISIT, part="evaporator_fan")
    assert not of(again, PlaceOrder)
    assert not of(again, OpenCase)
    door = {"key": "cool/fridge-1/1-11", "episode": "cool/fridge-1/1-11"}
    notice = Remedy(Help.NOTICE, "none", 0, 0, "none")
    assert of(room.found(**fridge, **door, remedy=notice, part="door_ajar", severity=Severity.LOW), OpenCase)


def test_a_relapse_revises_an_open_case_and_reopens_a_closed_one(room: Room) -> None:
    """Repaired, closed, failed again: one case more, with a truck of its own; a late echo of the first opens nothing."""
    room.truck("t-1")
    room.found()
    assert not of(room.found(key="volta/car-1/1-8", relapse=1), OpenCase)
    room.truck("t-1", "arrived")
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED)
    room.tell(BookingAnswered(f"{CASE}/booking", 1, accepted=True, slot_at=room.now + 3_600))
    closed = of(room.truck("t-1", "finished"), CloseCase)
    assert [close.case for close in closed] == [CASE]
    assert room.found(key="volta/car-1/1-9", relapse=1) == []
    again = room.found(key="volta/car-1/1-10", relapse=2)
    assert [case.case for case in of(again, OpenCase)] == [f"{CASE}/again-2"]
    assert len(of(again, SendTow)) == 1
    assert not of(again, CancelTow)


def test_a_wavering_diagnosis_stops_the_driver_once_and_notifies_once(room: Room) -> None:
    """Stop, drive on, stop: the display is told once; so is an owner who wants no calls."""
    room.found(may_call=False)
    room.found(key="volta/car-1/1-8", drive=Drive.TO_WORKSHOP, remedy=TALK)
    room.found(key="volta/car-1/1-9", drive=Drive.STOP_NOW, remedy=TOW)
    assert sum(isinstance(action, TellDriverToStop) for _, action in room.decided) == 1
    assert sum(isinstance(action, SendNotice) for _, action in room.decided) == 1


def test_the_gate_knows_good_doubtful_and_none() -> None:
    """Fresh and exact: a truck at once. Stale or vague: the customer confirms. Nothing worth saying: they are asked."""
    policy, now = Policy(), 1_000_000.0
    assert policy.gate(Place(56.9, 24.1, 10, now - 60, "gnss"), now) is PlaceGate.GOOD
    assert policy.gate(Place(56.9, 24.1, 10, now - 3_600, "gnss"), now) is PlaceGate.DOUBTFUL
    assert policy.gate(Place(56.9, 24.1, 900, now, "phone"), now) is PlaceGate.DOUBTFUL
    assert policy.gate(Place(56.9, 24.1, 50_000, now, "last_known"), now) is PlaceGate.NONE
    assert policy.gate(None, now) is PlaceGate.NONE
