"""What a route costs: waiting, lateness, age, busy trucks, overtime, promises broken. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dispatch.core.plan.tables import NOBODY, Tables


def route_cost(tables: Tables, truck: int, route: Sequence[int]) -> float:
    """Return what a truck's route of visits costs. This is where the time of a search goes."""
    weights, cost, at = tables.snapshot.weights, 0.0, tables.start[truck]
    row, late, aged = tables.reach[truck], weights.late, weights.aged
    first = True
    for visit in route:
        job = tables.job_of[visit]
        released = tables.release[job]
        if first:
            at, first = row[job], False
        else:
            at = (max(released, at)) + row[job]
        paid = at - released
        if at > tables.due[job]:
            paid += late * (at - tables.due[job])
            if at > tables.cap[job]:
                paid += aged * (at - tables.cap[job])
        cost += tables.weight[job] * paid
        at += tables.stay[visit]
        row = tables.leg[visit]
    return cost + weights.busy * (at - tables.snapshot.now) + _of_truck(tables, truck, route, at)


def _of_truck(tables: Tables, truck: int, route: Sequence[int], through: float) -> float:
    """Return what overtime and a broken promise cost."""
    cost, shift_end, home = 0.0, tables.snapshot.trucks[truck].shift_end, tables.home[truck]
    if shift_end is not None and home is not None and route:
        cost += tables.snapshot.weights.overtime * max(0.0, through + home[route[-1]] - shift_end)
    promised = tables.heading[truck]
    if promised != NOBODY and not keeps(tables, promised, route):
        cost += tables.snapshot.weights.moved_s
    return cost


def arrivals(tables: Tables, truck: int, route: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Iterate over the jobs of a truck's route, and when it is there, POSIX seconds."""
    at, row = tables.start[truck], None
    for visit in route:
        job = tables.job_of[visit]
        at = tables.reach[truck][job] if row is None else max(tables.release[job], at) + row[job]
        yield job, at
        at, row = at + tables.stay[visit], tables.leg[visit]


def keeps(tables: Tables, promised: int, route: Sequence[int]) -> bool:
    """Does a truck still drive to whom it was promised to, or to somebody who stands where it is dangerous?"""
    if not route:
        return False
    first = tables.job_of[route[0]]
    return first == promised or tables.safe[first]
