"""The house pays what it orders for a customer from their purse: set aside, paid, and given back when it is called off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.core.actions import CancelTow, PlaceOrder, SendTow
from dispatch.core.consent import Purpose, Way
from dispatch.core.desk import Desk
from dispatch.core.events import (
    CallConnected,
    CallEnded,
    ConsentChanged,
    OrderAnswered,
    OrderFulfilled,
    Outcome,
    SupplierOpened,
)
from dispatch.core.policy import Policy
from dispatch.core.purse import actions as act
from dispatch.core.purse.events import BankAnswered, MandateGiven, MoneyArrived
from dispatch.core.purse.mandate import Mandate
from dispatch.core.purse.rules import PaymentPolicy
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Pen
from gateway.finding import Domain, Drive, Help, OrderLine, Remedy
from tests.dispatch.conftest import FLAT_BATTERY, START, Room

EPISODE = FLAT_BATTERY.episode
MILK: dict[str, Any] = {
    "part": "stock", "remedy": Remedy(Help.SUPPLIES, "goods", 0, 0), "domain": Domain.APPLIANCE,
    "drive": Drive.NOT_A_CAR, "lines": (OrderLine("04006381333931", "milk", 2.0),),
}  # fmt: skip
HOUSE = Mandate(
    "mnd/c-1/house", "c-1", "", (), "groceries", "EUR", 50_00, (), START - 10.0, None, "Europe/Riga", "", "simulated"
)


def house(**rules: Any) -> Room:
    """A desk that pays for cases, two suppliers, and a customer with 100 €."""
    room = Room(Desk(Policy(payments=PaymentPolicy(pays_for_cases=True, **rules))))
    for name, north in (("supplier-1", 56.95), ("supplier-2", 57.20)):
        room.tell(SupplierOpened(name, ("supplies", "technician"), north, 24.12, "simulated"))
    room.tell(MoneyArrived("c-1", 100_00, "EUR", "in-1", "simulated"))
    return room


def kinds(actions: list[Any]) -> list[type]:
    """What was decided about money, in order."""
    return [type(one) for one in actions if type(one).__module__ == act.__name__]


def left(room: Room) -> int:
    """What the customer can spend."""
    return room.desk.purse.available("c-1", "EUR")


def says_yes(room: Room, attempt: int = 1, price: int = 12_00) -> list[Any]:
    """The supplier says yes, and what it costs."""
    return room.tell(
        OrderAnswered(
            f"{EPISODE}/order", attempt, accepted=True, arrives_at=room.now + 60, price=price, currency="EUR"
        ),
        10,
    )


def test_an_order_is_set_aside_and_paid_when_it_came() -> None:
    """By the mandate for the house; the bank is told once."""
    room = house()
    room.tell(MandateGiven(HOUSE, Way.LINK))
    assert PlaceOrder in [type(one) for one in room.found(**MILK)]
    assert kinds(says_yes(room)) == [act.ReservePayment]
    assert left(room) == 88_00
    done = room.tell(OrderFulfilled(f"{EPISODE}/order"), 60)
    (instruct,) = [one for one in done if isinstance(one, act.InstructBank)]
    assert (instruct.payee, instruct.amount, instruct.case) == ("supplier-1", 12_00, EPISODE)
    assert kinds(room.tell(BankAnswered(instruct.instruction, 1, "ACSC", "simulated"))) == [act.SettlePayment]
    assert (left(room), room.desk.purse.book.balance()) == (88_00, 0)


@pytest.mark.parametrize("why", ["no mandate", "too dear", "too poor", "no price", "off"])
def test_nothing_is_taken_that_may_not_be(why: str) -> None:
    """The invoice goes another way, as ever."""
    room = house() if why != "off" else Room()
    if why != "no mandate":
        room.tell(MandateGiven(replace(HOUSE, per_payment=200_00 if why == "too poor" else 50_00), Way.LINK))
    room.found(**MILK)
    price = {"too dear": 51_00, "too poor": 101_00, "no price": 0}.get(why, 12_00)
    assert kinds(says_yes(room, price=price)) == []


def test_nothing_is_taken_of_who_has_withdrawn() -> None:
    """Mandates stand, and nothing goes by them, until the customer agrees again."""
    room = house()
    room.tell(MandateGiven(HOUSE, Way.LINK))
    for given, taken in ((False, False), (True, True)):
        room.tell(ConsentChanged("c-1", Purpose.PAYMENT, given=given, way=Way.LINK))
        assert room.desk.purse.standing().withdrew == ([] if given else ["c-1"])
        room.found(**{**MILK, "episode": f"{EPISODE}{given}"})
        order = f"{EPISODE}{given}/order"
        said = OrderAnswered(order, 1, accepted=True, arrives_at=room.now + 60, price=12_00, currency="EUR")
        assert (act.ReservePayment in kinds(room.tell(said, 10))) is taken


def test_an_order_that_is_called_off_is_free_again_or_comes_back() -> None:
    """Whoever is asked next has a bill of their own."""
    room = house(bank_s=5.0)
    room.tell(MandateGiven(HOUSE, Way.LINK))
    room.found(**MILK)
    assert kinds(room.tell(OrderAnswered(f"{EPISODE}/order", 1, accepted=False, arrives_at=None), 5)) == []
    assert kinds(says_yes(room, 2)) == [act.ReservePayment]
    assert f"pay/{EPISODE}/order/2" in room.desk.purse.payments
    assert left(room) == 88_00


def test_a_tow_is_set_aside_and_taken_when_it_is_done() -> None:
    """What is the house's own needs no bank."""
    room = house(tow_fee=80_00)
    room.tell(MandateGiven(replace(HOUSE, category="tow", per_payment=100_00), Way.LINK))
    room.truck("truck-1")
    decided = room.found()
    assert SendTow in [type(one) for one in decided]
    assert kinds(decided) == [act.ReservePayment]
    for state in ("accepted", "arrived"):
        assert kinds(room.truck("truck-1", state)) == []
    assert kinds(room.truck("truck-1", "finished")) == [act.SettlePayment]
    assert (left(room), room.desk.purse.book.balance()) == (20_00, 0)


def test_a_tow_that_is_called_off_costs_nothing() -> None:
    """The money is free again; the ledger folded says the same."""
    room = house(tow_fee=80_00)
    room.tell(MandateGiven(replace(HOUSE, category="tow", per_payment=100_00), Way.LINK))
    room.truck("truck-1")
    room.found()
    room.truck("truck-1", "accepted")
    room.agent()
    call = f"{EPISODE}/call"
    room.tell(CallConnected(call, 1), 20)
    decided = room.tell(CallEnded(call, 1, Outcome.DECLINED_HELP, wants_help=False), 60)
    assert CancelTow in [type(one) for one in decided]
    assert act.VoidPayment in kinds(decided)
    assert left(room) == 100_00
    fold, pen = Fold(room.desk.policy, 5), Pen()
    rows = sorted(
        [*((at, 0, one) for one, at in room.told), *((at, 1, one) for at, one in room.decided)], key=lambda one: one[:2]
    )
    for at, _, said in rows:
        fold.feed(pen.write(said, at))
    assert fold.standing().purse == room.desk.purse.standing()
