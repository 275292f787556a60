"""Ruin and recreate (Schrimpf et al. 2000): take jobs that lie together off their routes and put them back better. Pure.

Which jobs, and in which order they are put back, follows from their numbers and the round, never from dice.
"""

from __future__ import annotations

from dispatch.core.plan.search import GAIN, Search
from dispatch.core.plan.tables import NOBODY

TOGETHER = 5
"""So many jobs are taken off at most."""


def ruin_and_recreate(search: Search, tries: int) -> None:
    """Try to do better around one job after the other, ``tries`` times in all, as long as the budget of ``search`` lasts."""
    jobs = len(search.truck_of)
    for number in range(tries if jobs else 0):
        if search.evaluations >= search.budget:
            return
        _once(search, number % jobs, number // jobs)


def _once(search: Search, job: int, number: int) -> None:
    together = [one for one in _group(search, job, number) if search.truck_of[one] != NOBODY]
    before, cost = search.memory(), search.cost
    search.take_off(together)
    for one in together[number % 2 :] + together[: number % 2]:
        search.put_in(one)
    search.improve(together)
    if search.cost > cost - GAIN:
        search.recall(before)


def _group(search: Search, job: int, number: int) -> list[int]:
    """Return a job and some around it, or those of its own and a neighbouring route, in turn."""
    size = 2 + number % (TOGETHER - 1)
    near = search.tables.near_jobs[job]
    if number % 3 < 2:  # noqa: PLR2004 - two rounds by place, one by route
        return [job, *near[: size - 1]] if number % 2 else [*reversed(near[: size - 1]), job]
    trucks = list(dict.fromkeys(search.truck_of[one] for one in (job, *near)))[:2]
    return [search.tables.job_of[visit] for truck in trucks if truck != NOBODY for visit in search.routes[truck]][
        :TOGETHER
    ]
