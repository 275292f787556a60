"""What trucks are to do behind the job they are at, and each time that the plan of it became another. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dispatch.core.distance import Point
from dispatch.core.policy import Policy
from dispatch.views.case_view import CaseView, TruckView
from dispatch.views.casebook import Casebook
from dispatch.views.picture.facts import Fact
from dispatch.views.plan_view import PlanView, ReplanView
from dispatch.views.timeline import TRIGGERS

SecondsOf = Callable[[Point, Point], float]
"""Returns how long a drive takes."""
RECORDS = 60
"""So many of the last times that the plan became another are shown."""


def planned_facts(book: Casebook, seconds_of: SecondsOf, policy: Policy) -> dict[str, Fact]:
    """Return truck → its ``jobs`` to come, in order: the case, and how long the drive there, the scene, tow and workshop take.

    When the first begins, whoever looks reckons from the job at hand: nothing in it changes by time passing alone.
    """
    at_hand = {case.help.truck: case for case in book.cases.values() if case.open and case.help and case.help.under_way}
    found = {}
    for name, cases in _routes(book).items():
        truck = book.trucks.get(name)
        if truck is not None and cases:
            start = _left_at(truck, at_hand.get(name), book.workshops)
            found[name] = {"jobs": list(_jobs(cases, start, book.workshops, seconds_of, policy))}
    return found


def towed(case: CaseView, workshops: Mapping[str, Point], seconds_of: SecondsOf) -> float | None:
    """Return how long the tow of a case takes, seconds; ``None``: there is none, or nobody knows where to or from."""
    shop = workshops.get((case.help.tow_to if case.help else None) or "")
    return None if shop is None or case.place is None else round(seconds_of(_point(case), shop))


def replan_facts(plan: PlanView, took_ms: Mapping[str, float]) -> dict[str, Fact]:
    """Return the last records, and what was proposed and refused, each by a name of its own; ``took_ms``: by that name."""
    records = {
        name: _record(one) | {"ms": took_ms.get(name)} for one in plan.replans[-RECORDS:] if (name := str(one.number))
    }
    since = plan.replans[-RECORDS].at if len(plan.replans) >= RECORDS else 0.0
    refused = [one for one in plan.refused if one.at >= since][-RECORDS:]
    return records | {f"refused {one.plan}": {"at": one.at, "plan": one.plan, "why": one.why} for one in refused}


def _record(one: ReplanView) -> Fact:
    return {
        "at": one.at,
        "number": one.number,
        "trigger": TRIGGERS[one.trigger],
        "moved": [[each.case, each.from_truck, each.truck] for each in one.moved],
        "turned": list(one.turned),
        "before": one.cost_before,
        "after": one.cost_after,
        "routes": one.evaluations,
    }


def _routes(book: Casebook) -> dict[str, list[CaseView]]:
    """Return truck → who waits for it: by the plan, and by a person's word alone where there is none."""
    waits = {case.case: case for case in book.cases.values() if case.open and case.awaits_truck}
    found = {truck: [waits.pop(case) for case in cases if case in waits] for truck, cases in book.plan.routes.items()}
    for case in waits.values():
        if case.care.stood.pinned is not None:
            found.setdefault(case.care.stood.pinned, []).append(case)
    return found


def _left_at(truck: TruckView, case: CaseView | None, workshops: Mapping[str, Point]) -> Point:
    """Return where a truck is when it is through with what it is at."""
    if case is None or case.place is None or case.help is None:
        return truck.place.latitude, truck.place.longitude
    return workshops.get(case.help.tow_to or "") or _point(case)


def _jobs(
    cases: Sequence[CaseView], start: Point, workshops: Mapping[str, Point], seconds_of: SecondsOf, policy: Policy
) -> Iterator[list[Any]]:
    for case in cases:
        if case.place is None:
            continue
        here, shop = _point(case), _shop(case, workshops)
        tow = (round(seconds_of(here, shop)), policy.unhooking_s) if shop is not None else (0, 0)
        yield [case.case, round(seconds_of(start, here)), case.finding.remedy.on_scene_s, *tow]
        start = shop or here


def _shop(case: CaseView, workshops: Mapping[str, Point]) -> Point | None:
    """Return where a car that waits is to be towed to, as far as it is known: to the workshop that was asked for a slot."""
    if case.finding.remedy.skill != "tow" or case.booking is None:
        return None
    return workshops.get(case.booking.partner)


def _point(case: CaseView) -> Point:
    assert case.place is not None  # noqa: S101 - asked where it has one alone
    return case.place.latitude, case.place.longitude
