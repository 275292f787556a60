"""What the agent sees when a call comes: who, what broke, where, what is already on its way, what to say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dispatch.casebook import Casebook, CaseView
from dispatch.customers import Customer, Customers
from dispatch.timeline import TimelineLine, clock
from gateway.finding import Domain, Drive, Finding, Help, Place


@dataclass(frozen=True, slots=True)
class Brief:
    """One call, ready to be made or answered."""

    call: str
    attempt: int
    direction: str
    case: str | None
    customer: Customer | None
    provenance: str
    due: float
    """By when it should be connected, POSIX seconds."""
    headline: str
    """One line: what this call is about."""
    broke: str
    """The part and how sure we are."""
    why: tuple[str, ...]
    where: str
    place: Place | None
    ask_where: bool
    """Nobody was sent because we do not know well enough where it is: ask, and tell us with the outcome."""
    on_the_way: tuple[str, ...]
    """What was done already and when it arrives."""
    say: tuple[str, ...]
    """What to tell the customer, in this order."""
    timeline: tuple[TimelineLine, ...]


def brief_of(
    casebook: Casebook, call: str, customers: Customers, address_of: Callable[[Finding], str] = lambda _: ""
) -> Brief:
    """Compose the brief of a call. Raises ``KeyError`` for a call nobody queued.

    ``address_of``: the street address of a finding's place, where it is known.
    """
    view = casebook.calls[call]
    case = casebook.case_for(view)
    customer = customers.get(view.customer)
    head = (view.call, view.attempt, view.direction, case.case if case else None, customer, view.provenance, view.due)
    if case is None:
        ask = "We know of nothing that broke. Ask what happened and where."
        return Brief(
            *head,
            "A customer rings in",
            "nothing known",
            (),
            "",
            None,
            ask_where=True,
            on_the_way=(),
            say=(ask,),
            timeline=(),
        )
    finding = case.finding
    ask_where = finding.remedy.help in {Help.ROADSIDE, Help.TOW} and case.help is None
    return Brief(
        *head,
        headline=f"{finding.name}{', ' + finding.near if finding.near else ''}",
        broke=f"{finding.name}, {finding.probability:.0%} sure",
        why=finding.why,
        where=_where(case, casebook.last_at, address_of(finding)),
        place=finding.place,
        ask_where=ask_where,
        on_the_way=tuple(_on_the_way(case)),
        say=tuple(_say(case, ask_where=ask_where)),
        timeline=tuple(casebook.timeline(case.case)),
    )


def _where(case: CaseView, now: float, address: str) -> str:
    place = case.finding.place
    if place is None:
        return "not known; please ask" if case.finding.domain is Domain.VEHICLE else ""
    age = max(0.0, now - place.fix_time)
    named = f"{address}; {case.finding.near}" if address else case.finding.near
    return f"{named} (±{place.accuracy_m:.0f} m, {place.source}, {_ago(age)})"


def _ago(age_s: float) -> str:
    return "just now" if age_s < 90 else f"{age_s / 60:.0f} min ago"  # noqa: PLR2004 - what people call just now


def _on_the_way(case: CaseView) -> Iterator[str]:
    help_ = case.help
    if help_ is not None:
        yield _truck(case)
    if case.booking is not None and case.booking.state == "accepted":
        yield f"Slot at {case.booking.partner} at {clock(case.booking.at)}."
    if case.order is not None and case.order.state == "accepted":
        yield f"{case.order.what.capitalize()} from {case.order.partner} at {clock(case.order.at)}."


def _truck(case: CaseView) -> str:
    help_ = case.help
    assert help_ is not None  # noqa: S101 - asked for by the only caller
    if help_.state == "done":
        return f"{help_.truck} has been there."
    if help_.state == "on_scene":
        return f"{help_.truck} is there."
    if help_.state == "cancelled":
        return f"{help_.truck} was called off."
    return f"{help_.truck} is on its way, ETA {clock(help_.eta)}."


def _say(case: CaseView, *, ask_where: bool) -> Iterator[str]:
    finding = case.finding
    yield f"This is Callahead. {finding.advice}"
    if finding.drive is Drive.STOP_NOW and "do not drive on" not in finding.advice.lower():
        yield "Please stop and do not drive on."
    if ask_where:
        yield "We do not know well enough where you are. Where is the car now?"
    yield from _on_the_way(case)
    yield "You need do nothing more. To check that this call is genuine, ring the number on your contract."
