"""Money in the fault campaign: what is drawn, who pays, and a judge that sees each kind of mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dispatch.channels.bank.names import short_name
from dispatch.core.consent import Way
from dispatch.core.ids import instruction_id
from dispatch.core.purse.actions import (
    EscalatePayment,
    InstructBank,
    RefusePayment,
    ReservePayment,
    SettlePayment,
    VoidPayment,
)
from dispatch.core.purse.book import Book, Transfer
from dispatch.core.purse.events import BankAnswered, MandateChanged, MandateGiven, MoneyArrived, PaymentAsked
from dispatch.core.purse.mandate import Alignment, Mandate, Payee, Period, PeriodicLimit
from dispatch.ledger.rows import Pen, Row, Said
from firmware_sim.device.uplink import Outgoing
from gateway.finding import PaymentAsk
from scenarios.chaos.chronicle import Chronicle
from scenarios.chaos.paying.payers import EACH, ChaosPayers
from scenarios.chaos.paying.plan import ASKS, CustomerDoes, HowAsked, PlannedAsk, draw_money
from scenarios.chaos.paying.record import MoneyRecord
from scenarios.chaos.paying.verdict import MoneyVerdict, judge_money
from scenarios.story.registry import KINDS, platform
from scenarios.world.payers.kind import PayerKind

AT = 1_796_000_000.0
PAYMENT, EVENT = "pay/v/d/1-0", "v/d/1-0"
MANDATE = Mandate(
    "mnd/c/one", "c", "v/d", (Payee("p"),), "parking", "EUR", 20, (PeriodicLimit(Period.DAY, Alignment.CONSENT, 30),), AT,
    None, "UTC", "", "simulated",
)  # fmt: skip
ASKED = PaymentAsked(
    PaymentAsk(EVENT, "1-0", "v/d", "c", "", "p", 20, "EUR", "parking", "an hour", None, "", AT, "simulated")
)
RESERVE = ReservePayment(PAYMENT, "mnd/c/one", "c", "v/d", "p", 20, "EUR", "parking", False, "simulated")  # noqa: FBT003
BANK = InstructBank(PAYMENT, instruction_id(PAYMENT), 1, "TRF", "c", "p", 20, "EUR", "simulated")
PAID = BankAnswered(instruction_id(PAYMENT), 1, "ACSC", "simulated", reference="b")
SETTLE = SettlePayment(PAYMENT, "c", "v/d", 20, "EUR", "simulated", "b")
REFUSE = RefusePayment("pay/v/d/1-1", "c", "v/d", "SL11", "", "simulated")
GIVEN: list[Said] = [MoneyArrived("c", 100, "EUR", "in", "simulated"), MandateGiven(MANDATE, Way.LINK)]
SOUND: list[Said] = [*GIVEN, ASKED, RESERVE, BANK, PAID, SETTLE]


def _judged(said: list[Said], **changes: Any) -> MoneyVerdict:
    """Judge a ledger, whose books and bank are those of the sound one but for ``changes`` of what the world knows."""
    book = Book()
    book.book(Transfer("in", "bank/EUR", "purse/c/EUR", 100))
    book.book(Transfer("out", "purse/c/EUR", "payee/p/EUR", 20))
    known = {
        "acknowledged": {EVENT: PAYMENT},
        "told": {PAYMENT: ("ACSC", "")},
        "executed": {short_name(instruction_id(PAYMENT)): 20},
    }
    return judge_money(_rows(said), book, MoneyRecord(**{**known, **changes}))


def _rows(said: list[Said]) -> list[Row]:
    """Write a ledger in which each action answers the input before it."""
    pen, rows, cause = Pen(), list[Row](), None
    for number, one in enumerate(said):
        is_input = isinstance(one, PaymentAsked | BankAnswered | MoneyArrived | MandateGiven | MandateChanged)
        rows.append(pen.write(one, AT + number, None if is_input else cause))
        cause = rows[-1].seq if is_input else cause
    return rows


def test_a_sound_ledger_holds() -> None:
    """One payment: asked, set aside, paid, told."""
    verdict = _judged(SOUND)
    assert (verdict.asked, verdict.settled, verdict.refused, verdict.unbalanced) == (1, 1, 0, 0)
    assert not (*verdict.over_limit, *verdict.twice, *verdict.lost, *verdict.unfinished, *verdict.untold)


def _suspended(said: list[Said]) -> list[Said]:
    return [*said[:3], MandateChanged("mnd/c/one", "suspended", "simulated"), *said[3:]]


@pytest.mark.parametrize(
    ("change", "what", "sentence"),
    [
        (_suspended, "over_limit", "more than its mandate lets"),
        (lambda said: [replace(one, amount=21) if one is RESERVE else one for one in said], "over_limit", "more than"),
        (lambda said: [*said, SETTLE], "twice", "settled after it was settled"),
        (lambda said: [*said, VoidPayment(PAYMENT, "c", "v/d", "MS03", "simulated")], "twice", "voided after"),
        (lambda said: said[:5], "unfinished", "reserved and has no end"),
        (lambda said: [one for one in said if one is not ASKED], "lost", "never found"),
        (lambda said: said[:3], "lost", "nobody decided"),
        (lambda said: said[:-1], "untold", "ACSP"),
        (lambda said: [*said, replace(REFUSE, reason="nope")], "untold", "no reason of ISO 20022"),
        (lambda said: [*said, REFUSE], "untold", "its device was told None"),
    ],
)
def test_a_ledger_that_went_wrong_is_seen(change: Callable[[list[Said]], list[Said]], what: str, sentence: str) -> None:
    """Each in its own list."""
    assert any(sentence in one for one in getattr(_judged(change(SOUND)), what))


@pytest.mark.parametrize(
    ("changes", "off"),
    [
        ({"executed": {}}, 20),
        ({"executed": {short_name(instruction_id(PAYMENT)): 20, "what nobody asked for": 7}}, 7),
    ],
)
def test_the_bank_s_books_are_held_against_ours(changes: dict[str, Any], off: int) -> None:
    """Paid and not booked, booked and not paid."""
    assert _judged(SOUND, **changes).unbalanced == off


DENIED: list[Said] = [
    *GIVEN, ASKED, RESERVE, BANK,
    BankAnswered(instruction_id(PAYMENT), 1, "RJCT", "simulated", "MS03"),
    VoidPayment(PAYMENT, "c", "v/d", "MS03", "simulated"), PAID,
    EscalatePayment(PAYMENT, "c", "contradiction", "the bank says ACSC after RJCT", "simulated"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "lied", "off"), [(DENIED, True, 0), (DENIED[:-1], True, 20), (DENIED, False, 20)])
def test_a_bank_that_denies_what_it_did_is_a_person_s(said: list[Said], lied: bool, off: int) -> None:  # noqa: FBT001
    """Found by seed 34: said out of its turn while nobody was there to hear. Only where it really did so, and a person knows."""
    name = short_name(instruction_id(PAYMENT))
    book = Book()
    book.book(Transfer("in", "bank/EUR", "purse/c/EUR", 100))
    record = MoneyRecord({EVENT: PAYMENT}, {PAYMENT: ("CANC", "MS03")}, {name: 20}, {name} if lied else set())
    assert judge_money(_rows(said), book, record).unbalanced == off


def test_a_top_up_that_was_booked_before_the_bank_denied_it_stands_in_both_books() -> None:
    """Found by seed 21: what we booked is held against what the bank did, whatever it says of it afterwards."""
    top = InstructBank("top/c/1", instruction_id("top/c/1"), 1, "DD", "c", "", 30, "EUR", "simulated")
    came = MoneyArrived("c", 30, "EUR", "top", "simulated", top.instruction)
    denied = BankAnswered(top.instruction, 1, "RJCT", "simulated", "MS03")
    told = EscalatePayment("top/c/1", "c", "contradiction", "the bank says RJCT after ACSC", "simulated")
    book = Book()
    for transfer in (Transfer("in", "bank/EUR", "purse/c/EUR", 100), Transfer("top", "bank/EUR", "purse/c/EUR", 30)):
        book.book(transfer)
    name = short_name(top.instruction)
    record = MoneyRecord({}, {}, {name: 30}, {name})
    assert judge_money(_rows([*GIVEN, top, came, denied, told]), book, record).unbalanced == 0


def test_what_the_bank_had_otherwise_is_seen() -> None:
    """An order that came with another content under the same name would be paid twice elsewhere."""
    assert _judged(SOUND, otherwise=["x"]).twice == ("the bank had x otherwise before",)


def test_the_same_seed_pays_alike() -> None:
    """Everything that seldom happens has its turn, and so has whatever a customer does."""
    plans = [draw_money(7, number) for number in range(len(HowAsked))]
    assert plans == [draw_money(7, number) for number in range(len(HowAsked))]
    assert plans != [draw_money(8, number) for number in range(len(HowAsked))]
    assert {one.how for plan in plans for one in plan.asks} == set(HowAsked)
    assert {one.what for plan in plans for one in plan.deeds} == set(CustomerDoes)
    assert all(len(plan.asks) == ASKS for plan in plans)


class _Line:
    """An uplink that keeps what goes up."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    def open(self, last_will: Outgoing) -> None:
        """Nothing is kept of it."""

    def send(self, outgoing: Outgoing) -> None:
        """Keep it."""
        self.sent.append(outgoing)

    def cut(self) -> None:
        """Nothing is lost."""


def test_every_kind_that_pays_pays_in_the_campaign() -> None:
    """And whatever way it asks, its events and their payments are known."""
    record = MoneyRecord()
    payers = ChaosPayers("chaos", record, Chronicle())
    paying = {kind for kind in KINDS if platform(kind, "payer", "PAYER", PayerKind) is not None}
    assert {one.kind for one in payers.all} == paying
    assert len(payers.all) == EACH * len(paying)
    line = _Line()
    payer = payers.of(0)
    payer.device.uplink = line
    payer.device.go_online(AT)
    for how in HowAsked:
        payers.ask(PlannedAsk(0.0, 0, how, 500))
    keys = [one.key for one in line.sent if one.key is not None]
    assert len(keys) == len(HowAsked) + 2  # two of them ask twice
    assert len(list(payers.left())) == 2 * len(keys)
    for key in keys:
        payers.acknowledged(key)
    assert set(record.acknowledged) == set(keys)
    assert len(set(record.acknowledged.values())) == len(HowAsked) - 1  # under the name of another
