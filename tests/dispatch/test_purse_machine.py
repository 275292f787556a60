"""The books and the purse as machines: whatever comes, again or in another order, and after a crash, debits are credits."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dispatch.core.consent import Purpose, Way
from dispatch.core.desk import Desk
from dispatch.core.events import ConsentChanged, CustomerErased, Event, ServiceStarted
from dispatch.core.ids import purse_account
from dispatch.core.policy import Policy
from dispatch.core.purse.actions import AskAboutMoney, EscalatePayment
from dispatch.core.purse.book import (
    Book,
    BookError,
    NoSuchPending,
    NotThatMuch,
    Overdrawn,
    PendingIsOver,
    SameIdOtherContent,
    Transfer,
)
from dispatch.core.purse.events import (
    BalanceReturned,
    BankAnswered,
    CollectionReturned,
    DisputeDecided,
    MandateChanged,
    MandateGiven,
    MoneyAnswered,
    MoneyArrived,
    PaymentAsked,
    PaymentCancelled,
    PaymentCaptured,
    PaymentConfirmed,
    PaymentDisputed,
    PuzzleClosed,
)
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.core.purse.payments import PAYMENT, Payment, PaymentMove, PaymentState, payment_after
from dispatch.ledger.fold import Fold
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen, Row
from dispatch.registers.customers import Customers
from dispatch.views.snapshot import desk_written, standing_read
from gateway.devices.registry import Registry
from gateway.finding import CaptureAsk, PaymentAsk
from gateway.intake.intake import Intake
from scenarios.score.money import money_facts

ENDS = ["post", "void", "expire"]
AT = 1_796_000_000.0
PURSES = [purse_account(who, "EUR") for who in ("a", "b")]
ACCOUNTS = [*PURSES, "payee/p/EUR", "bank/EUR"]
SMALL = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)
INTAKE = Intake(Registry())
"""Hears nothing here."""


class Books(RuleBasedStateMachine):
    """Against a model that keeps a list of what was booked, and adds it up anew each time."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.booked: dict[str, Transfer] = {}

    @rule(
        number=st.integers(0, 30),
        debit=st.sampled_from(ACCOUNTS),
        credit=st.sampled_from(ACCOUNTS),
        amount=st.integers(-1, 20),
        kind=st.sampled_from(["booked", "pending"]),
    )
    def book_it(self, number: int, debit: str, credit: str, amount: int, kind: Any) -> None:
        """Something new, or again, or another thing under the same id."""
        self._try(Transfer(f"t-{number}", debit, credit, amount, kind))

    @rule(
        number=st.integers(0, 30),
        pending=st.integers(0, 30),
        part=st.integers(0, 25),
        kind=st.sampled_from(["post", "void", "expire"]),
    )
    def end_it(self, number: int, pending: int, part: int, kind: Any) -> None:
        """What is pending is posted, whole or in part, voided or expired; or it is not pending at all."""
        try:
            if kind == "post":
                self.book.post(f"t-{pending}", f"e-{number}", part or None)
            else:
                self.book.void(f"t-{pending}", f"e-{number}", expired=kind == "expire")
        except BookError:
            return
        known = self.book.transfer(f"e-{number}")
        assert known is not None
        assert self.booked.setdefault(known.id, known) == known

    @rule()
    def crash(self) -> None:
        """Written down and taken up again."""
        accounts, transfers = self.book.standing()
        again = Book()
        again.stand([replace(one) for one in accounts], transfers)
        self.book = again

    def _try(self, transfer: Transfer) -> None:
        known = self.booked.get(transfer.id)
        try:
            done = self.book.book(transfer)
        except SameIdOtherContent:
            assert known is not None
            assert known != transfer
            return
        except (Overdrawn, NotThatMuch):
            assert known is None
            return
        assert done == ("repeat" if known == transfer else "booked")
        self.booked[transfer.id] = transfer

    @invariant()
    def debits_are_credits(self) -> None:
        """And no purse owes."""
        assert self.book.balance() == 0
        assert all(self.book.account(purse).available >= 0 for purse in PURSES)

    @invariant()
    def what_is_booked_adds_up(self) -> None:
        """As the list of all transfers says."""
        over = {one.pending for one in self.booked.values() if one.pending}
        for name in ACCOUNTS:
            account = self.book.account(name)
            sums = [
                sum(
                    one.amount
                    for one in self.booked.values()
                    if getattr(one, side) == name and one.kind in {"booked", "post"}
                )
                for side in ("debit", "credit")
            ]
            held = sum(
                one.amount
                for one in self.booked.values()
                if one.debit == name and one.kind == "pending" and one.id not in over
            )
            assert [account.debits, account.credits, account.debits_pending] == [*sums, held]


TestBooks = Books.TestCase
TestBooks.settings = SMALL


def test_the_books_say_why_not() -> None:
    """Each by its name, and nothing is booked."""
    book, purse = Book(), PURSES[0]
    book.book(Transfer("in", "bank/EUR", purse, 10))
    for error, transfer in (
        (Overdrawn, Transfer("x", purse, "payee/p/EUR", 11)),
        (NotThatMuch, Transfer("x", purse, "payee/p/EUR", 0)),
        (SameIdOtherContent, Transfer("in", "bank/EUR", purse, 11)),
        (NoSuchPending, Transfer("x", purse, "payee/p/EUR", 1, "post", "in")),
    ):
        with pytest.raises(error):
            book.book(transfer)
    book.book(Transfer("held", purse, "payee/p/EUR", 8, "pending"))
    with pytest.raises(Overdrawn):
        book.book(Transfer("x", purse, "payee/p/EUR", 3, "pending"))
    with pytest.raises(NotThatMuch):
        book.post("held", "x", 9)
    assert book.post("held", "x", 5) == "booked"
    assert book.post("held", "x", 5) == "repeat"
    with pytest.raises(PendingIsOver):
        book.void("held", "y")
    assert (book.account(purse).available, book.balance()) == (5, 0)
    book.forget(["held", "x", "in"])
    assert (book.account(purse).available, book.balance(), book.standing()[1]) == (5, 0, [])


def test_moves_that_are_not_in_the_table_change_nothing() -> None:
    """And from each state but the last something can still become of it; whatever is paid can go back."""
    for state, move in product(PaymentState, PaymentMove):
        one = Payment("p", "c", "d", "", "x", 1, "EUR", "parking", AT, "simulated", state=state)
        assert one.move(move) is ((state, move) in PAYMENT)
        assert one.state is (payment_after(state, move) or state)
    assert {state for state, _ in PAYMENT} == set(PaymentState) - {
        PaymentState.VOIDED, PaymentState.REFUSED, PaymentState.REFUNDED,
    }  # fmt: skip


CUSTOMERS = ("c-0", "c-1")
LIMITS = (PeriodicLimit(Period.DAY, Alignment.CALENDAR, 30), PeriodicLimit(Period.WEEK, Alignment.CONSENT, 60))
AMOUNTS, STATUSES = st.sampled_from([0, 1, 5, 19, 20, 21]), st.sampled_from(["ACSC", "ACSC", "RJCT", "PDNG"])
numbers, whose = st.integers(0, 12), st.sampled_from(CUSTOMERS)


def _mandate(who: str, ref: str, **other: Any) -> Mandate:
    plain = Mandate(
        f"mnd/{who}/{ref}", who, f"volta/{who}", (Payee("p"),), "parking", "EUR", 20, LIMITS, AT, AT + 20 * 86_400.0,
        "Europe/Riga", "", "simulated",
    )  # fmt: skip
    return replace(plain, **other)


class Payments(RuleBasedStateMachine):
    """A control room, told anything in any order; its ledger is reckoned anew, folded and told again."""

    def __init__(self) -> None:
        super().__init__()
        self.policy = Policy()
        self.room = self._room(Desk(self.policy))
        self.now, self.rows = AT, list[Row]()
        self.told: list[tuple[float, Event]] = []
        self.answers = 0

    def _room(self, desk: Desk, pen: Pen | None = None) -> ControlRoom:
        return ControlRoom(INTAKE, desk, Customers(), pen or Pen())

    def _tell(self, event: Event) -> None:
        self.now += 1.0
        self.rows += self.room.tell(event, self.now).rows
        self.told.append((self.now, event))

    @rule(who=whose, ref=st.sampled_from(["one", "two"]), strong=st.booleans(), anybody=st.booleans())
    def give(self, who: str, ref: str, strong: bool, anybody: bool) -> None:  # noqa: FBT001 - drawn
        """A mandate, maybe again with another content."""
        self._tell(MandateGiven(_mandate(who, ref, payees=() if anybody else (Payee("p"),)), Way.LINK, strong))

    @rule(who=whose)
    def let_top_up(self, who: str) -> None:
        """The house may collect money."""
        self._tell(
            MandateGiven(_mandate(who, "top", device="", payees=(), category="top_up", per_payment=40), Way.LINK)
        )

    @rule(who=whose, to=st.sampled_from(["active", "suspended", "revoked"]))
    def change(self, who: str, to: Any) -> None:
        """A mandate is suspended, revoked, goes on."""
        self._tell(MandateChanged(f"mnd/{who}/one", to, "simulated"))

    @rule(who=whose, amount=st.integers(1, 60), number=numbers)
    def arrive(self, who: str, amount: int, number: int) -> None:
        """Money comes in."""
        self._tell(MoneyArrived(who, amount, "EUR", f"in-{number}", "simulated"))

    @rule(
        who=whose,
        number=numbers,
        amount=AMOUNTS,
        event=st.integers(0, 2),
        may_pay=st.integers(0, 9),
    )
    def ask(self, who: str, number: int, amount: int, event: int, may_pay: int) -> None:
        """A device asks, maybe again, maybe for something else; by an even name for an amount at most."""
        key = f"volta/{who}/{event}-{number}-{amount}"
        asked = PaymentAsk(
            key,
            f"p{number}",
            f"volta/{who}",
            who,
            "",
            "p",
            amount,
            "EUR",
            "parking",
            "",
            None,
            "",
            self.now,
            "simulated",
            at_most=number % 2 == 0,
        )
        self._tell(PaymentAsked(asked, may_pay=may_pay > 0, may_spending=may_pay > 1))

    @rule(who=whose, number=numbers, amount=AMOUNTS, event=st.integers(0, 2))
    def capture(self, who: str, number: int, amount: int, event: int) -> None:
        """It tells what is paid of what was set aside: maybe nothing, or more, or twice, or of what nobody set aside."""
        key = f"volta/{who}/{event}-{number}-{amount}-used"
        told = CaptureAsk(key, f"p{number}", f"volta/{who}", who, amount, "EUR", "", "simulated")
        self._tell(PaymentCaptured(told))

    @rule(who=whose, number=numbers, agreed=st.booleans(), strong=st.booleans())
    def confirm(self, who: str, number: int, agreed: bool, strong: bool) -> None:  # noqa: FBT001 - drawn
        """The customer says yes or no."""
        self._tell(PaymentConfirmed(f"pay/volta/{who}/p{number}", agreed, strong, "simulated"))

    @rule(
        who=whose,
        number=numbers,
        status=STATUSES,
        attempt=st.integers(1, 3),
        ref=st.integers(0, 1),
    )
    def bank(self, who: str, number: int, status: Any, attempt: int, ref: int) -> None:
        """The bank answers, maybe what nobody asked, maybe twice."""
        self._tell(BankAnswered(f"pay/volta/{who}/p{number}/bank", attempt, status, "simulated", "", f"b{ref}"))

    @rule(who=whose, number=st.integers(1, 3), status=st.sampled_from(["ACSC", "RJCT"]))
    def bank_of_top_up(self, who: str, number: int, status: Any) -> None:
        """The bank says whether it collected."""
        self._tell(BankAnswered(f"top/{who}/{number}/bank", 1, status, "simulated"))

    @rule(who=whose, number=st.integers(1, 3), amount=st.sampled_from([40, 41]))
    def money_of_top_up(self, who: str, number: int, amount: int) -> None:
        """What was collected comes, or another sum."""
        self._tell(
            MoneyArrived(who, amount, "EUR", f"t-{who}-{number}-{amount}", "simulated", f"top/{who}/{number}/bank")
        )

    @rule(who=whose, number=st.integers(1, 3), amount=st.sampled_from([40, 41]), ref=st.integers(0, 1))
    def money_goes_back(self, who: str, number: int, amount: int, ref: int) -> None:
        """What was collected is given back, maybe twice, or another sum, or what never came."""
        name = f"top/{who}/{number}/bank"
        self._tell(CollectionReturned(name, amount, "EUR", "MD06", f"g{ref}", "simulated"))

    @rule(who=whose, number=numbers)
    def cancel(self, who: str, number: int) -> None:
        """It is called off."""
        self._tell(PaymentCancelled(f"pay/volta/{who}/p{number}", "off", "simulated"))

    @rule(who=whose, number=numbers)
    def dispute(self, who: str, number: int) -> None:
        """The customer says that it was not theirs."""
        self._tell(PaymentDisputed(f"pay/volta/{who}/p{number}", "not me", "simulated"))

    @rule(who=whose, number=numbers, refunded=st.booleans())
    def decide(self, who: str, number: int, refunded: bool) -> None:  # noqa: FBT001 - drawn
        """A person decides."""
        self._tell(DisputeDecided(f"pay/volta/{who}/p{number}", refunded, "", "simulated"))

    @rule(how=st.sampled_from(["stands", "came_back"]), number=st.integers(0, 1))
    def close(self, how: Any, number: int) -> None:
        """A person closes what they were told to look at last, or was closed before."""
        mine = [row for row in self.rows if row.type == EscalatePayment.__name__]
        if mine:
            told = json.loads(mine[-1].body)
            self._tell(PuzzleClosed(told["payment"], told["reason"], how, "looked", "simulated", number))

    @rule(who=whose, amount=st.sampled_from([0, 1, 30, 300]), number=st.integers(0, 2))
    def pay_back(self, who: str, amount: int, number: int) -> None:
        """A customer gets back what is left, or more than there is, or twice under one reference."""
        self._tell(BalanceReturned(who, amount, "EUR", f"back-{number}", "leaves", "simulated"))

    @rule(who=whose)
    def withdraw(self, who: str) -> None:
        """Consent is withdrawn."""
        self._tell(ConsentChanged(who, Purpose.PAYMENT, given=False, way=Way.LINK))

    @rule(who=whose)
    def wants_no_advice(self, who: str) -> None:
        """They do not want to be told of their weeks any more."""
        self._tell(ConsentChanged(who, Purpose.SPENDING, given=False, way=Way.LINK))

    @rule(answer=st.sampled_from(["fine", "stop", "dispute"]), asked=st.booleans())
    def answer_about_money(self, answer: Any, asked: bool) -> None:  # noqa: FBT001 - drawn
        """A customer says what they think of what they were asked, or were not."""
        mine = [row for row in self.rows if row.type == AskAboutMoney.__name__]
        ref = json.loads(mine[-1].body)["ref"] if mine and asked else "unused/p"
        self._tell(MoneyAnswered("c-0", ref, answer, "simulated"))

    @rule(seconds=st.sampled_from([20.0, 400.0, 90_000.0, 700_000.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds
        self.rows += self.room.wake(self.now).rows

    @precondition(lambda self: self.now > AT + 100_000)
    @rule()
    def erase(self) -> None:
        """A customer is forgotten."""
        self._tell(CustomerErased("c-1"))

    @rule()
    def crash(self) -> None:
        """The desk is written down and another one takes it up, which begins to hear again."""
        kept = standing_read(desk_written(self.room.desk))
        desk = Desk(self.policy)
        desk.stand(kept)
        pen = self.room.pen
        self.room = self._room(desk, pen)
        self.rows += self.room.tell(ServiceStarted(5, self.now), self.now + 1.0).rows
        self.now += 1.0
        for row in self.rows:
            if row.key is not None:
                self.room._keys.add(row.key)

    @invariant()
    def debits_are_credits(self) -> None:
        """Nothing is over a limit, nothing twice, no purse owes; and the books are what the rows say."""
        facts = money_facts(self.rows)
        assert facts.over_limit == facts.twice == facts.overdrawn == []
        assert facts.differs(self.room.desk.purse.book) == 0
        assert self.room.decided_twice == 0

    def teardown(self) -> None:
        """The ledger folded comes to where the desk stands."""
        fold = Fold(self.policy, 5)
        for row in self.rows:
            fold.feed(row)
        folded, stands = fold.standing(), self.room.desk.standing()
        assert folded.purse == stands.purse
        money = {"payment", "bank", "mandate", "money"}
        again = Desk(self.policy)
        again.stand(folded)
        assert not again.wake(
            self.now
        )  # what rang, and led to nothing, left no row: it rings again, and leads to nothing
        rings = [(one.due, one.about, one.case, one.attempt) for one in again.standing().alarms if one.about in money]
        mine = [(one.due, one.about, one.case, one.attempt) for one in stands.alarms if one.about in money]
        assert set(rings) <= set(mine)


TestPayments = Payments.TestCase
TestPayments.settings = SMALL
