"""How what a customer asks a robot for stands, in their language: only what the desk itself knows is said. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatch.core.case import Case
from dispatch.core.purse.given import Given
from dispatch.core.purse.money import as_text
from dispatch.core.robots.model import Cue, Wish
from dispatch.core.transitions import HelpState
from dispatch.core.written import arrival
from dispatch.words import say
from dispatch.words.amounts import amount_in
from dispatch.words.parts import SOUGHT, goods
from gateway.finding import Drive, Help

LATE_S = 60.0
"""What should have been there so long ago is late: why, nobody knows, and a person finds out."""
MANY = 3
"""So many customers who wait for the same to pass are told of as others [fit]."""
MOST_MANDATES = 4
_HOURS_FROM_S, _DAYS_FROM_S, _HOUR_S, _DAY_S = 90 * 60.0, 36 * 3_600.0, 3_600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class HowItStands:
    """How it stands. ``cue``: known, open (something can be done), or unknown."""

    cue: Cue
    stands: str = ""
    case: Case | None = None


_UNKNOWN = HowItStands(Cue.UNKNOWN)


@dataclass(frozen=True, slots=True)
class RobotCustomer:
    """Who asks: what is open of theirs, the oldest first, and what their devices may pay."""

    cases: Sequence[Case]
    mandates: Sequence[Given]
    others_wait: int
    """Other customers of whom all that is to be done is to wait."""
    may_be_linked: bool
    """Can they be sent a link to where they are registered?"""
    language: str
    now: float


def fact(wish: Wish, asked: RobotCustomer) -> HowItStands:
    """Return how what is wished for stands."""
    return _FACTS[wish](asked)


def must_not_drive(cases: Iterable[Case]) -> bool:
    """Must a car not be driven on of which nobody knows whether it stands, or whether they know it?"""
    return any(_drives_on(case) for case in cases)


def _drives_on(case: Case) -> bool:
    return case.finding.drive is Drive.STOP_NOW and not (case.has_stopped or case.informed)


def _eta(asked: RobotCustomer) -> HowItStands:
    for case in reversed(asked.cases):
        stands = _who_comes(case, asked)
        if stands is not None:
            return HowItStands(Cue.KNOWN if stands else Cue.UNKNOWN, stands, case)
    return _UNKNOWN


def _who_comes(case: Case, asked: RobotCustomer) -> str | None:
    """Return when somebody is there; empty: nobody knows, they are late; ``None``: nobody comes about this."""
    if case.help in {HelpState.WAITING, HelpState.OFFERED}:
        return say("help_finding", asked.language)
    if case.help is HelpState.PROMISED:
        late = case.eta is None or asked.now > case.eta + LATE_S
        return "" if late else arrival(case, asked.now, asked.language)
    if case.help is HelpState.ON_SCENE:
        return say("help_there", asked.language)
    return _ordered(case, asked) if case.remedy.help is Help.TECHNICIAN else None


def _order(asked: RobotCustomer) -> HowItStands:
    for case in reversed(asked.cases):
        stands = _ordered(case, asked)
        if stands is not None:
            return HowItStands(Cue.KNOWN if stands else Cue.UNKNOWN, stands, case)
    return _UNKNOWN


def _ordered(case: Case, asked: RobotCustomer) -> str | None:
    """Return how an order stands; empty: it came to nothing, or is late; ``None``: nothing is ordered."""
    order = case.order
    if order is None or not order.asked or case.remedy.help not in _ORDERED:
        return None
    visit = case.remedy.help is Help.TECHNICIAN
    if order.fulfilled:
        return say("visit_done" if visit else "goods_done", asked.language)
    if not order.settled:
        return say(SOUGHT[case.remedy.help], asked.language)
    if order.at is None or asked.now > order.at + LATE_S:
        return ""
    return say("visit_at" if visit else "goods_at", asked.language, when=_when(order.at, asked))


_ORDERED = {Help.SUPPLIES, Help.TECHNICIAN}


def _limits(asked: RobotCustomer) -> HowItStands:
    held = [one for one in asked.mandates if one.holds(asked.now)][-MOST_MANDATES:]
    stands = " ".join(_limit(one, asked) for one in held) or say("page_m_none", asked.language)
    return HowItStands(Cue.KNOWN, stands)


def _limit(given: Given, asked: RobotCustomer) -> str:
    mandate, language = given.mandate, asked.language

    def amount(minor: int) -> str:
        return amount_in(as_text(minor, mandate.currency), mandate.currency, language)

    amounts = [say("page_m_once", language, amount=amount(mandate.per_payment))]
    for limit, left in given.left(asked.now):
        amounts.append(say(f"page_m_in_{limit.period}", language, amount=amount(limit.amount)))
        amounts.append(say("robot_left", language, amount=amount(max(0, left))))
    return say(
        "robot_limit", language, what=say(f"page_m_for_{mandate.category}", language), amounts=", ".join(amounts)
    )


def _outage(asked: RobotCustomer) -> HowItStands:
    mine = next((case for case in reversed(asked.cases) if case.finding.remedy.help is Help.WAIT), None)
    if mine is not None or asked.others_wait >= MANY:
        return HowItStands(Cue.KNOWN, say("robot_outage_yes", asked.language), mine)
    return HowItStands(Cue.KNOWN, say("robot_outage_no", asked.language))


def _booking(asked: RobotCustomer) -> HowItStands:
    """A car that a truck has on it goes where it goes: its appointment is moved by a person."""
    for case in reversed(asked.cases):
        booking = case.booking
        if booking is None or booking.too_late or case.help is HelpState.ON_SCENE:
            continue
        if not booking.settled:
            return HowItStands(Cue.KNOWN, say("booking_asked", asked.language), case)
        if booking.at is not None and booking.at > asked.now:
            return HowItStands(Cue.OPEN, say("booking_made", asked.language, when=_when(booking.at, asked)), case)
    return _UNKNOWN


def _stock(asked: RobotCustomer) -> HowItStands:
    low = [case for case in asked.cases if case.remedy.help is Help.SUPPLIES]
    if not low:
        return HowItStands(Cue.KNOWN, say("robot_stock_enough", asked.language))
    case = low[-1]
    runs_low = say("low_stock", asked.language, name=goods(case.finding))
    ordered = _ordered(case, asked)
    return HowItStands(Cue.KNOWN, f"{runs_low} {ordered}", case) if ordered else HowItStands(Cue.UNKNOWN, case=case)


def _password(asked: RobotCustomer) -> HowItStands:
    return HowItStands(Cue.OPEN, say("robot_link_sent", asked.language)) if asked.may_be_linked else _UNKNOWN


_FACTS = {
    Wish.ETA: _eta,
    Wish.ORDER: _order,
    Wish.LIMITS: _limits,
    Wish.OUTAGE: _outage,
    Wish.BOOKING: _booking,
    Wish.STOCK: _stock,
    Wish.PASSWORD: _password,
}


def _when(at: float, asked: RobotCustomer) -> str:
    """Say in how long something is: true whatever clock hangs on their wall."""
    left = max(0.0, at - asked.now)
    if left < _HOURS_FROM_S:
        return say("robot_in_minutes", asked.language, minutes=max(1, round(left / 60)))
    if left < _DAYS_FROM_S:
        return say("robot_in_hours", asked.language, hours=round(left / _HOUR_S))
    return say("robot_in_days", asked.language, days=round(left / _DAY_S))
