"""What no plan may do, counted. Pure.

Deferred: somebody who has waited beyond the cap stands behind somebody who has not, or on no route though a truck could come.
Unassigned: on no route though a truck could come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.core.plan.model import Plan, PlanningState, Stop


@dataclass(frozen=True, slots=True)
class Broken:
    """How often, in all plans that were made."""

    deferred: int = 0
    pinned_moved: int = 0
    unassigned: int = 0

    def __add__(self, other: Broken) -> Broken:
        """Both together."""
        return Broken(
            self.deferred + other.deferred, self.pinned_moved + other.pinned_moved, self.unassigned + other.unassigned
        )


def broken_by(snapshot: PlanningState, plan: Plan) -> Broken:
    """Count what a plan breaks."""
    return Broken(deferred(snapshot, plan), pinned_moved(snapshot, plan.routes), unassigned(snapshot, plan))


def unassigned(snapshot: PlanningState, plan: Plan) -> int:
    """Count the jobs on no route that a truck could do."""
    return len(_left_out(snapshot, plan))


def _left_out(snapshot: PlanningState, plan: Plan) -> set[str]:
    routed = {stop.job for route in plan.routes.values() for stop in route}
    return {
        job.job for job in snapshot.jobs if job.job not in routed and any(truck.takes(job) for truck in snapshot.trucks)
    }


def deferred(snapshot: PlanningState, plan: Plan) -> int:
    """Count those who have waited beyond the cap, and stand behind a younger one or on no route."""
    old = {job.job for job in snapshot.jobs if snapshot.now - job.release > snapshot.weights.cap_s}
    pinned = {job for truck in snapshot.trucks for job in truck.pinned}
    behind = sum(_behind([stop.job for stop in route if stop.job not in pinned], old) for route in plan.routes.values())
    return behind + len(old & _left_out(snapshot, plan))


def _behind(route: Sequence[str], old: set[str]) -> int:
    first_young = next((at for at, job in enumerate(route) if job not in old), len(route))
    return sum(job in old for job in route[first_young:])


def pinned_moved(snapshot: PlanningState, routes: Mapping[str, Sequence[Stop]]) -> int:
    """Count the pinned jobs that are not where a person put them."""
    moved = 0
    for truck in snapshot.trucks:
        first = [stop.job for stop in routes.get(truck.truck, ())][: len(truck.pinned)]
        moved += sum(here != pinned for here, pinned in zip(first, truck.pinned, strict=False))
        moved += len(truck.pinned) - len(first)
    return moved
