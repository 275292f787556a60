"""When whoever needs a truck is to be helped, as a desk stands, and what that costs: two desks by one house's measure. Pure.

Whom a truck was promised has the arrival that it was promised. Who waits is planned, from the same routes and as well for the
one as for the other: what differs then is what was decided, and not how well the rest was planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dispatch.core.case import Case
from dispatch.core.desk_state import Standing
from dispatch.core.plan.planner import kept_whole, searched
from dispatch.core.plan.search import Search
from dispatch.core.plan.tables import Tables, open_names
from dispatch.core.plan.waiting import WaitingPlan, case_weight
from dispatch.core.policy import Policy
from dispatch.core.transitions import HelpState

_PROMISED = {HelpState.OFFERED, HelpState.PROMISED}


@dataclass(frozen=True, slots=True)
class Expected:
    """Which truck goes to a case and when it is there, POSIX seconds; ``goes``: it was sent, and is not only planned."""

    truck: str
    arrives: float
    goes: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """``expected``: by case; a case that no truck can help is not among them. ``cost``: in seconds of waiting, as a plan's."""

    expected: dict[str, Expected]
    cost: float


def outlook(stood: Standing, policy: Policy, now: float, routes: Mapping[str, tuple[str, ...]]) -> Outlook:
    """Reckon it for a desk as it stands at ``now``, POSIX seconds, by the roads and weights of ``policy``.

    ``routes``: truck → cases, from which a plan of those who wait is searched.
    """
    cases, workshops = {case.case: case for case in stood.cases}, {shop.workshop: shop for shop in stood.workshops}
    plan = WaitingPlan(policy, cases.get, workshops.get, lambda case: case.care.pinned, dict(routes))
    asked = plan.to_propose([cases[name] for name in stood.waiting_for_trucks], stood.trucks, now)
    search = kept_whole(asked.tables, searched(asked.tables, asked.before).routes)
    promised = {case.case: found for case in stood.cases if (found := _promised(case)) is not None}
    cost = search.cost + sum(_cost(cases[name], one.arrives, policy) for name, one in promised.items())
    return Outlook({**dict(_planned(asked.tables, search)), **promised}, cost)


def _promised(case: Case) -> Expected | None:
    if case.help not in _PROMISED or case.truck is None or case.eta is None:
        return None
    return Expected(case.truck, case.eta, goes=True)


def _cost(case: Case, arrives: float, policy: Policy) -> float:
    """Return what waiting until ``arrives`` costs, as in a plan (``route_cost``)."""
    weights, waits_s = policy.plan_weights, arrives - case.opened_at
    late_s, aged_s = max(0.0, waits_s - policy.due_s), max(0.0, waits_s - weights.cap_s)
    return case_weight(case) * (waits_s + weights.late * late_s + weights.aged * aged_s)


def _planned(tables: Tables, search: Search) -> Iterator[tuple[str, Expected]]:
    names = open_names(tables)
    for truck, route in enumerate(search.routes):
        name = tables.snapshot.trucks[truck].truck
        for job, at in _arrivals(tables, truck, route):
            yield names[job], Expected(name, at, goes=False)


def _arrivals(tables: Tables, truck: int, route: list[int]) -> Iterator[tuple[int, float]]:
    """Yield when a truck is at each job of its route."""
    row, at, first = tables.reach[truck], 0.0, True
    for visit in route:
        job = tables.job_of[visit]
        at = row[job] if first else max(tables.release[job], at) + row[job]
        yield job, at
        at, row, first = at + tables.stay[visit], tables.leg[visit], False
