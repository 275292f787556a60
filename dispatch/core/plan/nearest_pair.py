"""Level 1: whenever a truck is free and a job open, the pair that is soonest together. Pure."""

from __future__ import annotations

from dispatch.core.plan.tables import Tables

Routed = list[list[int]]
"""Of each truck: its visits in order."""


def nearest_pairs(tables: Tables, now: float) -> Routed:
    """Return at most one visit for each truck that is free at ``now``."""
    free = {k for k, start in enumerate(tables.start) if start <= now}
    waiting = {j for j in range(len(tables.visits_of)) if tables.release[j] <= now}
    routes: Routed = [[] for _ in tables.start]
    for _, job, truck in sorted((tables.reach[k][j], j, k) for k in free for j in tables.takes[k] & waiting):
        if truck in free and job in waiting:
            free.remove(truck)
            waiting.remove(job)
            routes[truck].append(shortest_visit(tables, job))
    return routes


def shortest_visit(tables: Tables, job: int) -> int:
    """Return the visit that keeps a truck for the shortest time: the workshop that is soonest reached and takes the car."""
    return min(tables.visits_of[job], key=lambda visit: (tables.stay[visit], visit))
