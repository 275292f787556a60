"""Devices pay while the till is killed: nothing over a limit, nothing twice, nothing lost, and debits are credits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch.core.consent import Way
from dispatch.core.events import Event
from dispatch.core.purse.actions import RefundPayment, ReservePayment, SettlePayment, VoidPayment
from dispatch.core.purse.book import Book, Transfer
from dispatch.core.purse.events import MandateGiven, MoneyArrived
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.ledger.rows import Pen, Said
from scenarios.bench.payments import measured
from scenarios.chaos.payments import play
from scenarios.score.money import MoneyFacts, money_facts

AT = 1_796_000_000.0
MANDATE = Mandate(
    "mnd/c/one", "c", "v/d", (Payee("p"),), "parking", "EUR", 20, (PeriodicLimit(Period.DAY, Alignment.CONSENT, 30),), AT,
    None, "UTC", "", "simulated",
)  # fmt: skip
RESERVE = ReservePayment("pay/v/d/1", "mnd/c/one", "c", "v/d", "p", 20, "EUR", "parking", False, "simulated")  # noqa: FBT003
SETTLE = SettlePayment("pay/v/d/1", "c", "v/d", 20, "EUR", "simulated")
BEGIN: tuple[Event, ...] = (
    MoneyArrived("c", 100, "EUR", "in", "simulated"),
    MandateGiven(MANDATE, Way.LINK),
)


@pytest.mark.timeout(300)
def test_a_till_that_is_killed_pays_nothing_twice() -> None:
    """Four kills; what was not said to be committed is told again."""
    outcome = play(4, 11)
    assert outcome.holds, outcome
    assert (outcome.kills, outcome.payments) == (4, 100)
    assert outcome.settled


def test_the_bench_finds_nothing_wrong() -> None:
    """In a few payments; how fast, a machine that does other things cannot say."""
    figures = measured(600, 3, others=())  # the others have tests of their own
    assert (figures.over_limit, figures.twice, figures.debits_minus_credits) == (0, 0, 0)
    assert figures.reserved
    assert figures.decisions_per_s > 0


def _facts(*said: Said) -> MoneyFacts:
    pen = Pen()
    return money_facts([pen.write(one, AT + number) for number, one in enumerate((*BEGIN, *said))])


def test_the_judge_sees_what_is_wrong() -> None:
    """Each kind of mistake in a ledger that makes none by itself."""
    assert _facts(RESERVE, SETTLE).twice == []
    assert len(_facts(RESERVE, RESERVE).twice) == 1
    assert len(_facts(RESERVE, SETTLE, replace(SETTLE, reference="again")).twice) == 1
    assert len(_facts(RESERVE, SETTLE, VoidPayment("pay/v/d/1", "c", "v/d", "MS03", "simulated")).twice) == 1
    assert len(_facts(RESERVE, RefundPayment("pay/v/d/1", "c", "v/d", 20, "EUR", "cancelled", "simulated")).twice) == 1
    assert _facts(replace(RESERVE, amount=21)).over_limit == ["pay/v/d/1"]
    assert _facts(RESERVE, replace(RESERVE, payment="pay/v/d/2")).over_limit == ["pay/v/d/2"]
    assert _facts(replace(RESERVE, mandate="", amount=101)).overdrawn == ["pay/v/d/1"]
    book = Book()
    book.book(Transfer("in", "bank/EUR", "purse/c/EUR", 99))
    assert _facts().differs(book) == 2
