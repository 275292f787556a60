"""What an agent asks before anybody is sent: one rule, by the policy that the desk decides by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dispatch.core.actions import QueueCall, SendTow
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import FaultFound, Outcome
from dispatch.core.policy import PlaceGate, Policy
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customers
from dispatch.views.call_brief import Brief, brief_of
from dispatch.views.casebook import Casebook
from dispatch.views.questions import what_to_ask
from gateway.finding import Domain, Drive, Finding, Grade, Help, Place, Remedy

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Room

CASE = "volta/car-1/1-7"
CALL = f"{CASE}/call"


def brief(room: Room, call: str = CALL) -> Brief:
    """The brief of a call as it stands now."""
    return brief_of(casebook(room), call, Customers(), policy=room.desk.policy, now=room.now)


def flat_battery(room: Room) -> Finding:
    """A finding with everything filled in."""
    room.found()
    event = room.told[-1][0]
    assert isinstance(event, FaultFound)
    return event.finding


def casebook(room: Room) -> Casebook:
    """Read what the room was told and decided."""
    book, pen, desk = Casebook(), Pen(), Desk(room.desk.policy)
    for event, at in room.told:
        rows = [pen.write(action, due) for due, action in desk.wake(at)]
        rows.append(pen.write(event, at))
        rows.extend(pen.write(action, due, rows[-1].seq) for due, action in desk.handle(event, at))
        for row in rows:
            book.feed(row)
    return book


@pytest.mark.parametrize("accuracy_m", [8.0, 300.0, 900.0, 9_000.0])
@pytest.mark.parametrize("allowed_m", [100.0, 500.0, 2_000.0])
@pytest.mark.parametrize("grade", [Grade.ACT, Grade.ASK])
def test_the_agents_screen_asks_exactly_where_the_desk_sent_nobody(
    accuracy_m: float, allowed_m: float, grade: Grade, bare: Callable[..., Room]
) -> None:
    """By the service's own policy: asked where iff the desk found the place too vague, and about help iff it is in doubt."""
    room = bare(Desk(Policy(place_accuracy_m=allowed_m)))
    room.truck("t-1")
    place = Place(56.95, 24.10, accuracy_m, room.now, "phone")
    actions = room.found(place=place, grade=grade)
    assert any(isinstance(one, QueueCall) for one in actions)
    sent = any(isinstance(one, SendTow) for one in actions)
    said = brief(room)
    assert sent == (not said.ask_where and not said.ask_help)
    assert said.ask_help == (grade is Grade.ASK)
    assert said.ask_where == (accuracy_m > allowed_m)


@pytest.mark.parametrize("accuracy_m", [8.0, 300.0, 9_000.0])
@pytest.mark.parametrize("grade", [Grade.ACT, Grade.ASK])
def test_live_and_simulated_agents_are_told_the_same_to_ask(
    accuracy_m: float, grade: Grade, bare: Callable[[], Room]
) -> None:
    """The doors of a virtual run and the agent's screen go by one rule, by the story's policy."""
    from dispatch.views.call_brief import what_to_ask as on_the_screen  # noqa: PLC0415
    from scenarios.runner.in_process import what_to_ask as in_process  # noqa: PLC0415

    assert in_process is on_the_screen is what_to_ask
    place = Place(56.95, 24.10, accuracy_m, 0.0, "phone")
    finding = replace(flat_battery(bare()), grade=grade)
    ask = what_to_ask(finding, place, nobody_sent=True, policy=Policy(place_accuracy_m=100.0), now=0.0)
    assert ask.where == (accuracy_m > 100.0)
    assert ask.help == (grade is Grade.ASK)


def test_a_caller_of_whom_nothing_is_known_is_asked_where(room: Room) -> None:
    """On the screen and in a virtual run alike."""
    assert what_to_ask(None, None, nobody_sent=True, policy=Policy(), now=0.0) == (
        what_to_ask(None, None, nobody_sent=False, policy=Policy(), now=0.0)
    )
    room.phones("c-2", "in/2")
    assert brief(room, "in/2").ask_where


def test_the_place_the_customer_told_is_the_place_that_counts(bare: Callable[[], Room]) -> None:
    """Told once, it is neither asked again nor shown as what the device said."""
    room = bare()
    room.found(place=None, near="", grade=Grade.ACT)
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED, place=Place(56.97, 24.13, 100.0, room.now, "customer"))
    room.phones()
    said = brief(room, "in/1")
    assert said.place is not None
    assert said.place.source == "customer"
    assert not said.ask_where
    assert "Riga" in said.where


def test_who_said_yes_is_not_asked_again(bare: Callable[[], Room]) -> None:
    """No truck is free yet; the customer rings in while they wait, and is not asked whether somebody shall come."""
    room = bare()
    room.found(grade=Grade.ASK)
    room.agent()
    room.connected(CALL)
    room.ended(CALL, Outcome.INFORMED, wants_help=True)
    room.phones()
    assert not brief(room, "in/1").ask_help


def test_a_no_that_was_not_asked_for_answers_no_later_question(bare: Callable[[], Room]) -> None:
    """An agent always says whether help is wanted; of what was sure it counts for nothing once it is in doubt."""
    room = bare()
    talk = Remedy(Help.TALK, "engine", 0, 0, "none")
    room.found(remedy=talk, drive=Drive.YES, grade=Grade.ACT)
    room.agent()
    room.connected(CALL)
    room.found(key="volta/car-1/1-9", grade=Grade.ACT, remedy=talk)
    book = casebook(room)
    assert book.cases[CASE].wants_help is None
    room.ended(CALL, Outcome.INFORMED, wants_help=False)
    assert casebook(room).cases[CASE].wants_help is None


def test_who_wants_help_where_nobody_would_come_is_asked_where_once(bare: Callable[[], Room]) -> None:
    """A talk was thought to be enough, and the car's own place is old by now: the next call asks where, and a truck goes."""
    room = bare()
    room.truck("t-1")
    room.found(remedy=Remedy(Help.TALK, "none", 0, 3_600, "none"), drive=Drive.TO_WORKSHOP, grade=Grade.ACT)
    room.wait(3_600)
    room.agent()
    room.connected(CALL)
    assert not brief(room).ask_where
    assert not [one for one in room.ended(CALL, Outcome.INFORMED, wants_help=True) if isinstance(one, SendTow)]
    room.agent()
    room.wait(1_000)
    room.connected(CALL, 2)
    assert brief(room).ask_where
    where = Place(56.951, 24.101, 100.0, room.now, "customer")
    assert [one for one in room.ended(CALL, Outcome.INFORMED, 2, where, wants_help=True) if isinstance(one, SendTow)]


def test_who_wants_help_where_nobody_would_come_is_asked_where_in_the_same_call(bare: Callable[[], Room]) -> None:
    """A talk was thought to be enough, and the car's own place is old by now: nobody rings a quarter of an hour later to ask it."""
    room = bare()
    room.truck("t-1")
    room.found(remedy=Remedy(Help.TALK, "none", 0, 3_600, "none"), drive=Drive.TO_WORKSHOP, grade=Grade.ACT)
    assert not brief(room).ask_where_if_wanted  # the place is good so far
    assert brief(room).help_if_wanted  # who wants somebody all the same can say so
    room.wait(3_600)
    room.agent()
    room.connected(CALL)
    said = brief(room)
    assert said.ask_where_if_wanted
    assert not said.ask_where  # who wants nobody is asked nothing
    assert not {"Where exactly is your car?", "Is that right?"} & set(said.say_en)
    where = Place(56.951, 24.101, 100.0, room.now, "customer")
    assert [one for one in room.ended(CALL, Outcome.INFORMED, place=where, wants_help=True) if isinstance(one, SendTow)]
    assert not brief(room).ask_where_if_wanted
    assert not brief(room).help_if_wanted


def test_who_wants_help_where_the_place_is_good_is_sent_somebody_at_once(bare: Callable[[], Room]) -> None:
    """A talk was thought to be enough: the agent need ask nothing, and can say that somebody shall come."""
    room = bare()
    room.truck("t-1")
    room.found(remedy=Remedy(Help.TALK, "none", 0, 3_600, "none"), drive=Drive.TO_WORKSHOP, grade=Grade.ACT)
    room.agent()
    room.connected(CALL)
    said = brief(room)
    assert (said.help_if_wanted, said.ask_help, said.ask_where, said.ask_where_if_wanted) == (True, False, False, False)
    assert [one for one in room.ended(CALL, Outcome.INFORMED, wants_help=True) if isinstance(one, SendTow)]
    assert not brief(room).help_if_wanted


@pytest.mark.parametrize(("moving", "comes"), [(False, True), (True, False)])
def test_where_it_stands_is_known_as_long_as_they_talk(bare: Callable[[], Room], *, moving: bool, comes: bool) -> None:
    """The place was good when the agent was told what to ask, and is old after a long talk. A car that drove is elsewhere."""
    room = bare()
    room.truck("t-1")
    room.found(grade=Grade.ASK, place=Place(56.95, 24.10, 8.0, room.now, "gnss", moving))
    room.agent()
    room.connected(CALL)
    assert not brief(room).ask_where
    room.wait(1_500)
    actions = room.ended(CALL, Outcome.INFORMED, wants_help=True)
    assert any(isinstance(one, SendTow) for one in actions) is comes
    fold, pen, again = Fold(room.desk.policy, DECISIONS_VERSION), Pen(), Desk(room.desk.policy)
    for event, at in room.told:
        for row in [pen.write(event, at), *(pen.write(action, due, 1) for due, action in again.handle(event, at))]:
            fold.feed(row)
    assert [case.help for case in fold.standing().cases] == [case.help for case in room.desk.standing().cases]


def test_a_fridge_needs_no_place_to_be_asked(bare: Callable[[], Room]) -> None:
    """Only a truck has to find something that stands anywhere."""
    visit = Remedy(Help.TECHNICIAN, "refrigeration", 3_600, 0, "none")
    fridge = replace(flat_battery(bare()), domain=Domain.APPLIANCE, drive=Drive.NOT_A_CAR, remedy=visit, place=None)
    ask = what_to_ask(fridge, None, nobody_sent=True, policy=bare().desk.policy, now=0.0)
    assert not ask.where
    assert ask.gate is PlaceGate.NONE
