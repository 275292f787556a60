"""Level 2: keep the routes, insert what is new where it costs least, then move, swap and exchange tails until nothing gains. Pure.

A budget is a number of routes reckoned, never a time: the same snapshot gives the same plan on every machine.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dispatch.core.plan.cost import route_cost
from dispatch.core.plan.nearest_pair import Routed
from dispatch.core.plan.tables import NOBODY, Tables

GAIN = 1e-6
"""Less is no gain: rounding must not let a search go round in circles."""
Changes = dict[int, list[int]]
"""Truck → the route it would have."""
Memory = tuple[Routed, list[float], list[int]]
"""Routes, their costs, and the truck of each job: routes are replaced, never changed."""


@dataclass(slots=True)
class Search:
    """Routes that become better. ``insert`` first, then ``improve``."""

    tables: Tables
    routes: Routed
    costs: list[float]
    truck_of: list[int]
    budget: int
    evaluations: int = 0

    @classmethod
    def over(cls, tables: Tables, routes: Routed, budget: int) -> Search:
        """Start from routes that hold every job at most once."""
        truck_of = [NOBODY] * len(tables.visits_of)
        for truck, route in enumerate(routes):
            for visit in route:
                truck_of[tables.job_of[visit]] = truck
        costs = [route_cost(tables, truck, route) for truck, route in enumerate(routes)]
        return cls(tables, [list(route) for route in routes], costs, truck_of, budget, len(routes))

    @property
    def cost(self) -> float:
        """Of all routes."""
        return sum(self.costs)

    def insert(self) -> list[int]:
        """Give every job to the truck where it costs least, whoever has waited longest first. Returns those no truck can do."""
        waiting = [job for job, truck in enumerate(self.truck_of) if truck == NOBODY]
        urgent_first = sorted(waiting, key=lambda job: (-self.tables.weight[job], self.tables.release[job], job))
        return [job for job in urgent_first if not self.put_in(job)]

    def put_in(self, job: int) -> bool:
        """Give a job to the truck where it costs least; ``False``: none can do it."""
        found = self._cheapest(job, self._trucks_around(job), {})
        if found is not None:
            self._take({found[1]: found[2]})
        return found is not None

    def take_off(self, jobs: Sequence[int]) -> None:
        """Take jobs off their routes."""
        off = set(jobs)
        for truck in sorted({self.truck_of[job] for job in jobs} - {NOBODY}):
            self._take({truck: [visit for visit in self.routes[truck] if self.tables.job_of[visit] not in off]})
        for job in jobs:
            self.truck_of[job] = NOBODY

    def with_first(self, job: int, truck: int) -> float:
        """Return what all routes would cost with this truck going to a job first, whoever has it now."""
        its, visit = self.truck_of[job], self._visit(job)
        without = [one for one in self.routes[its] if one != visit]
        mine = without if truck == its else self.routes[truck]
        changes = {its: without} | {truck: [visit, *mine]}
        others = self.cost - sum(self.costs[one] for one in changes)
        return others + sum(route_cost(self.tables, one, route) for one, route in changes.items())

    def memory(self) -> Memory:
        """Return how everything stands."""
        return list(self.routes), list(self.costs), list(self.truck_of)

    def recall(self, memory: Memory) -> None:
        """Go back to how everything stood."""
        self.routes, self.costs, self.truck_of = memory

    def improve(self, jobs: Iterable[int] | None = None) -> None:
        """Try moves around ``jobs``, or all, and around whatever they change, until none gains or the budget is spent."""
        everything = [job for job, truck in enumerate(self.truck_of) if truck != NOBODY]
        queue = deque(everything if jobs is None else jobs)
        queued = set(queue)
        while queue and self.evaluations < self.budget:
            job = queue.popleft()
            queued.discard(job)
            changed = self._better(job)
            for truck in sorted(changed):
                touched = [self.tables.job_of[visit] for visit in self.routes[truck]]
                queue.extend(one for one in touched if one not in queued)
                queued.update(touched)

    def _better(self, job: int) -> Changes:
        """Make the first kind of move that gains. Returns what it changed."""
        if self.truck_of[job] == NOBODY:
            return {}
        for changes in (self._relocated(job), self._swapped(job), self._tails(job)):
            if changes:
                return changes
        return {}

    # --- moves -------------------------------------------------------------------------------------------------------

    def _relocated(self, job: int) -> Changes:
        """Move a job to where it costs least, with another workshop where that is better."""
        truck = self.truck_of[job]
        without = [visit for visit in self.routes[truck] if self.tables.job_of[visit] != job]
        saved = self.costs[truck] - self._cost(truck, without)
        found = self._cheapest(job, self._trucks_around(job), {truck: without})
        if found is None or found[0] >= saved - GAIN:
            return {}
        return self._take({truck: without} | {found[1]: found[2]})

    def _swapped(self, job: int) -> Changes:
        """Let a job and one near it change places."""
        truck = self.truck_of[job]
        for other in self.tables.near_jobs[job]:
            its = self.truck_of[other]
            if its not in (NOBODY, truck) and job in self.tables.takes[its] and other in self.tables.takes[truck]:
                visit, its_visit = self._visit(job), self._visit(other)
                mine = [its_visit if one == visit else one for one in self.routes[truck]]
                theirs = [visit if one == its_visit else one for one in self.routes[its]]
                if self._gains({truck: mine, its: theirs}):
                    return self._take({truck: mine, its: theirs})
        return {}

    def _tails(self, job: int) -> Changes:
        """Let what follows a job and what follows, or begins with, one near it change trucks (2-opt*)."""
        truck = self.truck_of[job]
        cut = self.routes[truck].index(self._visit(job)) + 1
        for other in self.tables.near_jobs[job]:
            its = self.truck_of[other]
            if its in (NOBODY, truck):
                continue
            at = self.routes[its].index(self._visit(other))
            for changes in self._exchanged(truck, cut, its, at):
                if self._gains(changes):
                    return self._take(changes)
        return {}

    def _exchanged(self, truck: int, cut: int, its: int, at: int) -> Iterator[Changes]:
        mine, theirs = self.routes[truck], self.routes[its]
        for here, there in ((cut, at), (cut - 1, at)):
            if self._can(truck, theirs[there:]) and self._can(its, mine[here:]):
                yield {truck: mine[:here] + theirs[there:], its: theirs[:there] + mine[here:]}

    # --- reckoning ---------------------------------------------------------------------------------------------------

    def _cheapest(self, job: int, trucks: Iterable[int], changed: Changes) -> tuple[float, int, list[int]] | None:
        """Return what it costs more to do a job on which truck by which route, where that is least.

        The place in the route is found with the first workshop, and the others are tried there.
        """
        best: tuple[float, int, list[int]] | None = None
        visits = self.tables.visits_of[job]
        for truck in trucks:
            route = changed.get(truck, self.routes[truck])
            before = self._cost(truck, route) if truck in changed else self.costs[truck]
            most = math.inf if best is None else best[0] + before - GAIN
            cost, at = min(
                (self._cost(truck, [*route[:at], visits[0], *route[at:]]), at) for at in range(len(route) + 1)
            )
            visit = visits[0]
            for other in visits[1:]:
                its = self._cost(truck, [*route[:at], other, *route[at:]])
                cost, visit = (its, other) if its < cost - GAIN else (cost, visit)
            if cost < most:
                best = (cost - before, truck, [*route[:at], visit, *route[at:]])
        return best

    def _trucks_around(self, job: int) -> list[int]:
        """Return the trucks worth trying: those there soonest, and those that go to the jobs around it."""
        tables = self.tables
        around = (self.truck_of[other] for other in tables.near_jobs[job])
        found = dict.fromkeys(tables.near_trucks[job])
        found.update((truck, None) for truck in around if truck != NOBODY and job in tables.takes[truck])
        return list(found)

    def _can(self, truck: int, route: Sequence[int]) -> bool:
        return all(self.tables.job_of[visit] in self.tables.takes[truck] for visit in route)

    def _visit(self, job: int) -> int:
        return next(visit for visit in self.routes[self.truck_of[job]] if self.tables.job_of[visit] == job)

    def _cost(self, truck: int, route: Sequence[int]) -> float:
        self.evaluations += 1
        return route_cost(self.tables, truck, route)

    def _gains(self, changes: Changes) -> bool:
        before = sum(self.costs[truck] for truck in changes)
        return sum(self._cost(truck, route) for truck, route in changes.items()) < before - GAIN

    def _take(self, changes: Changes) -> Changes:
        for truck, route in changes.items():
            self.routes[truck] = route
            self.costs[truck] = route_cost(self.tables, truck, route)
            for visit in route:
                self.truck_of[self.tables.job_of[visit]] = truck
        return changes
