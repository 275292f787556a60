"""Level 3: set partitioning with routes made as they pay (column generation). Deterministic: budgets are rounds and nodes.

It starts from a plan of level 2, so that it is never worse; its answer is a proposal, which the core checks and may adopt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.core.plan.model import Plan
from dispatch.core.plan.planner import checked, plan_of
from dispatch.core.plan.search import Search
from dispatch.core.plan.tables import Tables
from dispatch.planner.master import Master
from dispatch.planner.pricing import Pricing

GAP = 0.001
"""A plan so near to the best of its routes is good enough."""


@dataclass(frozen=True, slots=True)
class Stage:
    """How hard routes are looked for."""

    rounds: int
    beam: int
    """Labels of one truck and one length that go on."""
    reach: int
    """Jobs that a route may begin with, or go on with, from one place."""


QUICK = (Stage(rounds=8, beam=6, reach=8),)
"""For hundreds of jobs."""
THOROUGH = (Stage(rounds=30, beam=8, reach=12), Stage(rounds=12, beam=3_000, reach=64))
"""With a bound that holds for all routes there are, where not too many jobs wait."""
NODES = 2_000
"""Of the search for whole routes."""


@dataclass(frozen=True, slots=True)
class Partition:
    """What level 3 came to."""

    plan: Plan
    bound: float
    """What no plan lies below, where ``exact``; else what no plan of the routes that were looked at does."""
    exact: bool

    @property
    def gap(self) -> float:
        """By how much the plan lies above the bound, as a share of it."""
        return max(0.0, self.plan.cost - self.bound) / self.bound if self.bound > 0 else 0.0


def partition(tables: Tables, start: Plan, stages: Sequence[Stage] = THOROUGH) -> Partition:
    """Return the best plan found. ``start``: a plan for the same snapshot."""
    master, search = Master(tables), checked(tables, start.routes)
    for truck, route in enumerate(search.routes):
        _add_with_parts(master, truck, route)
    bound, exact = 0.0, False
    for stage in stages:
        bound, exact = _generate(master, Pricing.over(tables, stage.beam, stage.reach), stage.rounds)
    routes = master.whole(GAP, NODES)
    better = Search.over(tables, routes, 0) if routes else search
    best = better if better.cost < search.cost else search
    return Partition(plan_of(tables, best), bound, exact)


def _add_with_parts(master: Master, truck: int, route: list[int]) -> None:
    """Add a route, what is left of it without each of its jobs, and none at all."""
    master.add(truck, route)
    master.add(truck, [])
    for visit in route:
        master.add(truck, [one for one in route if one != visit])


def _generate(master: Master, pricing: Pricing, rounds: int) -> tuple[float, bool]:
    """Add routes that pay until none does. Returns the bound, and whether it holds for all routes there are."""
    bound, exact = 0.0, False
    for _ in range(rounds):
        cost, prices = master.relaxed()
        found = [pricing.of_truck(truck, prices) for truck in range(len(pricing.tables.start))]
        if all(
            one.complete for one in found
        ):  # Lagrange: no plan is cheaper than this less what each truck could still gain
            bound, exact = max(bound, cost + sum(one.least for one in found)), True
        added = [master.add(truck, route) for truck, one in enumerate(found) for route in one.routes]
        if not any(added):
            break
    return (bound, True) if exact else (master.relaxed()[0], False)
