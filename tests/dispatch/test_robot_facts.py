"""What a robot says of cases, orders, appointments and money: what stands, and nothing that nobody knows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dispatch.core.actions import Action, BookWorkshop, SendMessage, WithdrawRequest
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import CustomerAnswered, CustomerWrote
from dispatch.core.desk import Desk
from dispatch.core.events import BookingAnswered, OrderAnswered, Outcome, WorkshopOpened
from dispatch.core.ids import booking_id, order_id
from dispatch.core.policy import Policy
from dispatch.core.purse.events import MandateGiven
from dispatch.core.purse.mandate import Alignment, Mandate, Period, PeriodicLimit
from dispatch.core.robots.actions import HandToPerson
from dispatch.core.robots.facts import LATE_S
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen
from dispatch.words import say
from gateway.finding import Domain, Drive, Help, OrderLine, Remedy, Severity
from tests.dispatch.conftest import all_of, only

if TYPE_CHECKING:
    from conftest import Room

ROBOTS = Policy(robots=True)
CASE = "volta/car-1/1-7"
GROCERIES: dict[str, Any] = {
    "domain": Domain.APPLIANCE,
    "drive": None,
    "severity": Severity.LOW,
    "remedy": Remedy(Help.SUPPLIES, "groceries", 0, 0),
    "lines": (OrderLine("4001234567890", "milk", 2),),
}
WAITS: dict[str, Any] = {"domain": Domain.PAYMENT, "drive": None, "remedy": Remedy(Help.WAIT, "bank", 0, 0)}


@pytest.fixture
def house(room: Room) -> Room:
    """A desk with robots."""
    room.desk = Desk(ROBOTS)
    room.tell(WorkshopOpened("workshop-near", 56.94, 24.11, "simulated"))
    return room


def write(room: Room, text: str, after: float = 1.0) -> list[Action]:
    """The customer writes."""
    return room.tell(CustomerWrote(f"chat/{len(room.told)}", "c-1", Channel.CHAT, text, "en", "simulated"), after)


def told(actions: list[Action]) -> str:
    """Return what the robot says."""
    return " ".join(one.text for one in all_of(actions, SendMessage) if one.purpose == "robot")


def why(actions: list[Action]) -> str:
    """Return why a person takes over."""
    return only(actions, HandToPerson).why


def stands_as_folded(room: Room) -> bool:
    """Tell whether who folds the rows stands where the desk does: dialogues, cases and what was asked of partners."""
    pen, fold = Pen(), Fold(ROBOTS)
    desk = Desk(ROBOTS)
    for event, at in room.told[4:]:
        row = pen.write(event, at)
        fold.feed(row)
        for _, action in desk.handle(event, at):
            fold.feed(pen.write(action, at, row.seq))
    stood, found = desk.standing(), fold.standing()
    return (stood.dialogues, stood.cases) == (found.dialogues, found.cases)


def test_a_truck_that_comes_is_told_and_one_that_is_late_is_a_persons(house: Room) -> None:
    """An offer is no promise; by when it should be there nobody guesses once that hour is past."""
    house.truck("truck-1")
    house.found(drive=Drive.YES)
    assert say("help_finding", "en") in told(write(house, "where is my truck?"))
    house.truck("truck-1", "accepted")
    assert "Help is on its way to you, in about" in told(write(house, "when will you be here?"))
    house.truck("truck-1", "arrived")
    assert say("help_there", "en") in told(write(house, "where is my truck?"))
    assert stands_as_folded(house)


def test_who_is_late_is_no_robots_to_explain(house: Room) -> None:
    """Nobody knows when it is there."""
    house.truck("truck-1")
    house.found(drive=Drive.YES)
    house.truck("truck-1", "accepted")
    eta = house.desk.standing().cases[0].eta
    assert eta is not None
    assert why(write(house, "where is my truck?", eta - house.now + LATE_S + 1)) == "unknown"


def test_whose_car_must_not_be_driven_has_a_person_until_it_stands(house: Room) -> None:
    """Whatever they ask for."""
    house.found()
    house.tell(CustomerAnswered("chat/a", "c-1", CASE, Channel.CHAT, Answer.HAS_STOPPED, "simulated"))
    assert say("help_finding", "en") in told(write(house, "where is my truck?"))
    moving = replace(house, desk=Desk(ROBOTS), told=[], decided=[])
    moving.found()
    assert why(write(moving, "what are my limits?")) == "must_not_drive"


def test_who_was_spoken_with_knows_and_may_ask_a_robot(house: Room) -> None:
    """The agent has told them to stop."""
    house.agent()
    house.found()
    house.connected(f"{CASE}/call")
    house.ended(f"{CASE}/call", Outcome.INFORMED)
    assert say("help_finding", "en") in told(write(house, "where is my truck?"))


def test_what_runs_low_is_told_with_how_its_order_stands(house: Room) -> None:
    """Nobody has said yes so far; then when it arrives; then that nobody delivers it, which a person explains."""
    for supplier, _ in house.told[2:4]:
        house.tell(supplier)
    house.found(**GROCERIES)
    asked = told(write(house, "what is running low?"))
    assert "It is running out: milk. " + say("goods_finding", "en") in asked
    house.tell(OrderAnswered(order_id(CASE), 1, accepted=True, arrives_at=house.now + 5 * 3_600))
    assert "The goods arrive in about 5 h." in told(write(house, "where is my order?"))
    assert "The goods arrive in about 5 h." in told(write(house, "and what is running low?"))
    assert stands_as_folded(house)
    house.tell(CustomerWrote("chat/late", "c-1", Channel.CHAT, "my order?", "en", "simulated"), 6 * 3_600)
    assert why([action for _, action in house.decided]) == "unknown"
    assert say("robot_stock_enough", "en") in told(_empty(house, "what is running low?"))


def _empty(house: Room, text: str) -> list[Action]:
    return write(replace(house, desk=Desk(ROBOTS), told=[], decided=[]), text)


def test_another_appointment_is_asked_for_by_a_yes(house: Room) -> None:
    """Later on, of whoever has the nearest workshop; the one before is called off."""
    house.truck("truck-1")
    house.found(drive=Drive.YES, remedy=Remedy(Help.TOW, "tow", 1_200, 3_600))
    slot = house.now + 6 * 3_600
    house.tell(BookingAnswered(booking_id(CASE), 1, accepted=True, slot_at=slot))
    asked = write(house, "can I have another appointment?")
    assert "A workshop has an appointment for your car in about 6 h." in told(asked)
    done = write(house, "yes")
    assert only(done, WithdrawRequest).reason == "moved"
    assert only(done, BookWorkshop).earliest > slot
    assert say("booking_asked", "en") in told(done)
    assert stands_as_folded(house)


def test_an_outage_is_told_of_where_it_is_theirs_or_many_others(house: Room) -> None:
    """And that none is known, where none is."""
    assert say("robot_outage_no", "en") in told(write(house, "is it only me?"))
    house.found(**WAITS)
    assert say("robot_outage_yes", "en") in told(write(house, "is it only me?"))


def test_limits_are_told_with_what_is_left(house: Room) -> None:
    """Of the mandates that hold."""
    limits = (PeriodicLimit(Period.MONTH, Alignment.CALENDAR, 50_00),)
    mandate = Mandate(
        "mnd/c-1/1", "c-1", "volta/car-1", (), "charging", "EUR", 20_00, limits, house.now - 60, None, "Europe/Riga", "",
        "simulated",
    )  # fmt: skip
    house.tell(MandateGiven(mandate, "link", strong=True))  # type: ignore[arg-type]
    said = told(write(house, "my limits?"))
    assert re.search(r"for charging: €20.00 a time, €50.00 a month, €[0-9.]+ of it left", said)
