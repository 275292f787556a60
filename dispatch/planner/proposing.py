"""A plan for what stands, as an input of the core: made beside it, from tables that can go to another process."""

from __future__ import annotations

from dispatch.core.events import PlanProposed
from dispatch.core.plan.model import PlannedRoute
from dispatch.core.plan.planner import kept_whole, searched
from dispatch.core.plan.search import GAIN
from dispatch.core.plan.waiting import ToPropose
from dispatch.planner.partition import QUICK, THOROUGH, partition

MANY = 20
"""With more jobs routes are looked for less hard: seconds instead of minutes."""


def proposal(asked: ToPropose) -> PlanProposed | None:
    """Return a better plan than the one that holds; ``None``: none was found."""
    tables = asked.tables
    if not tables.visits_of:
        return None
    holds, start = kept_whole(tables, asked.before), searched(tables, asked.before)
    found = partition(tables, start, QUICK if len(tables.visits_of) > MANY else THOROUGH)
    routes = sorted(found.plan.routes.items())
    told = tuple(PlannedRoute(truck, tuple(stop.job for stop in route)) for truck, route in routes if route)
    return PlanProposed(asked.plan, told) if found.plan.cost < holds.cost - GAIN else None
