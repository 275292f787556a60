"""Payments of devices: refused, confirmed, reserved, paid, called off, disputed; whatever the bank says, how often, or never."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.core.actions import Action
from dispatch.core.consent import Way
from dispatch.core.desk import Desk
from dispatch.core.events import Event
from dispatch.core.purse import actions as act
from dispatch.core.purse.events import (
    BankAnswered,
    MandateGiven,
    MoneyArrived,
    PaymentAsked,
)
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.core.purse.payments import PaymentState
from gateway.finding import PaymentAsk

AT = 1_796_000_000.0
CAR, CUSTOMER, PARKING = "volta/car-1", "c-1", "LV80BANK0000435195001"
MANDATE = Mandate(
    "mnd/c-1/parking", CUSTOMER, CAR, (Payee(PARKING, "City parking"),), "parking", "EUR", 20_00,
    (PeriodicLimit(Period.DAY, Alignment.CALENDAR, 50_00),), AT - 86_400.0, None, "Europe/Riga", "key-1", "simulated",
)  # fmt: skip
TOP_UP = replace(
    MANDATE, mandate="mnd/c-1/top-up", device="", payees=(), category="top_up", per_payment=100_00, limits=(), key=""
)


def ask(ref: str = "p-1", amount: int = 3_50, **other: Any) -> PaymentAsk:
    """What the car asks for."""
    plain = PaymentAsk(
        f"{CAR}/1-{ref}", ref, CAR, CUSTOMER, "", PARKING, amount, "EUR", "parking", "an hour", None, "key-1", AT,
        "simulated",
    )  # fmt: skip
    return replace(plain, **other)


class House:
    """A desk, told one thing after the other."""

    def __init__(self, *, money: int = 100_00, strong: bool = True, mandate: Mandate = MANDATE) -> None:
        self.desk, self.now = Desk(), AT
        self.decided: list[Action] = []
        self.tell(MoneyArrived(CUSTOMER, money, "EUR", "in-1", "simulated"))
        self.tell(MandateGiven(mandate, Way.LINK, strong))

    def tell(self, event: Event, after_s: float = 1.0) -> list[Any]:
        """Tell the desk."""
        self.now += after_s
        decided = [action for _, action in self.desk.handle(event, self.now)]
        self.decided += decided
        return decided

    def wait(self, for_s: float) -> list[Any]:
        """Let time pass."""
        self.now += for_s
        decided = [action for _, action in self.desk.wake(self.now)]
        self.decided += decided
        return decided

    def asks(self, ref: str = "p-1", amount: int = 3_50, **other: Any) -> list[Any]:
        """The car asks."""
        return self.tell(PaymentAsked(ask(ref, amount, **other)))

    def bank(self, status: Any, ref: str = "p-1", attempt: int = 1, **other: Any) -> list[Any]:
        """The bank answers."""
        return self.tell(BankAnswered(f"pay/{CAR}/{ref}/bank", attempt, status, "simulated", **other))

    def state(self, ref: str = "p-1") -> PaymentState:
        """How a payment stands."""
        return self.desk.purse.payments[f"pay/{CAR}/{ref}"].state

    @property
    def left(self) -> int:
        """What the customer can spend."""
        return self.desk.purse.available(CUSTOMER, "EUR")


@pytest.fixture
def house() -> House:
    """One customer with 100 €, whose car may pay for parking."""
    return House()


def kinds(actions: list[Any]) -> list[type]:
    """What was decided, in order."""
    return [type(one) for one in actions]


def test_a_device_pays_within_its_mandate(house: House) -> None:
    """Asked, reserved, told to the bank, settled; the books balance and the money is gone once."""
    assert kinds(house.asks()) == [act.ReservePayment, act.InstructBank]
    assert (house.state(), house.left) == (PaymentState.RESERVED, 96_50)
    assert kinds(house.bank("ACSC", reference="b-1")) == [act.SettlePayment]
    assert (house.state(), house.left, house.desk.purse.book.balance()) == (PaymentState.SETTLED, 96_50, 0)


def test_what_the_bank_rejects_is_free_again(house: House) -> None:
    """And counts towards no limit."""
    house.asks(amount=20_00)
    (void,) = house.bank("RJCT", reason="AC04")
    assert (void.reason, house.state(), house.left) == ("AC04", PaymentState.VOIDED, 100_00)
    given = house.desk.purse.given.get(MANDATE.mandate)
    assert given is not None
    assert [left for _, left in given.left(house.now)] == [50_00]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"amount": 0}, "AM01"),
    ({"amount": -5}, "AM12"),
    ({"objection": "CH20"}, "CH20"),
    ({"objection": "DS18"}, "DS18"),
    ({"currency": "SEK"}, "AM03"),
    ({"payee": "DE89370400440532013000"}, "SL11"),
    ({"category": "toll"}, "MD01"),
    ({"device": "volta/car-2"}, "MD01"),
    ({"mandate": "mnd/c-2/other"}, "MD01"),
    ({"key_thumbprint": "key-2"}, "DS0H"),
    ({"key_thumbprint": ""}, "DS0A"),
]


@pytest.mark.parametrize(("other", "reason"), REFUSED, ids=str)
def test_every_refusal_has_its_iso_reason(house: House, other: dict[str, Any], reason: str) -> None:
    """Nothing is reserved."""
    (refused,) = house.asks(**other)
    assert (type(refused), refused.reason, house.left) == (act.RefusePayment, reason, 100_00)
