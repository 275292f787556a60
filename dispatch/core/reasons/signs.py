"""What the desk knows of somebody at the moment they turn to us, sign by sign. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dispatch.core.case import Case, Request
from dispatch.core.conversation.talk import Talk
from dispatch.core.invitations.struggling import Struggling
from dispatch.core.purse.given import Given
from dispatch.core.purse.payments import Payment, PaymentState
from dispatch.core.reasons.model import Sign
from dispatch.core.transitions import HelpState
from gateway.finding import Domain, Help

FRESH_S = 15 * 60.0
STRUGGLED_S = 3_600.0
REFUSED_S, WROTE_S = 3 * 3_600.0, 3 * 3_600.0
PAID_S = 2 * 86_400.0
ENDS_S = 7 * 86_400.0
LITTLE_LEFT = 0.2
OF_MANDATES = frozenset({"MD01", "MD02", "SL11"})
"""ISO 20022 status reasons: there is no mandate, it says something else, or it names other payees."""
_LOOKED_FOR = {HelpState.ASKING, HelpState.WAITING, HelpState.OFFERED}
_COMES = {HelpState.PROMISED, HelpState.CONTRACTED}
_THERE = {HelpState.ON_SCENE, HelpState.TOO_LATE, HelpState.DONE}
_PAID = {PaymentState.SETTLED, PaymentState.UPHELD, PaymentState.DISPUTED}
_NOT_PAID = {PaymentState.REFUSED, PaymentState.VOIDED}


@dataclass(frozen=True, slots=True)
class Theirs:
    """What there is of a customer. Nothing of it is changed."""

    cases: Sequence[Case] = ()
    """Open ones."""
    struggles: Sequence[Struggling] = ()
    payments: Iterable[Payment] = ()
    mandates: Sequence[Given] = ()
    money_asked: bool = False
    """They were asked about money, and have not answered."""
    talk: Talk | None = None
    rang_before: bool = False
    spoke_lately: bool = False
    """They turned to us within the day, and an agent said what it was about."""
    menu: bool = False
    writes: bool = False


def signs_of(theirs: Theirs, now: float) -> tuple[Sign, ...]:
    """Return what holds ``now``, POSIX seconds, in the order of ``Sign``."""
    found = set(_all(theirs, now))
    known = found - {Sign.MENU, Sign.WRITES, Sign.RANG_BEFORE, Sign.SPOKE_LATELY}
    return tuple(sign for sign in Sign if sign in found or (sign is Sign.NOTHING and not known))


def _all(theirs: Theirs, now: float) -> Iterator[Sign]:
    for case in theirs.cases:
        yield from _of_case(case, now)
    yield from _of_money(theirs, now)
    if any(_struggles(one, now) for one in theirs.struggles):
        yield Sign.STRUGGLES
    yield from _of_contact(theirs, now)


def _of_contact(theirs: Theirs, now: float) -> Iterator[Sign]:
    if theirs.talk is not None and any(now - at < WROTE_S for at in theirs.talk.unasked):
        yield Sign.WRITTEN
    if theirs.rang_before:
        yield Sign.RANG_BEFORE
    if theirs.spoke_lately:
        yield Sign.SPOKE_LATELY
    if theirs.menu:
        yield Sign.MENU
    if theirs.writes:
        yield Sign.WRITES


def _of_case(case: Case, now: float) -> Iterator[Sign]:
    if case.informed and not case.in_writing and case.spoke_with:
        yield Sign.TOLD
    else:
        yield Sign.SHOWN if case.notices or case.written else Sign.UNTOLD
    if case.needs_answer:
        yield Sign.ASKED
    if case.recovered:
        yield Sign.RECOVERED
    if case.finding.domain is Domain.PAYMENT:
        yield Sign.MONEY_CASE
    if case.is_waiting:
        yield Sign.WAITS
    if now - case.opened_at < FRESH_S:
        yield Sign.FRESH
    yield from _of_truck(case, now)
    yield from _of_order(case, now)
    if case.booking is not None and case.booking.settled and case.booking.at is not None:
        yield Sign.SLOT


def _of_truck(case: Case, now: float) -> Iterator[Sign]:
    late = case.eta is not None and (now > case.eta or (case.promised_eta is not None and now > case.promised_eta))
    if case.help in _LOOKED_FOR:
        yield Sign.SOUGHT
    elif case.help in _COMES:
        yield Sign.LATE if late else Sign.COMING
    elif case.help in _THERE:
        yield Sign.THERE


def _of_order(case: Case, now: float) -> Iterator[Sign]:
    order = case.order
    if order is None or order.contractor:
        return
    if case.remedy.help is Help.SUPPLIES:
        yield Sign.GOODS_LATE if _is_late(order, now) else Sign.GOODS
    elif order.fulfilled:
        yield Sign.THERE
    elif order.settled and order.at is not None:
        yield Sign.SLOT
        yield Sign.LATE if _is_late(order, now) else Sign.COMING
    elif not order.settled:
        yield Sign.SOUGHT


def _is_late(order: Request, now: float) -> bool:
    return order.at is not None and now > order.at and not order.fulfilled


def _of_money(theirs: Theirs, now: float) -> Iterator[Sign]:
    for payment in theirs.payments:
        if payment.case is not None:
            continue
        if payment.state in _NOT_PAID and now - payment.asked_at < REFUSED_S:
            yield Sign.NOT_ALLOWED if payment.reason in OF_MANDATES else Sign.REFUSED_LATELY
        elif payment.state in _PAID and now - payment.settled_at < PAID_S:
            yield Sign.PAID_LATELY
        if payment.state is PaymentState.DISPUTED:
            yield Sign.DISPUTED
        elif payment.state is PaymentState.CONFIRMING:
            yield Sign.MONEY_ASKED
    if theirs.money_asked:
        yield Sign.MONEY_ASKED
    if any(_is_tight(one, now) for one in theirs.mandates):
        yield Sign.TIGHT


def _is_tight(one: Given, now: float) -> bool:
    """May it fail soon: it is suspended, ends, or little of a limit is left?"""
    if one.state == "revoked" or one.ended(now):
        return False
    ends = one.mandate.valid_to is not None and one.mandate.valid_to - now < ENDS_S
    return one.state == "suspended" or ends or any(left < LITTLE_LEFT * limit.amount for limit, left in one.left(now))


def _struggles(one: Struggling, now: float) -> bool:
    return now - max(one.since, one.struggle.at) < STRUGGLED_S and one.over != "done"
