"""What a customer sees of their money: what waits for their word, what devices may pay, what they paid, what will be due. Pure.

Sums are decimal strings of their currency, times POSIX seconds; sentences and their formats are made by who shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from dispatch.core.ids import is_stranger
from dispatch.core.purse.actions import AskedFor
from dispatch.core.purse.coming import coming
from dispatch.core.purse.expected import AHEAD_S, DAY_S, Due, ExpectedPayment, Source
from dispatch.core.purse.given import Given
from dispatch.core.purse.mandate import Alignment, Category, Mandate, Period
from dispatch.core.purse.money import as_text
from dispatch.core.purse.payments import PaymentState
from dispatch.core.purse.periods import window
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.questions import Question
from dispatch.core.purse.said import explained_in, named_by_device
from dispatch.core.purse.unusual import What
from dispatch.ledger.personal import ERASED
from dispatch.views.purse import MandateView, PaymentView, PurseView
from gateway.contract.payments import REASONS
from gateway.devices.registry import DeviceRecord

WEEK_S = 7 * DAY_S
SHOWN_PAYMENTS = 60
"""So many of a week are shown at most, the last ones."""
Why = Literal[
    "",
    "mandate",
    "payee",
    "currency",
    "key",
    "amount",
    "balance",
    "limit",
    "unusual",
    "strong",
    "said_no",
    "no_answer",
    "called_off",
    "again",
    "bank",
]
"""Why it is not paid, for people: what ``reason`` says in the words of ISO 20022."""
_WHY: dict[str, Why] = {
    "MD01": "mandate",
    "SL11": "payee",
    "AM03": "currency",
    "CURR": "currency",
    "DS0A": "key",
    "DS0B": "key",
    "DS0H": "key",
    "DS18": "key",
    "TKXP": "key",
    "AM01": "amount",
    "AM12": "amount",
    "CH20": "amount",
    "AM04": "balance",
    "AM14": "limit",
    "SL01": "unusual",
    "DS19": "strong",
    "CUST": "said_no",
    "DS24": "no_answer",
    "DS02": "called_off",
    "DU04": "again",
}
_PAID = {PaymentState.SETTLED, PaymentState.DISPUTED, PaymentState.UPHELD}
_NEVER_PAID = {PaymentState.ASKED, PaymentState.CONFIRMING, PaymentState.REFUSED}


@dataclass(frozen=True, slots=True)
class PayingDevice:
    """A device of theirs."""

    device: str
    kind: str
    called: str
    """Model and plate, as far as they are registered; its own name, where another is called the same."""


@dataclass(frozen=True, slots=True)
class OwnPayee:
    """Who may be paid."""

    payee: str
    name: str


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """How much in a period, and how much of it is used."""

    period: Period
    alignment: Alignment
    amount: str
    allowed: str
    """In the period that it is: less than ``amount`` where the calendar's first is cut short."""
    used: str
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class OwnMandate:
    """What a device may pay."""

    mandate: str
    device: PayingDevice | None
    """``None``: the house itself, for the customer."""
    payees: tuple[OwnPayee, ...]
    """Empty: whoever does what it is for."""
    category: Category
    currency: str
    per_payment: str
    limits: tuple[OwnLimit, ...]
    valid_from: float
    valid_to: float | None
    time_zone: str
    state: Literal["active", "suspended", "revoked", "over", "to_come"]
    strong: bool


@dataclass(frozen=True, slots=True)
class OwnPayment:
    """A payment."""

    payment: str
    device: PayingDevice | None
    payee: str
    """By name, where their own list has one."""
    category: Category
    amount: str
    currency: str
    words: str
    state: PaymentState
    why: Why
    reason: str
    """ISO 20022 status reason, where it is not paid."""
    reason_words: str
    detail: str
    at: float
    asked_for: AskedFor | Literal[""]
    until: float
    dispute: str
    decision: str
    may_dispute: bool
    at_most: bool = False
    """No more than the amount is set aside; what is paid of it is told when it is known."""


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of money."""

    currency: str
    amount: str


@dataclass(frozen=True, slots=True)
class OwnDue:
    """What will be due, and whether it may fail."""

    device: PayingDevice | None
    payee: str
    category: Category
    amount: str
    currency: str
    at: float
    fails: Literal["", "purse", "limit", "mandate"]
    short: str
    """What will be missing in the purse; empty: nothing."""
    source: Source = "habit"


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """Something that looks unusual to us, and that they have not answered."""

    ref: str
    what: What
    words: str
    """In their language; names stand apart (U+2068, U+2069)."""
    device: PayingDevice | None
    payments: tuple[OwnPayment, ...]
    """The last ones that it is about, as far as they are shown yet, the newest last."""
    asked_at: float


@dataclass(frozen=True, slots=True)
class OwnMoney:
    """All of it."""

    balances: tuple[Sum, ...]
    waiting: tuple[OwnPayment, ...]
    """What waits for their word, the most urgent first."""
    mandates: tuple[OwnMandate, ...]
    payments: tuple[OwnPayment, ...]
    """Of a week, and what is disputed; the newest first."""
    week: tuple[Sum, ...]
    """What was paid in that week."""
    due: tuple[OwnDue, ...]
    devices: tuple[PayingDevice, ...]
    """Which they can let pay."""
    questions: tuple[OwnQuestion, ...] = ()
    """What they were asked about what is paid for long, the oldest first."""


class MoneyReader(NamedTuple):
    """Whose money, as of when (POSIX seconds), and what is known of it beyond the ledger's rows."""

    customer: str
    view: PurseView
    purse: Purse
    devices: Sequence[DeviceRecord]
    now: float
    language: str
    """They are spoken to in."""


def own_money(reader: MoneyReader) -> OwnMoney:
    """Return what a customer sees."""
    if is_stranger(reader.customer):
        return OwnMoney((), (), (), (), (), (), ())
    payments = [*reader.view.payments.values()]
    waiting = sorted((one for one in payments if one.state is PaymentState.CONFIRMING), key=lambda one: one.until)
    lately = [one for one in payments if reader.now - one.asked_at <= WEEK_S or one.state is PaymentState.DISPUTED]
    return OwnMoney(
        tuple(_sums({one: reader.purse.available(reader.customer, one) for one in _currencies(reader)})),
        tuple(_payment(reader, one) for one in waiting),
        tuple(_mandate(reader, one) for one in reader.view.mandates.values()),
        tuple(_payment(reader, one) for one in reversed(lately[-SHOWN_PAYMENTS:])),
        tuple(_sums(_spent(lately, reader.now))),
        tuple(_due(reader, one) for one in coming(reader.purse, reader.customer, reader.now, reader.now + AHEAD_S)),
        tuple(_device(reader, one) for one in reader.devices),
        tuple(_question(reader, one) for one in reader.purse.questions.asked_of(reader.customer)),
    )


def _question(reader: MoneyReader, one: Question) -> OwnQuestion:
    device = one.habit[1]
    mine = (reader.view.payments.get(name) for name in one.payments)
    return OwnQuestion(
        one.ref,
        one.odd.what,
        question_words(reader.view, one, reader.language),
        device_of(reader, device),
        tuple(_payment(reader, payment) for payment in mine if payment is not None),
        one.asked_at,
    )


def question_words(view: PurseView, one: Question, language: str) -> str:
    """Say what is unusual and what is usual, payees as their own list has them, each apart from what stands around it."""
    odd, payee = one.odd, _apart(payee_of(view, one.odd.payee))
    if odd.what == "two_payees":
        odd = replace(odd, usual=_apart(payee_of(view, odd.usual)))
    return explained_in(odd, language, payee)


def _apart(name: str) -> str:
    return f"\u2068{name}\u2069"


def _currencies(reader: MoneyReader) -> list[str]:
    """Return what their money is in: not what some device asked for and did not get."""
    mine = [one.mandate.currency for one in reader.view.mandates.values()]
    paid = [one.currency for one in reader.view.payments.values() if one.state not in _NEVER_PAID]
    return [*dict.fromkeys([*mine, *paid])]


def _sums(sums: dict[str, int]) -> Iterator[Sum]:
    for currency, amount in sums.items():
        yield Sum(currency, as_text(amount, currency))


def _spent(payments: list[PaymentView], now: float) -> dict[str, int]:
    spent: dict[str, int] = {}
    for one in payments:
        if one.state in _PAID and now - one.settled_at <= WEEK_S:
            spent[one.currency] = spent.get(one.currency, 0) + one.amount
    return spent


def _mandate(reader: MoneyReader, view: MandateView) -> OwnMandate:
    mandate = view.mandate
    given = reader.purse.given.get(mandate.mandate) or Given(mandate)
    return OwnMandate(
        mandate.mandate,
        device_of(reader, mandate.device),
        tuple(OwnPayee(one.payee, "" if one.name == ERASED else one.name) for one in mandate.payees),
        mandate.category,
        mandate.currency,
        as_text(mandate.per_payment, mandate.currency),
        tuple(_limits(mandate, given, reader.now)),
        mandate.valid_from,
        mandate.valid_to,
        mandate.zone,
        _standing(view, reader.now),
        view.strong,
    )


def _standing(view: MandateView, now: float) -> Literal["active", "suspended", "revoked", "over", "to_come"]:
    if view.state == "revoked":
        return "revoked"
    if view.ended(now):
        return "over"
    return "to_come" if view.state == "active" and now < view.mandate.valid_from else view.state


def _limits(mandate: Mandate, given: Given, now: float) -> Iterator[OwnLimit]:
    at = max(now, mandate.valid_from)
    for limit, left in given.left(at):
        frame = window(limit, mandate.valid_from, mandate.zone, at)
        allowed, used = as_text(frame.amount, mandate.currency), as_text(frame.amount - left, mandate.currency)
        amount = as_text(limit.amount, mandate.currency)
        yield OwnLimit(limit.period, limit.alignment, amount, allowed, used, frame.begin, frame.end)


def _payment(reader: MoneyReader, one: PaymentView) -> OwnPayment:
    return OwnPayment(
        one.payment,
        device_of(reader, one.device),
        payee_of(reader.view, one.payee),
        one.category,
        as_text(one.amount, one.currency),
        one.currency,
        one.words,
        one.state,
        _WHY.get(one.reason, "bank") if one.reason else "",
        one.reason,
        REASONS.get(one.reason, ""),
        one.detail,
        one.asked_at,
        one.asked_for,
        one.until,
        one.dispute,
        one.decision,
        not one.dispute and one.state in {PaymentState.SETTLED, PaymentState.RESERVED},
        one.most > 0,
    )


def payee_of(view: PurseView, payee: str) -> str:
    """Return who is paid, by the name that their own list has, else by what a device of theirs said last."""
    names = (one.name for given in view.mandates.values() for one in given.mandate.payees if one.payee == payee)
    told = (one.payee_name for one in reversed(view.payments.values()) if one.payee == payee)
    return _known(names) or named_by_device(payee, _known(told))


def _known(names: Iterable[str]) -> str:
    return next((name for name in names if name and name != ERASED), "")


def device_of(reader: MoneyReader, device: str) -> PayingDevice | None:
    """Return a device as it is shown; ``None``: the house itself."""
    if not device:
        return None
    known = next((one for one in reader.devices if one.device == device), None)
    return _device(reader, known) if known is not None else PayingDevice(device, "", "")


def _device(reader: MoneyReader, one: DeviceRecord) -> PayingDevice:
    """Return a device with what it is called; of two that are called alike, with its own name."""
    called = _called(one)
    alike = sum((known.kind, _called(known)) == (one.kind, called) for known in reader.devices)
    own = [one.device.rpartition("/")[2]] if alike > 1 else []
    return PayingDevice(one.device, one.kind, " ".join([*called.split(), *own]))


def _called(one: DeviceRecord) -> str:
    return " ".join([*one.model.split(), *one.plate.split()])


def _due(reader: MoneyReader, one: Due) -> OwnDue:
    found: ExpectedPayment = one.expected
    return OwnDue(
        device_of(reader, found.device),
        payee_of(reader.view, found.payee),
        found.category,
        as_text(found.amount, found.currency),
        found.currency,
        found.at,
        one.fails,
        as_text(one.short, found.currency) if one.short else "",
        found.source,
    )
