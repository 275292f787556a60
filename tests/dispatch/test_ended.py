"""What is found after a case was closed: a surer diagnosis is heard, what was told before or declined opens nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest

from dispatch.core.actions import Action, CloseCase, OpenCase, PlaceOrder, QueueCall, SendTow, TellDriverToStop
from dispatch.core.desk import Desk
from dispatch.core.ended import KEPT_S, Endings
from dispatch.core.events import BookingAnswered, OrderAnswered, OrderFulfilled, Outcome
from dispatch.ledger.rows import Pen, Row
from dispatch.views.casebook import Casebook
from dispatch.views.partner_requests import Requests
from dispatch.views.snapshot import desk_written, snapshot, take_up
from gateway.finding import Domain, Drive, Grade, Help, Place, Remedy, Severity

if TYPE_CHECKING:
    from conftest import Room

HOUR = 3_600.0
FRIDGE = "cool/fridge-1"
CASE = f"{FRIDGE}/1-7"
TALK = Remedy(Help.TALK, "none", 0, 0, "none")
VISIT = Remedy(Help.TECHNICIAN, "refrigeration", HOUR, 0)
LOW_VOLTAGE = {"part": "low_voltage", "remedy": TALK, "grade": Grade.ASK, "severity": Severity.MEDIUM}
STARTER = {"part": "compressor_starter", "remedy": VISIT, "grade": Grade.ACT, "severity": Severity.HIGH}
A = TypeVar("A", bound=Action)


def of(actions: list[Action], kind: type[A]) -> list[A]:
    """Return the actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def fridge(room: Room, seq: int, **changes: object) -> list[Action]:
    """Report a fridge, whose episode began with the seventh event."""
    known = {"domain": Domain.APPLIANCE, "drive": Drive.NOT_A_CAR, "device": FRIDGE, "episode": CASE}
    return room.found(**{"observed_at": room.now, **known, **changes}, key=f"{FRIDGE}/1-{seq}")


def informed(room: Room, case: str = CASE) -> None:
    """Have an agent tell the customer of a case, which closes it."""
    room.agent()
    room.connected(f"{case}/call")
    assert of(room.ended(f"{case}/call", Outcome.INFORMED), CloseCase)


def rows_of(room: Room) -> list[Row]:
    """Write down what the room was told and what a desk decides about it."""
    pen, desk, rows = Pen(), Desk(), []
    for event, at in room.told:
        rows.extend(pen.write(action, due) for due, action in desk.wake(at))
        rows.append(pen.write(event, at))
        rows.extend(pen.write(action, due, rows[-1].seq) for due, action in desk.handle(event, at))
    return rows


def test_a_fridge_that_becomes_surer_after_its_case_was_closed_gets_its_technician(room: Room) -> None:
    """Told of low voltage and closed; nineteen hours later it is the compressor's starter: a case, a technician, a call."""
    fridge(room, 7, **LOW_VOLTAGE)
    informed(room)
    room.now += 19 * HOUR
    surer = fridge(room, 9, **STARTER)
    again = f"{CASE}/again-1"
    assert [case.case for case in of(surer, OpenCase)] == [again]
    assert [order.case for order in of(surer, PlaceOrder)] == [again]
    assert [call.case for call in of(surer, QueueCall)] == [again]


def test_what_was_told_already_opens_nothing(room: Room) -> None:
    """The same once more, another part to talk about that is no surer, or to be asked about: the customer has been told."""
    fridge(room, 7, **LOW_VOLTAGE)
    informed(room)
    room.now += HOUR
    assert fridge(room, 8, **LOW_VOLTAGE) == []
    assert fridge(room, 9, **{**LOW_VOLTAGE, "part": "power_cut"}) == []
    assert fridge(room, 10, **{**STARTER, "grade": Grade.ASK}) == []


def test_who_declined_a_part_is_not_asked_about_it_again_and_about_another_they_are(room: Room) -> None:
    """No is no, for what was offered."""
    fridge(room, 7, **{**STARTER, "grade": Grade.ASK})
    room.agent()
    room.connected(f"{CASE}/call")
    assert of(room.ended(f"{CASE}/call", Outcome.INFORMED, wants_help=False), CloseCase)[0].reason == "declined"
    assert fridge(room, 8, **STARTER) == []
    other = fridge(room, 9, **{**STARTER, "part": "compressor"})
    assert [case.case for case in of(other, OpenCase)] == [f"{CASE}/again-1"]


def test_a_car_that_became_dangerous_is_told_to_stop_whatever_was_told_before(room: Room) -> None:
    """Informed that it can drive to a workshop; then driving on turns out to be dangerous."""
    car = {"remedy": TALK, "drive": Drive.TO_WORKSHOP, "grade": Grade.ACT}
    room.found(**car)
    informed(room, "volta/car-1/1-7")
    stop = room.found(**{**car, "drive": Drive.STOP_NOW}, key="volta/car-1/1-8")
    assert of(stop, OpenCase)
    assert of(stop, TellDriverToStop)


def test_after_help_what_may_be_left_over_opens_nothing_and_a_relapse_does(room: Room) -> None:
    """The technician has been; the same once more is left over; what the gateway calls a relapse is a case of its own."""
    fridge(room, 7, **STARTER)
    room.tell(OrderAnswered(f"{CASE}/order", 1, accepted=True, arrives_at=room.now + HOUR))
    informed_first = room.agent()
    assert informed_first
    room.connected(f"{CASE}/call")
    room.ended(f"{CASE}/call", Outcome.INFORMED)
    closed = room.tell(OrderFulfilled(f"{CASE}/order"), HOUR)
    assert of(closed, CloseCase)[0].reason == "helped"
    room.now += 120
    assert fridge(room, 8, **STARTER) == []
    assert fridge(room, 9, **{**STARTER, "part": "compressor"}) == []
    room.now += 7 * HOUR
    relapse = fridge(room, 10, **STARTER, relapse=1)
    assert [case.case for case in of(relapse, OpenCase)] == [f"{CASE}/again-1"]
    assert of(relapse, PlaceOrder)


def test_what_fails_after_help_gets_help_though_nobody_was_reached_yet(room: Room) -> None:
    """The first case waits for its call only: it is over, and the next has a truck of its own."""
    room.truck("t-1")
    room.found()
    room.tell(BookingAnswered("volta/car-1/1-7/booking", 1, accepted=True, slot_at=room.now + HOUR))
    for state in ("accepted", "arrived", "finished"):
        room.truck("t-1", state)
    room.now += HOUR
    place = Place(56.95, 24.10, 8.0, room.now, "gnss")
    again = room.found(key="volta/car-1/1-9", relapse=1, observed_at=room.now, place=place)
    assert [(one.case, one.reason) for one in of(again, CloseCase)] == [("volta/car-1/1-7", "helped")]
    assert [tow.case for tow in of(again, SendTow)] == ["volta/car-1/1-7/again-1"]


def test_no_two_cases_of_an_episode_have_one_name(room: Room) -> None:
    """Surer, relapsed, surer once more: each case is numbered on; the casebook has them all, and each finding with its own."""
    fridge(room, 7, **LOW_VOLTAGE)
    informed(room)
    names = []
    parts = ["compressor_starter", "compressor", "door_seal", "evaporator_fan"]
    for seq, (part, relapse) in enumerate(zip(parts, (0, 1, 1, 2), strict=True), 8):
        room.now += 24 * HOUR
        (opened,) = of(fridge(room, seq, **{**STARTER, "part": part}, relapse=relapse), OpenCase)
        names.append(opened.case)
        room.agent()
        room.connected(f"{opened.case}/call")
        room.ended(f"{opened.case}/call", Outcome.DECLINED_HELP)
    assert names == [f"{CASE}/again-{number}" for number in (1, 2, 3, 4)]
    book = Casebook()
    for row in rows_of(room):
        book.feed(row)
    assert list(book.cases) == [CASE, *names]
    assert [book.cases[name].finding.part for name in names] == parts
    for name in (CASE, *names):
        seqs = book.shelf().rows[name]
        assert [row.type for row in rows_of(room) if row.seq in seqs].count("FaultFound") == 1, name


def test_how_a_case_ended_is_known_after_a_restart_and_forgotten_after_two_weeks(room: Room) -> None:
    """A desk that takes up a snapshot decides as the one before; the memory does not grow for ever."""
    fridge(room, 7, **LOW_VOLTAGE)
    informed(room)
    taken = snapshot(desk_written(room.desk), Casebook(), Requests(), 1, "")
    restarted = Desk()
    assert take_up(taken, restarted, Casebook(), Requests())
    assert restarted.standing() == room.desk.standing()
    room.desk = restarted
    assert fridge(room, 8, **LOW_VOLTAGE) == []
    room.now += KEPT_S + HOUR
    room.found(may_call=False, may_order=False, remedy=TALK, notify="pingo/phone-1")
    assert CASE not in room.desk.standing().ended


@pytest.mark.parametrize("grade", [Grade.ASK, Grade.ACT])
def test_a_case_whose_customer_was_never_reached_opens_again_when_somebody_has_to_come(
    room: Room, grade: Grade
) -> None:
    """Not reached is not informed: asked in vain, then sure."""
    fridge(room, 7, **{**STARTER, "grade": Grade.ASK})
    (case,) = room.desk.standing().cases
    endings = Endings()
    endings.note(case, [case.finding], "unreachable", room.now)
    surer = replace(case.finding, grade=grade, observed_at=room.now + HOUR)
    assert endings.opens(surer, room.now + HOUR) is (grade is Grade.ACT)
