"""What the desk does with a doubtful diagnosis, a doubtful place, a second fault, and a fault that comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dispatch.actions import (
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
)
from dispatch.events import BookingAnswered, Outcome, SupplierOpened
from dispatch.policy import PlaceGate, Policy
from gateway.finding import Domain, Drive, Grade, Help, Place, Remedy, Severity

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


def test_nobody_reached_about_a_doubt_closes_the_case(room: Room) -> None:
    """Three attempts in vain; the case does not stay open for ever."""
    room.found(grade=Grade.ASK)
    actions: list[Action] = []
    for attempt in (1, 2, 3):
        room.agent()
        actions = room.ended(CALL, Outcome.NO_ANSWER, attempt)
        room.wait(61)
    assert [close.reason for close in of(actions, CloseCase)] == ["unreachable"]


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
