"""Whether a device may pay: by which mandate, and what speaks against it, in the words of ISO 20022. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dispatch.core.purse.actions import AskedFor
from dispatch.core.purse.given import Given
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.said import explained_in
from dispatch.core.purse.unusual import Odd, before_paying
from gateway.finding import PaymentAsk


class Refusal(NamedTuple):
    """Why it is not paid: an ISO 20022 reason, and more of it in words."""

    reason: str
    detail: str


class Verdict(NamedTuple):
    """How a payment is judged: refused; or to be confirmed, and why; or neither, and paid by a mandate."""

    given: Given | None = None
    refusal: Refusal | None = None
    ask: AskedFor | None = None
    detail: str = ""
    exempt: bool = False
    odd: Odd | None = None


def refused(reason: str) -> Verdict:
    """Judge that it is not paid, for a reason that says all there is to say."""
    return Verdict(refusal=Refusal(reason, ""))


def judge(purse: Purse, ask: PaymentAsk, now: float) -> Verdict:
    """Judge what a device asks for; ``purse`` is only read."""
    if ask.objection:
        return Verdict(refusal=Refusal(ask.objection, ask.objection_says))
    if ask.amount < 1:
        return refused("AM01" if ask.amount == 0 else "AM12")
    given, why_not = _fitting(purse, ask, now)
    if given is None:
        return Verdict(refusal=why_not)
    if purse.available(ask.customer, ask.currency) < ask.amount:
        return Verdict(given, Refusal("AM04", "there is not so much in the purse"))
    return _silently(purse, given, ask, now)


def _silently(purse: Purse, given: Given, ask: PaymentAsk, now: float) -> Verdict:
    """Judge whether what is there and agreed to is paid without a word of the customer."""
    if over := over_limit(given, ask.amount, now):
        return Verdict(given, ask="over_limit", detail=over)
    if odd := before_paying(purse.habits, ask, now):
        return _unusual(purse, given, odd, now)
    if given.strong and given.mandate.names(ask.payee):
        return Verdict(given)  # on the customer's own list of trusted payees: RTS Art. 13
    if purse.exemptions.exempts(ask.customer, ask.amount, ask.currency):
        return Verdict(given, exempt=True)
    return Verdict(given, ask="strong_authentication", detail="more than goes without strong authentication")


def _unusual(purse: Purse, given: Given, odd: Odd, now: float) -> Verdict:
    """Have the customer say whether it is wanted; whom they were asked about that often today, nobody is."""
    explained = explained_in(odd, "en")
    if purse.questions.asks_too_much(given.mandate.customer, now):
        return Verdict(refusal=Refusal("SL01", f"{explained}; the customer was asked about others like it today"))
    return Verdict(given, ask="unusual", detail=explained, odd=odd)


def over_limit(given: Given, amount: int, now: float) -> str:
    """Say which limit a payment is over; empty: none."""
    if amount > given.mandate.per_payment:
        return "more than was agreed for one payment"
    for limit, left in given.left(now):
        if amount > left:
            return f"more than is left of what was agreed for a {limit.period.value.lower()}"
    return ""


def _fitting(purse: Purse, ask: PaymentAsk, now: float) -> tuple[Given | None, Refusal | None]:
    """Return the mandate that a payment goes by, or why there is none: what speaks against the one that is nearest to it."""
    if ask.mandate:
        known = purse.given.get(ask.mandate)
        mine = [known] if known is not None and _is_theirs(known, ask) else []
    else:
        mine = purse.given.of_device(ask.customer, ask.device)
    found = [(step, refusal, one) for one in mine for step, refusal in [_against(one, ask, now)]]
    fits = [one for _, refusal, one in found if refusal is None]
    if fits:
        return _best(fits, ask, now), None
    _, nearest, _ = max(found, key=lambda one: one[0], default=(0, None, None))
    return None, nearest or Refusal("MD01", "the customer has given no such mandate")


def _is_theirs(given: Given, ask: PaymentAsk) -> bool:
    return (given.mandate.customer, given.mandate.device) == (ask.customer, ask.device)


def _best(fits: Iterable[Given], ask: PaymentAsk, now: float) -> Given:
    """Return one whose limits hold, if any; that names the payee; that was given first."""
    return min(fits, key=lambda one: (bool(over_limit(one, ask.amount, now)), not one.mandate.names(ask.payee)))


def _against(given: Given, ask: PaymentAsk, now: float) -> tuple[int, Refusal | None]:
    """Return how far a mandate goes along with a payment, and what speaks against it; ``None``: nothing."""
    for step, check in enumerate(_CHECKS):
        refusal = check(given, ask, now)
        if refusal is not None:
            return step, refusal
    return len(_CHECKS), None


def _purpose(given: Given, ask: PaymentAsk, _: float) -> Refusal | None:
    if given.mandate.category == ask.category:
        return None
    return Refusal("MD01", f"the mandate is for {given.mandate.category}, not for {ask.category}")


def _state(given: Given, _: PaymentAsk, now: float) -> Refusal | None:
    if given.state != "active":
        return Refusal("MD01", f"the mandate is {given.state}")
    if given.ended(now):
        return Refusal("MD01", "the mandate has run out")
    return None if given.holds(now) else Refusal("MD01", "the mandate has not begun")


def _key(given: Given, ask: PaymentAsk, _: float) -> Refusal | None:
    if not given.mandate.key or given.mandate.key == ask.key_thumbprint:
        return None
    if not ask.key_thumbprint:
        return Refusal("DS0A", "the mandate asks for a signature")
    return Refusal("DS0H", "the mandate is bound to another key")


def _currency(given: Given, ask: PaymentAsk, _: float) -> Refusal | None:
    if given.mandate.currency == ask.currency:
        return None
    return Refusal("AM03", f"the mandate is in {given.mandate.currency}, not in {ask.currency}")


def _payee(given: Given, ask: PaymentAsk, _: float) -> Refusal | None:
    return None if given.mandate.lets(ask.payee) else Refusal("SL11", "the mandate names other payees")


_CHECKS: tuple[Callable[[Given, PaymentAsk, float], Refusal | None], ...] = (
    _purpose, _state, _key, _currency, _payee,
)  # fmt: skip
"""In the order in which it is said what speaks against a mandate: the last one reached is the nearest to a payment."""
