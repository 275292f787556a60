"""What the agent sees when a call comes: who, what broke, where, what is already on its way, what to say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dispatch.case_place import apart
from dispatch.casebook import Casebook, CaseView
from dispatch.customers import Customer, Customers
from dispatch.policy import PlaceGate, Policy
from dispatch.timeline import TimelineLine, clock
from gateway.diagnosis.catalogue import NOTHING, name_in
from gateway.finding import Domain, Drive, Finding, Help, Place

SURE = 0.85
"""From here on the agent is not told what else it may be."""
_CATALOGUE = {Domain.VEHICLE: "car", Domain.APPLIANCE: "fridge", Domain.PAYMENT: "payment"}
_THING = {Domain.VEHICLE: "car", Domain.APPLIANCE: "fridge", Domain.PAYMENT: "payment"}


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
    ask_help: bool
    """Nobody was sent because we are not sure what is broken: ask whether somebody shall come, and tell us ``wants_help``."""
    on_the_way: tuple[str, ...]
    """What was done already and when it arrives."""
    say: tuple[str, ...]
    """What to tell the customer, in this order."""
    timeline: tuple[TimelineLine, ...]


def brief_of(
    casebook: Casebook, call: str, customers: Customers, address_of: Callable[[Finding], str] = lambda _: ""
) -> Brief:
    """Compose the brief of a call. Raises ``KeyError`` for a call nobody queued.

    ``address_of``: the street address of a finding's place, where it is known; asked for the place the case goes by.
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
            ask_help=False,
            on_the_way=(),
            say=(ask,),
            timeline=(),
        )
    finding = case.finding
    needs_truck = finding.remedy.help in {Help.ROADSIDE, Help.TOW}
    gate = Policy().gate(case.place, casebook.last_at)
    ask_where = needs_truck and case.help is None and gate is not PlaceGate.GOOD
    ask_help = case.asks_first
    return Brief(
        *head,
        headline=f"{finding.name}{', ' + case.near if case.near else ''}",
        broke=_broke(case, customer.language if customer else "en"),
        why=finding.why,
        where=_where(case, casebook.last_at, address_of(replace(finding, place=case.place))),
        place=case.place,
        ask_where=ask_where,
        ask_help=ask_help,
        on_the_way=tuple(_on_the_way(case)),
        say=tuple(_say(case, gate if ask_where else PlaceGate.GOOD, ask_help=ask_help)),
        timeline=tuple(casebook.timeline(case.case)),
    )


def _where(case: CaseView, now: float, address: str) -> str:
    place = case.place
    if place is None:
        return "not known; please ask" if case.finding.domain is Domain.VEHICLE else ""
    age = max(0.0, now - place.fix_time)
    named = f"{address}; {case.near}" if address else case.near
    where = f"{named} (±{place.accuracy_m:.0f} m, {place.source}, {_ago(age)})"
    if case.overruled is None:
        return where
    whose = "the customer says" if case.overruled.source == "customer" else "the device says"
    return f"{where}; {whose} otherwise: {apart(place, case.overruled):.0f} m away"


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


def _broke(case: CaseView, language: str) -> str:
    """Name the part in English and in the customer's words, how sure we are, and what else it may be or is broken too."""
    finding = case.finding
    named = name_in(_CATALOGUE[finding.domain], finding.part, language)
    said = f" ({named})" if named is not None and named != finding.name else ""
    others = [f"{one.name} {one.probability:.0%}" for one in finding.alternatives if one.part != NOTHING][:2]
    maybe = f"; else {', '.join(others)}" if others and finding.probability < SURE else ""
    also = "".join(f"; also {one.name}" for one in case.also.values())
    return f"{finding.name}{said}, {finding.probability:.0%} sure{maybe}{also}"


def _say(case: CaseView, gate: PlaceGate, *, ask_help: bool) -> Iterator[str]:
    finding = case.finding
    if ask_help:
        yield f"This is Callahead. Your {_THING[finding.domain]} reports a fault; it may be the {finding.name}."
        if finding.decides:
            yield f"To be sure: {finding.decides}."
        yield "Does it work as usual, or shall somebody come?"
    else:
        yield f"This is Callahead. {finding.advice}"
    if finding.drive is Drive.STOP_NOW and (ask_help or "do not drive on" not in finding.advice.lower()):
        yield "Please stop and do not drive on."
    for other in case.also.values():
        yield f"Besides: {other.advice}"
    if gate is PlaceGate.DOUBTFUL:
        yield f"We believe the car is at {case.near}. Is that right?"
    elif gate is PlaceGate.NONE:
        yield "We do not know well enough where you are. Where is the car now?"
    yield from _on_the_way(case)
    yield "You need do nothing more. To check that this call is genuine, ring the number on your contract."
