"""Plans: a snapshot and the routes so far in, routes out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dispatch.core.plan.cost import arrivals
from dispatch.core.plan.errors import NotThisPlan
from dispatch.core.plan.model import Level, Plan, PlanningState, Routes, Stop
from dispatch.core.plan.nearest_pair import Routed, nearest_pairs
from dispatch.core.plan.ruin import ruin_and_recreate
from dispatch.core.plan.search import Search
from dispatch.core.plan.tables import NOBODY, Tables, open_names, stops_of, tables_of
from dispatch.core.travel import TravelTimes

BUDGET = 200_000
"""Routes reckoned for one plan, at most."""
TRIES = 40
"""So often some jobs that lie together are taken off and put back, while the budget lasts."""
NOTHING: Mapping[str, tuple[Stop, ...]] = {}


def make_plan(
    snapshot: PlanningState,
    travel: TravelTimes,
    level: Level = Level.INSERTION,
    before: Mapping[str, Sequence[Stop]] = NOTHING,
    budget: int = BUDGET,
) -> Plan:
    """Return the plan. Raises ``PinCannotBeKept``."""
    tables = tables_of(snapshot, travel)
    if level is Level.NEAREST:
        return plan_of(tables, Search.over(tables, nearest_pairs(tables, snapshot.now), budget))
    return searched(tables, before, budget)


def searched(tables: Tables, before: Mapping[str, Sequence[Stop]] = NOTHING, budget: int = BUDGET) -> Plan:
    """Return the plan of level 2: the routes ``before`` as far as they still hold, made better."""
    return considered(tables, before, budget).plan


@dataclass(frozen=True, slots=True)
class Considered:
    """A plan, what it was before the search, and what others would have cost."""

    plan: Plan
    cost_before: float
    """Of the routes before, with what is new put in where it cost least."""
    _search: Search

    def dearer(self, job: str) -> dict[str, float]:
        """Return, by truck, what the plan costs more where that one goes to a job first; the job's own truck costs nothing."""
        tables, search = self._search.tables, self._search
        names = open_names(tables)
        if job not in names:
            return {}
        number = names.index(job)
        trucks = [truck for truck in tables.near_trucks[number] if search.truck_of[number] != NOBODY]
        costs = {tables.snapshot.trucks[truck].truck: search.with_first(number, truck) for truck in trucks}
        least = min(costs.values(), default=0.0)
        return {truck: round(cost - least, 1) for truck, cost in costs.items()}

    def arrivals(self) -> dict[str, float]:
        """Return when a truck is at each job that one goes to, POSIX seconds."""
        names = open_names(self._search.tables)
        routes = enumerate(self._search.routes)
        return {names[job]: at for k, route in routes for job, at in arrivals(self._search.tables, k, route)}


def considered(tables: Tables, before: Mapping[str, Sequence[Stop]] = NOTHING, budget: int = BUDGET) -> Considered:
    """Return the plan of level 2 with what was considered."""
    search = Search.over(tables, kept(tables, before), budget)
    unassigned = search.insert()
    cost_before = search.cost
    search.improve()
    ruin_and_recreate(search, TRIES)
    _oldest_first(tables, search)
    return Considered(plan_of(tables, search, unassigned), cost_before, search)


def kept_whole(tables: Tables, before: Mapping[str, Sequence[Stop]]) -> Search:
    """Return earlier routes as far as they hold, with what is new put in where it costs least, unsearched."""
    search = Search.over(tables, kept(tables, before), 0)
    search.insert()
    return search


def kept(tables: Tables, before: Mapping[str, Sequence[Stop]]) -> Routed:
    """Return those visits of earlier routes whose job still waits, and whose truck is there and may do it."""
    number = {name: job for job, name in enumerate(open_names(tables))}
    seen: set[int] = set()
    return [
        list(_kept(tables, k, before.get(truck.truck, ()), number, seen))
        for k, truck in enumerate(tables.snapshot.trucks)
    ]


def _kept(
    tables: Tables, truck: int, stops: Iterable[Stop], number: Mapping[str, int], seen: set[int]
) -> Iterable[int]:
    for stop in stops:
        job = number.get(stop.job)
        if job is None or job in seen or job not in tables.takes[truck]:
            continue
        seen.add(job)
        visits = {tables.workshop[visit]: visit for visit in tables.visits_of[job]}
        yield visits.get(stop.workshop, tables.visits_of[job][0])


def _oldest_first(tables: Tables, search: Search) -> None:
    """Nobody who has waited beyond the cap stands behind somebody who has not."""
    now = tables.snapshot.now
    for truck, route in enumerate(search.routes):
        old = [visit for visit in route if tables.cap[tables.job_of[visit]] < now]
        if old and route[: len(old)] != old:
            search.routes[truck] = old + [visit for visit in route if visit not in old]
    search.costs = Search.over(tables, search.routes, 0).costs


def plan_of(tables: Tables, search: Search, unassigned: Sequence[int] = ()) -> Plan:
    """Return what a search came to, in the words of its snapshot."""
    names = open_names(tables)
    return Plan(
        routes=told(tables, search.routes, names),
        cost=search.cost,
        unassigned=tuple(names[job] for job in unassigned),
        evaluations=search.evaluations,
    )


def told(tables: Tables, routes: Routed, names: Sequence[str]) -> Routes:
    """Return routes by the names of trucks and jobs, pinned jobs first."""
    return {
        truck.truck: (*(Stop(name) for name in truck.pinned), *stops_of(tables, route, names))
        for truck, route in zip(tables.snapshot.trucks, routes, strict=True)
    }


def checked(tables: Tables, proposed: Mapping[str, Sequence[Stop]]) -> Search:
    """Return proposed routes as a search has them. Raises ``NotThisPlan`` where they do not fit what stands now."""
    names, trucks = open_names(tables), tables.snapshot.trucks
    _check_names(tables, proposed, names)
    number = {name: job for job, name in enumerate(names)}
    routes: Routed = []
    for k, truck in enumerate(trucks):
        stops = proposed.get(truck.truck, ())
        if tuple(stop.job for stop in stops[: len(truck.pinned)]) != truck.pinned:
            raise NotThisPlan(f"truck {truck.truck} has pinned jobs, which the plan does not put first")
        routes.append([_proposed(tables, k, stop, number) for stop in stops[len(truck.pinned) :]])
    return Search.over(tables, routes, 0)


def _check_names(tables: Tables, proposed: Mapping[str, Sequence[Stop]], names: Sequence[str]) -> None:
    trucks = {truck.truck for truck in tables.snapshot.trucks}
    for name in sorted(set(proposed) - trucks):
        raise NotThisPlan(f"there is no truck {name} on duty")
    stops = [stop.job for route in proposed.values() for stop in route]
    for name in sorted({name for name in stops if stops.count(name) > 1}):
        raise NotThisPlan(f"job {name} is given twice")
    doable = [name for job, name in enumerate(names) if any(job in takes for takes in tables.takes)]
    for name in sorted(set(doable) - set(stops)):
        raise NotThisPlan(f"job {name} waits, and the plan leaves it out")


def _proposed(tables: Tables, truck: int, stop: Stop, number: Mapping[str, int]) -> int:
    job = number.get(stop.job)
    if job is None:
        raise NotThisPlan(f"job {stop.job} does not wait any more")
    if job not in tables.takes[truck]:
        raise NotThisPlan(f"truck {tables.snapshot.trucks[truck].truck} cannot do job {stop.job}")
    for visit in tables.visits_of[job]:
        if tables.workshop[visit] == stop.workshop:
            return visit
    raise NotThisPlan(f"job {stop.job} cannot end at {stop.workshop or 'where it stands'}")
