"""Payments of devices: refused, confirmed, reserved, paid, called off, disputed; whatever the bank says, how often, or never."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.core.actions import Action, SendMessage
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.desk import Desk
from dispatch.core.events import ConsentChanged, CustomerErased, Event
from dispatch.core.objections import Ground
from dispatch.core.policy import MessagePolicy, Policy
from dispatch.core.purse import actions as act
from dispatch.core.purse.events import (
    BalanceReturned,
    BankAnswered,
    CollectionReturned,
    DisputeDecided,
    MandateChanged,
    MandateGiven,
    MoneyArrived,
    PaymentAsked,
    PaymentCancelled,
    PaymentCaptured,
    PaymentConfirmed,
    PaymentDisputed,
    PurseEvent,
    PuzzleClosed,
)
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.core.purse.payments import PaymentState
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.outgoing.payment_status import status_of
from dispatch.registers.customers import Customer, Customers
from gateway.devices.registry import Registry
from gateway.finding import CaptureAsk, PaymentAsk
from gateway.intake.intake import Intake

AT = 1_796_000_000.0
CAR, CUSTOMER, PARKING = "volta/car-1", "c-1", "LV80BANK0000435195001"
MANDATE = Mandate(
    "mnd/c-1/parking", CUSTOMER, CAR, (Payee(PARKING, "City parking"),), "parking", "EUR", 20_00,
    (PeriodicLimit(Period.DAY, Alignment.CALENDAR, 50_00),), AT - 86_400.0, None, "Europe/Riga", "key-1", "simulated",
)  # fmt: skip
TOP_UP = replace(
    MANDATE, mandate="mnd/c-1/top-up", device="", payees=(), category="top_up", per_payment=100_00, limits=(), key=""
)

CUSTOMER_RECORD = Customer(CUSTOMER, "Ilze", "+37120000017", "lv", "simulated")


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

    def objects(self, event: PurseEvent) -> Ground | None:
        """Why the desk does not take something."""
        found = self.desk.objection_to_money(event)
        return found.ground if found is not None else None

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


def test_an_expired_or_suspended_or_revoked_mandate_pays_nothing(house: House) -> None:
    """And one that goes on again pays again, but for one that was revoked."""
    house.tell(MandateChanged(MANDATE.mandate, "suspended", "simulated"))
    assert house.asks("p-1")[0].detail == "the mandate is suspended"
    house.tell(MandateChanged(MANDATE.mandate, "active", "simulated"))
    assert kinds(house.asks("p-2"))[0] is act.ReservePayment
    house.tell(MandateChanged(MANDATE.mandate, "revoked", "simulated"))
    house.tell(MandateChanged(MANDATE.mandate, "active", "simulated"))
    assert house.asks("p-3")[0].detail == "the mandate is revoked"
    ended = House(mandate=replace(MANDATE, valid_to=AT + 10))
    ended.wait(20)
    assert ended.asks()[0].detail == "the mandate has run out"
    later = House(mandate=replace(MANDATE, valid_from=AT + 1_000))
    assert later.asks()[0].detail == "the mandate has not begun"


def test_who_has_not_agreed_that_devices_pay_pays_nothing(house: House) -> None:
    """Whatever mandate there is."""
    (refused,) = house.tell(PaymentAsked(ask(), may_pay=False))
    assert (refused.reason, house.left) == ("MD01", 100_00)


def test_the_same_payment_is_reserved_once(house: House) -> None:
    """However often it is asked for; another content under its id is refused, and the first stands."""
    assert len(house.asks()) == 2
    (told,) = house.asks(key=f"{CAR}/2-9")
    assert (type(told), told.stands, told.again) == (act.RepeatStatus, PaymentState.RESERVED, f"{CAR}/2-9")
    (refused,) = house.asks(amount=9_99, key=f"{CAR}/2-10")
    assert (refused.reason, house.state(), house.left) == ("DU04", PaymentState.RESERVED, 96_50)
    house.bank("ACSC")
    (told,) = house.asks(key=f"{CAR}/2-11")
    assert (told.stands, house.left) == (PaymentState.SETTLED, 96_50)


def test_a_device_that_asks_again_is_told_why_it_was_refused_and_until_when_it_waits(house: House) -> None:
    """The first answer holds, word for word where it has a reason; the same repeat is told once."""
    house.asks("p-1", currency="SEK")
    house.asks("p-2", amount=20_01)
    (refused,) = house.asks("p-1", currency="SEK", key=f"{CAR}/2-1")
    (waits,) = house.asks("p-2", amount=20_01, key=f"{CAR}/2-2")
    assert (refused.stands, refused.reason, refused.until) == (PaymentState.REFUSED, "AM03", 0.0)
    assert (waits.stands, waits.reason, waits.until > house.now) == (PaymentState.CONFIRMING, "", True)
    told = [status_of(one) for one in (refused, waits)]
    assert [(one.status, one.reason, one.until is None) for one in told] == [
        ("RJCT", "AM03", True),
        ("PDNG", None, False),
    ]


@pytest.mark.parametrize("amount", [20_01, 35_00])
def test_over_a_limit_the_customer_is_asked(house: House, amount: int) -> None:
    """A yes with a second factor pays it, one without counts for nothing."""
    (asked,) = house.asks(amount=amount)
    assert (type(asked), asked.why, asked.until) == (act.AskPayer, "over_limit", house.now + 300)
    payment = asked.payment
    assert house.tell(PaymentConfirmed(payment, agreed=True, strong=False, provenance="simulated")) == []
    decided = house.tell(PaymentConfirmed(payment, agreed=True, strong=True, provenance="simulated"))
    assert kinds(decided) == [act.ReservePayment, act.InstructBank]
    assert house.wait(400) != []  # the bank is asked again, the customer is not
    assert house.state() is PaymentState.RESERVED


def test_who_says_no_or_nothing_has_not_agreed(house: House) -> None:
    """CUST, or DS24 once the time is over; and a late yes pays nothing."""
    (asked,) = house.asks(amount=30_00)
    (refused,) = house.tell(PaymentConfirmed(asked.payment, agreed=False, strong=False, provenance="simulated"))
    assert refused.reason == "CUST"
    (asked,) = house.asks("p-2", amount=30_00)
    (refused,) = house.wait(301)
    assert (refused.reason, house.state("p-2")) == ("DS24", PaymentState.REFUSED)
    assert house.tell(PaymentConfirmed(asked.payment, agreed=True, strong=True, provenance="simulated")) == []
    assert house.left == 100_00


def test_who_is_not_to_be_written_to_is_not_asked(house: House) -> None:
    """It is refused, and the reason says which limit."""
    (refused,) = house.tell(PaymentAsked(ask(amount=30_00), may_message=False))
    assert (refused.reason, type(refused)) == ("AM14", act.RefusePayment)


def test_limits_of_a_period_hold_over_payments(house: House) -> None:
    """50 € a day: what is pending counts, what failed does not, and the next day begins anew."""
    for ref in ("a", "b"):
        assert kinds(house.asks(ref, 20_00))[0] is act.ReservePayment
    assert kinds(house.asks("c", 20_00)) == [act.AskPayer]
    house.bank("RJCT", "b")
    assert kinds(house.asks("d", 20_00))[0] is act.ReservePayment
    assert kinds(house.asks("e", 20_00)) == [act.AskPayer]
    house.wait(86_400)
    assert kinds(house.asks("f", 20_00))[0] is act.ReservePayment


def test_nobody_is_asked_until_they_say_yes(house: House) -> None:
    """A stolen key, or a device gone mad: five a day that are answered by no yes, and what is more is refused with its reason."""
    for number in range(5):
        assert kinds(house.asks(f"a-{number}", 21_00))[0] is act.AskPayer
    (refused,) = house.asks("b", 21_00)
    assert (refused.reason, house.state("b")) == ("AM14", PaymentState.REFUSED)
    assert kinds(house.asks("within", 3_50))[0] is act.ReservePayment
    house.tell(PaymentConfirmed(f"pay/{CAR}/a-0", agreed=True, strong=True, provenance="simulated"))
    assert kinds(house.asks("c", 21_00))[0] is act.AskPayer  # who answers is there
    for number in range(4):
        house.asks(f"d-{number}", 21_00)
    assert kinds(house.asks("e", 21_00)) == [act.RefusePayment]
    house.wait(86_401)
    assert kinds(house.asks("f", 21_00))[0] is act.AskPayer


def test_a_purse_never_owes() -> None:
    """AM04; and the house tops it up where it may, once at a time."""
    poor = House(money=3_00)
    (refused,) = poor.asks()
    assert (refused.reason, poor.left) == ("AM04", 3_00)
    poor.tell(MandateGiven(TOP_UP, Way.LINK))
    instruct = poor.decided[-1]
    assert isinstance(instruct, act.InstructBank)
    assert (instruct.method, instruct.amount, instruct.payment) == ("DD", 100_00, "top/c-1/1")
    assert kinds(poor.asks("p-2")) == [act.RefusePayment]  # one is on its way
    assert poor.tell(BankAnswered(instruct.instruction, 1, "ACSC", "simulated")) == []
    assert poor.left == 103_00
    poor.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "b-9", "simulated", instruct.instruction))
    assert (poor.left, poor.desk.purse.book.balance()) == (103_00, 0)  # told twice, booked once
    assert kinds(poor.asks("p-3"))[0] is act.ReservePayment


def test_a_top_up_that_is_rejected_rests() -> None:
    """For a day; and another sum than was collected is a person's to look at."""
    poor = House(money=1)
    (instruct,) = poor.tell(MandateGiven(TOP_UP, Way.LINK))
    poor.tell(BankAnswered(instruct.instruction, 1, "RJCT", "simulated", "AM04"))
    assert kinds(poor.asks()) == [act.RefusePayment]
    poor.wait(86_401)
    refused, again = poor.asks("p-2")
    assert (refused.reason, again.payment) == ("AM04", "top/c-1/2")
    (puzzle,) = poor.tell(MoneyArrived(CUSTOMER, 99_00, "EUR", "b-1", "simulated", again.instruction))
    assert (puzzle.reason, poor.left) == ("booked_otherwise", 1)
    assert puzzle.detail == "99.00 EUR came instead of 100.00 EUR"  # and not in cents


def test_a_purse_is_topped_up_by_a_mandate_that_holds() -> None:
    """Also where a later one was revoked; and one at a time in each currency, whatever is collected in another."""
    poor = House(money=1)
    (first,) = poor.tell(MandateGiven(TOP_UP, Way.LINK))
    poor.tell(MandateGiven(replace(TOP_UP, mandate="mnd/c-1/later", per_payment=50_00), Way.LINK))
    poor.tell(MandateChanged("mnd/c-1/later", "revoked", "simulated"))
    (dollars,) = poor.tell(MandateGiven(replace(TOP_UP, mandate="mnd/c-1/usd", currency="USD"), Way.LINK))
    assert (dollars.payment, dollars.currency) == ("top/c-1/2", "USD")
    assert kinds(poor.asks()) == [act.RefusePayment]  # the first is on its way
    poor.tell(BankAnswered(first.instruction, 1, "RJCT", "simulated", "AM04"))
    assert kinds(poor.asks("p-2")) == [act.RefusePayment]  # and now it rests
    poor.wait(86_401)
    _, again = poor.asks("p-3")
    assert (again.payment, again.amount, poor.desk.purse.top_ups[again.payment].mandate) == (
        "top/c-1/3",
        100_00,
        TOP_UP.mandate,
    )


def test_a_collection_is_waited_for_for_days_and_may_be_given_back_after_it_was_booked() -> None:
    """What is there leaves the purse, what is spent is owed; a person looks, and nothing is collected before they have."""
    house = House(money=10_00)
    house.tell(MandateGiven(TOP_UP, Way.LINK))
    top_up = f"top/{CUSTOMER}/1"
    assert house.wait(4 * 86_400.0) == []
    assert kinds(house.wait(86_401.0)) == [act.InstructBank]
    house.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "c-1", "simulated", f"{top_up}/bank"))
    house.asks(amount=20_00)
    house.bank("ACSC")
    back = CollectionReturned(f"{top_up}/bank", 100_00, "EUR", "MD06", "g-1", "simulated")
    reversed_, told = house.tell(back)
    assert (reversed_.amount, reversed_.short, reversed_.reason) == (90_00, 10_00, "MD06")
    assert (told.reason, "10.00 EUR of it are spent" in told.detail, house.left) == ("given_back", True, 0)
    assert house.tell(replace(back, reference="g-2")) == [], "told twice, it is given back once"
    (refused,) = house.asks("p-2")
    assert refused.reason == "AM04"
    house.tell(PuzzleClosed(top_up, "given_back", "stands", "they were mistaken", "simulated", by="d-1"))
    assert kinds(house.asks("p-3")) == [act.RefusePayment, act.InstructBank]
    other = house.tell(replace(back, instruction=f"top/{CUSTOMER}/2/bank", amount=99_00))
    assert [one.reason for one in other] == ["booked_otherwise"]
    assert house.desk.purse.book.balance() == 0


def test_a_bank_that_answers_twice_books_once(house: House) -> None:
    """The same again is a repeat; under another reference, or the other way round, a person looks, and nothing moves."""
    house.asks()
    house.bank("ACSC", reference="b-1")
    assert house.bank("ACSC", attempt=2, reference="b-1") == []
    (puzzle,) = house.bank("ACSC", attempt=3, reference="b-2")
    assert puzzle.reason == "booked_otherwise"
    (puzzle,) = house.bank("RJCT", attempt=3)
    assert (puzzle.reason, house.state(), house.left) == ("contradiction", PaymentState.SETTLED, 96_50)
    house.asks("p-2")
    house.bank("RJCT", "p-2")
    (puzzle,) = house.bank("ACSC", "p-2", 2)
    assert (puzzle.reason, house.state("p-2"), house.left) == ("contradiction", PaymentState.VOIDED, 96_50)


def closed(how: Any, ref: str = "p-1", reason: Any = "contradiction", number: int = 0) -> PuzzleClosed:
    """A person has looked."""
    return PuzzleClosed(f"pay/{CAR}/{ref}", reason, how, "Anna of the bank", "simulated", number, by="d-1")


def test_what_the_bank_contradicts_itself_in_is_closed_by_a_person_and_told_anew(house: House) -> None:
    """It stands, and nothing is booked; or it came back, once. Said anew by the bank, a person is told anew."""
    house.asks()
    assert house.objects(closed("stands")) is Ground.NOT_HELD
    house.bank("ACSC", reference="b-1")
    assert kinds(house.bank("RJCT")) == [act.EscalatePayment]
    assert house.tell(closed("stands")) == []
    assert (house.state(), house.objects(closed("stands"))) == (PaymentState.SETTLED, Ground.NOT_HELD)
    (again,) = house.bank("RJCT", reference="b-2")
    assert (again.reason, again.number) == ("contradiction", 1)
    (back,) = house.tell(closed("came_back", number=1))
    assert (back.why, status_of(back).status, house.left) == ("returned", "CANC", 100_00)
    assert house.bank("RJCT", reference="b-3") == []
    assert house.desk.purse.book.balance() == 0


def test_what_a_person_cannot_close_is_told_why(house: House) -> None:
    """Of a bank that is silent it has to be said what it said; what was never paid cannot have come back."""
    house.asks()
    house.wait(5 * 30.0 + 5.0)
    for _ in range(5):
        house.wait(31.0)
    assert house.objects(closed("stands", reason="bank_silent")) is Ground.BANK_SAYS_NOTHING
    house.asks("p-2")
    house.bank("RJCT", "p-2")
    house.bank("ACSC", "p-2")
    assert house.objects(closed("came_back", "p-2")) is Ground.NOT_PAID
    assert house.objects(closed("stands", "p-2")) is None


def test_a_bank_that_never_answers_is_asked_again_and_then_a_person_is(house: House) -> None:
    """Nothing is set free: it may have paid. What it says at last holds."""
    house.asks()
    decided = house.wait(3_600)
    assert [one.attempt for one in decided[:-1]] == [2, 3, 4, 5]
    assert decided[-1].reason == "bank_silent"
    assert (house.state(), house.left) == (PaymentState.RESERVED, 96_50)
    assert house.wait(86_400) == []
    assert kinds(house.bank("ACSC", attempt=5)) == [act.SettlePayment]


def test_a_bank_that_is_at_it_is_waited_for_longer(house: House) -> None:
    """PDNG and ACSP are no answer for good."""
    house.asks()
    assert house.bank("PDNG") == []
    (again,) = house.wait(3_700)[:1]
    assert again.attempt == 2


def test_an_answer_to_what_nobody_asked_is_a_persons(house: House) -> None:
    """Nothing is booked."""
    (puzzle,) = house.bank("ACSC", "never")
    assert (puzzle.reason, house.left) == ("unknown_instruction", 100_00)
    (puzzle,) = house.tell(MoneyArrived(CUSTOMER, 5_00, "EUR", "b-3", "simulated", "top/c-1/9/bank"))
    assert (puzzle.reason, house.left) == ("unknown_instruction", 100_00)


def used(amount: int, ref: str = "p-1", event: str = "u", **other: Any) -> PaymentCaptured:
    """What the car tells is paid of what was set aside."""
    plain = CaptureAsk(f"{CAR}/2-{ref}-{event}", ref, CAR, CUSTOMER, amount, "EUR", "key-1", "simulated")
    return PaymentCaptured(replace(plain, **other))


def day_left(house: House) -> int:
    """What is left of the limit of a day."""
    given = house.desk.purse.given.get(MANDATE.mandate)
    assert given is not None
    return next(left for _, left in given.left(house.now))


def test_of_what_is_set_aside_at_most_less_is_paid_and_the_rest_is_free(house: House) -> None:
    """The bank hears of nothing before; purse and limits count what is set aside, and then what is paid; told twice, it is once."""
    assert kinds(house.asks(amount=20_00, at_most=True)) == [act.ReservePayment]
    assert (house.left, day_left(house)) == (80_00, 30_00)
    captured, bank = house.tell(used(12_40))
    assert isinstance(captured, act.CapturePayment)
    assert (status_of(captured).status, status_of(captured).amount) == ("ACSP", "12.40")
    assert (bank.amount, house.left, day_left(house)) == (12_40, 87_60, 37_60)
    (again,) = house.tell(used(12_40, event="again"))
    assert isinstance(again, act.RepeatStatus)
    (other,) = house.tell(used(12_41, event="other"))
    assert (other.reason, other.again) == ("DU04", f"{CAR}/2-p-1-other")
    (settled,) = house.bank("ACSC")
    assert (settled.amount, house.left, day_left(house), house.state()) == (12_40, 87_60, 37_60, PaymentState.SETTLED)
    (refunded,) = house.tell(PaymentCancelled("pay/volta/car-1/p-1", "it did not charge", "simulated"))
    assert (refunded.amount, house.left) == (12_40, 100_00)
    assert house.desk.purse.book.balance() == 0


def test_nothing_used_or_called_off_or_never_told_of_is_free_again(house: House) -> None:
    """And what its device tells of it afterwards is told why not."""
    house.asks("none", 5_00, at_most=True)
    assert kinds(house.tell(used(0, "none"))) == [act.VoidPayment]
    house.asks("off", 5_00, at_most=True)
    assert kinds(house.tell(PaymentCancelled("pay/volta/car-1/off", "", "simulated"))) == [act.VoidPayment]
    house.asks("never", 5_00, at_most=True)
    (lapsed,) = house.wait(7 * 86_400.0)
    assert (lapsed.payment, lapsed.reason) == ("pay/volta/car-1/never", "DS24")
    assert (house.left, house.state("never")) == (100_00, PaymentState.VOIDED)
    (late,) = house.tell(used(1_00, "never"))
    assert (late.reason, house.left) == ("DS24", 100_00)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (used(20_01), "AM14"),
        (used(1_00, currency="USD"), "AM03"),
        (used(1_00, "unknown"), "FF08"),
        (used(1_00, key_thumbprint=""), "DS0A"),
        (used(1_00, objection="TKXP", objection_says="expired"), "TKXP"),
        (used(1_00, "exact"), "AM09"),
        (used(1_00, customer="c-2"), "FF08"),
    ],
)
def test_a_capture_that_cannot_be_taken_has_its_reason_and_changes_nothing(
    house: House, told: PaymentCaptured, reason: str
) -> None:
    """Only that event of the device's is refused."""
    house.asks(amount=20_00, at_most=True)
    house.asks("exact", 1_00)
    before = house.left
    (refused,) = house.tell(told)
    assert (refused.reason, refused.again, house.left) == (reason, told.capture.key, before)
    assert status_of(refused).event_id is not None
    assert kinds(house.tell(used(20_00, event="right"))) == [act.CapturePayment, act.InstructBank]


def test_what_is_set_aside_is_within_the_limits_and_paid_though_the_mandate_ends(house: House) -> None:
    """Over the limit of a payment the customer is asked about the most; a bank that rejects has it all free again."""
    assert kinds(house.asks("more", 20_01, at_most=True)) == [act.AskPayer]
    (early,) = house.tell(used(1_00, "more"))
    assert early.reason == "AM09"
    house.asks(amount=20_00, at_most=True)
    house.tell(MandateChanged(MANDATE.mandate, "revoked", "simulated"))
    assert kinds(house.tell(used(3_00))) == [act.CapturePayment, act.InstructBank]
    assert kinds(house.bank("RJCT", reason="AC04")) == [act.VoidPayment]
    assert (house.left, day_left(house)) == (100_00, 50_00)


def test_called_off_before_and_after_the_bank_paid(house: House) -> None:
    """Before: the bank's word is waited for, and what it paid comes back; after: it comes back; unasked: never paid."""
    off = [PaymentCancelled(f"pay/{CAR}/p-{number}", "not delivered", "simulated") for number in range(5)]
    house.asks("p-0")
    assert house.tell(off[0]) == []
    assert kinds(house.bank("ACSC", "p-0")) == [act.SettlePayment, act.RefundPayment]
    house.asks("p-1")
    house.tell(off[1])
    assert kinds(house.bank("RJCT", "p-1")) == [act.VoidPayment]
    house.asks("p-2")
    house.bank("ACSC", "p-2")
    assert kinds(house.tell(off[2])) == [act.RefundPayment]
    house.tell(off[3])
    (refused,) = house.asks("p-3")
    assert refused.reason == "DS02"
    house.asks("p-4", 30_00)
    assert kinds(house.tell(off[4])) == [act.VoidPayment]
    assert (house.left, house.desk.purse.book.balance()) == (100_00, 0)


def test_a_disputed_payment_goes_back_or_was_right(house: House) -> None:
    """Also where it was disputed before the bank had paid; what was called off after a lost dispute goes back."""
    for ref in ("a", "b", "c"):
        house.asks(ref, 10_00)
    house.tell(PaymentDisputed(f"pay/{CAR}/a", "not me", "simulated"))
    for ref in ("a", "b", "c"):
        house.bank("ACSC", ref)
    assert house.state("a") is PaymentState.DISPUTED
    house.tell(PaymentDisputed(f"pay/{CAR}/b", "too much", "simulated"))
    (refund,) = house.tell(DisputeDecided(f"pay/{CAR}/a", refunded=True, why="", provenance="simulated"))
    (upheld,) = house.tell(DisputeDecided(f"pay/{CAR}/b", refunded=False, why="", provenance="simulated"))
    assert kinds([refund, upheld]) == [act.RefundPayment, act.UpholdPayment]
    assert house.tell(DisputeDecided(f"pay/{CAR}/c", refunded=True, why="", provenance="simulated")) == []
    assert (house.left, house.state("c")) == (80_00, PaymentState.SETTLED)
    assert kinds(house.tell(PaymentCancelled(f"pay/{CAR}/b", "", "simulated"))) == [act.RefundPayment]


def test_a_mandate_that_ends_in_mid_payment(house: House) -> None:
    """What is reserved ends as the bank says; what the customer is being asked about is refused."""
    house.asks("a", 10_00)
    house.asks("b", 30_00)
    (refused,) = house.tell(MandateChanged(MANDATE.mandate, "revoked", "simulated"))
    assert (refused.payment, refused.reason) == (f"pay/{CAR}/b", "MD01")
    assert kinds(house.bank("ACSC", "a")) == [act.SettlePayment]
    short = House(mandate=replace(MANDATE, valid_to=AT + 100))
    short.asks("b", 30_00)
    (refused,) = short.wait(200)
    assert refused.detail == "the mandate has run out"


def test_withdrawn_consent_acts_before_the_next_decision(house: House) -> None:
    """What the customer is being asked about is refused, what is reserved ends as the bank says."""
    house.asks("a", 10_00)
    house.asks("b", 30_00)
    (refused,) = house.tell(ConsentChanged(CUSTOMER, Purpose.PAYMENT, given=False, way=Way.LINK))
    assert (refused.payment, refused.reason) == (f"pay/{CAR}/b", "CUST")
    assert kinds(house.bank("ACSC", "a")) == [act.SettlePayment]


def test_what_is_left_in_a_purse_is_paid_back_once_and_never_more(house: House) -> None:
    """By a person; the books balance."""

    def back(amount: int, reference: str = "r-1", currency: str = "EUR") -> BalanceReturned:
        return BalanceReturned(CUSTOMER, amount, currency, reference, "leaves us", "simulated", by="d-1")

    for wrong in (back(100_01), back(0), back(-1), back(1, currency="USD")):
        assert house.objects(wrong) is Ground.NOT_SO_MUCH
        assert house.tell(wrong) == []
    assert list(house.desk.purse.balances()) == [(CUSTOMER, "EUR", 100_00)]
    house.tell(back(99_00))
    house.tell(back(99_00))
    assert (house.left, house.objects(back(2_00, "r-2"))) == (1_00, Ground.NOT_SO_MUCH)
    house.tell(back(1_00, "r-2"))
    assert (list(house.desk.purse.balances()), house.desk.purse.book.balance()) == ([], 0)


def test_an_erased_customers_money_ends_as_the_bank_says(house: House) -> None:
    """Their mandates are gone, the books stay."""
    house.asks("a", 10_00)
    house.asks("b", 30_00)
    assert kinds(house.tell(CustomerErased(CUSTOMER))) == [act.RefusePayment]
    assert kinds(house.bank("ACSC", "a")) == [act.SettlePayment]
    assert house.desk.purse.given.of_customer(CUSTOMER) == []
    assert (house.left, house.desk.purse.book.balance()) == (90_00, 0)
    assert house.asks("c")[0].reason == "MD01"


def test_without_a_list_of_payees_low_values_are_counted() -> None:
    """Up to 100 € since the last authentication; then the customer is asked, and it begins anew."""
    house = House(strong=False, mandate=replace(MANDATE, limits=()))
    reserved = [house.asks(f"p-{number}", 20_00)[0] for number in range(4)]
    assert [one.exempt for one in reserved] == [True] * 4
    house.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "in-2", "simulated"))
    assert house.asks("p-5", 19_00)[0].exempt
    (asked,) = house.asks("p-6", 2_00)
    assert asked.why == "strong_authentication"
    (reserve, _) = house.tell(PaymentConfirmed(asked.payment, agreed=True, strong=True, provenance="simulated"))
    assert not reserve.exempt
    assert house.asks("p-7", 20_00)[0].exempt


def test_what_is_unusual_is_asked_about(house: House) -> None:
    """Four times 2 €, and then 19 €: the customer is asked, told why, and what they agree to is usual from then on."""
    house.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "in-2", "simulated"))
    for number in range(6):
        house.asks(f"a-{number}", 2_00 + number)
        house.bank("ACSC", f"a-{number}")
        house.wait(3 * 86_400.0)
    (asked,) = house.asks("b", 19_00)
    assert (asked.why, asked.odd.what, asked.odd.found, asked.odd.usual) == (
        "unusual",
        "amount",
        "19.00 EUR",
        "2.02 EUR",
    )
    assert asked.detail == f"19.00 EUR is far more than {PARKING} is usually paid, which is about 2.02 EUR."
    house.tell(PaymentConfirmed(asked.payment, agreed=True, strong=True, provenance="simulated"))
    house.bank("ACSC", "b")
    assert kinds(house.asks("c", 19_00))[0] is act.ReservePayment


def test_the_customer_is_written_to_and_never_rung() -> None:
    """In their language, where they can be reached, and once more where they did not answer; the payee by their name."""
    house = House()
    house.desk = Desk(Policy(messages=MessagePolicy((Channel.PUSH, Channel.SMS))))
    house.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "in-1", "simulated"))
    house.tell(MandateGiven(MANDATE, Way.LINK, strong=True))
    asked = PaymentAsked(ask(amount=30_00), language="lv", reach=(Channel.SMS,))
    decided = house.tell(asked)
    assert kinds(decided) == [act.AskPayer, SendMessage]
    message = decided[1]
    assert (message.channel, message.purpose, message.until) == (Channel.SMS, "money", decided[0].until)
    assert "30,00 € saņēmējam City parking" in message.text
    assert [type(one) for one in house.wait(301)] == [act.RefusePayment, SendMessage]


def test_what_people_say_out_of_turn_is_told_to_them_and_changes_nothing() -> None:
    """A mandate given again with the same content is a repeat, with another one it is told; and so on."""
    room = ControlRoom(Intake(Registry()), Desk(), Customers(), Pen())
    room.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "in-1", "simulated"), AT)
    given = MandateGiven(MANDATE, Way.LINK, strong=True)
    assert room.tell(given, AT).rows
    assert room.tell(given, AT).repeat
    other = replace(given, mandate=replace(MANDATE, per_payment=99_00))
    payment, off = f"pay/{CAR}/p-1", replace(MANDATE, mandate="mnd/c-1/two", zone="Europe/Nowhere")
    room.tell(PaymentAsked(ask()), AT)
    refused = [
        (other, Ground.MANDATE_DIFFERS),
        (replace(given, mandate=off), Ground.MANDATE_MAKES_NO_SENSE),
        (MandateChanged("mnd/c-1/three", "revoked", "simulated"), Ground.UNKNOWN_MANDATE),
        (PaymentConfirmed(payment, agreed=True, strong=True, provenance="simulated"), Ground.NOT_ASKED),
        (PaymentConfirmed("pay/x", agreed=True, strong=True, provenance="simulated"), Ground.UNKNOWN_PAYMENT),
        (DisputeDecided(payment, refunded=True, why="", provenance="simulated"), Ground.NOT_DISPUTED),
    ]
    for event, ground in refused:
        turn = room.tell(event, AT)
        assert (turn.objection and turn.objection.ground, turn.rows) == (ground, [])
    room.tell(BankAnswered(f"{payment}/bank", 1, "RJCT", "simulated"), AT)
    not_paid = room.tell(PaymentDisputed(payment, "not me", "simulated"), AT).objection
    room.tell(MandateChanged(MANDATE.mandate, "revoked", "simulated"), AT)
    for_good = room.tell(MandateChanged(MANDATE.mandate, "active", "simulated"), AT).objection
    assert [one and one.ground for one in (not_paid, for_good)] == [Ground.NOT_PAID, Ground.MANDATE_REVOKED]


def test_what_a_device_asks_goes_by_the_register() -> None:
    """Whose customer has not agreed that devices pay, by what the register says at that hour."""
    room = ControlRoom(Intake(Registry()), Desk(), Customers([CUSTOMER_RECORD]), Pen())
    assert not room.asked(ask()).may_pay
    room.tell(ConsentChanged(CUSTOMER, Purpose.PAYMENT, given=True, way=Way.LINK), AT)
    asked = room.asked(ask())
    assert (asked.may_pay, asked.language) == (True, "lv")


@pytest.mark.parametrize(
    ("payees", "whom"),
    [((), f"City parking, gate 4 ({PARKING})"), ((Payee(PARKING, "City parking"),), "City parking. ")],
)
def test_the_customer_reads_whom_a_device_names(payees: tuple[Payee, ...], whom: str) -> None:
    """With the account, for nobody has checked the name; their own list's comes before it, and what is erased stays unsaid."""
    house = House()
    house.desk = Desk(Policy(messages=MessagePolicy((Channel.SMS,))))
    house.tell(MoneyArrived(CUSTOMER, 100_00, "EUR", "in-1", "simulated"))
    house.tell(MandateGiven(replace(MANDATE, payees=payees), Way.LINK))
    asked = ask(amount=20_01, payee_name="City parking, gate 4")
    decided = house.tell(PaymentAsked(asked, reach=(Channel.SMS,)))
    assert f" to {whom}" in decided[1].text
    assert ("gate 4" in decided[1].text) is (not payees)
    house.tell(CustomerErased(CUSTOMER))
    assert {one.payee_name for one in house.desk.purse.payments.values()} == {""}


def test_a_name_told_otherwise_is_the_same_payment(house: House) -> None:
    """What is paid to whom is the account; the first name stands."""
    house.asks(payee_name="City parking")
    (told,) = house.tell(PaymentAsked(ask(key=f"{CAR}/1-again", payee_name="Parking of the city")))
    assert isinstance(told, act.RepeatStatus)


def test_a_mandate_that_is_revoked_twice_is_revoked(house: House) -> None:
    """So that who stops a device while its mandate ends is told no lie; that it goes on is refused."""
    room = ControlRoom(Intake(Registry()), house.desk, Customers([CUSTOMER_RECORD]), Pen())
    for to, ground in (("revoked", None), ("revoked", None), ("active", Ground.MANDATE_REVOKED)):
        turn = room.tell(MandateChanged(MANDATE.mandate, to, "simulated"), house.now)
        assert (turn.objection and turn.objection.ground) == ground
