"""Decides by the plan: what is known becomes a snapshot, and trucks drive to the first stop of their routes. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dispatch.core.distance import Point, Span
from dispatch.core.plan.model import End, PlannedJob, PlannedTruck, PlanningState, Routes, Stop, Weights
from dispatch.core.plan.planner import searched
from dispatch.core.plan.tables import Tables, tables_of
from dispatch.core.travel import Leg, Matrix
from scenarios.bench.dispatch.instance import MINUTES_PER_KM, BenchJob, drive
from scenarios.bench.dispatch.invariants import Broken, broken_by
from scenarios.bench.dispatch.online import BenchTruck, Standing

METRES_A_SECOND = 40 / 3.6


class Plane:
    """Travel times on the plane of the instances: a point is two kilometres."""

    def leg(self, start: Point, end: Point, at: float) -> Leg:  # noqa: ARG002 - at any hour
        """Return the drive from one place to another."""
        seconds = drive(start, end) * 60
        return Leg(seconds, seconds * METRES_A_SECOND)

    def between(self, start: Point, end: Point, at: float) -> Span:
        """Return how long it takes, twice."""
        seconds = self.leg(start, end, at).seconds
        return seconds, seconds

    def matrix(self, starts: Sequence[Point], ends: Sequence[Point], at: float) -> Matrix:  # noqa: ARG002 - at any hour
        """Return every drive from one of ``starts`` to one of ``ends``."""
        per_km, dist = MINUTES_PER_KM * 60, math.dist
        seconds = [[dist(start, end) * per_km for end in ends] for start in starts]
        return Matrix(seconds, [[one * METRES_A_SECOND for one in row] for row in seconds])

    def along(self, start: Point, end: Point, spent_s: float, at: float) -> Point:
        """Return where one is on that drive."""
        way = self.leg(start, end, at).seconds
        share = min(1.0, spent_s / way) if way else 1.0
        return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share

    def why_not(self, *places: Point) -> str | None:  # noqa: ARG002 - there are no roads that one could be off
        """Return ``None``: all drives are reckoned alike."""
        return None


@dataclass(slots=True)
class ByPlan:
    """Decides by plans of level 2."""

    weights: Weights = field(default_factory=Weights)
    routes: Routes = field(default_factory=dict)
    broken: Broken = field(default_factory=Broken)
    """What the plans so far did that no plan may."""

    def __call__(self, standing: Standing) -> Mapping[int, int | None]:
        """Plan anew, and tell where trucks that are not at work drive next."""
        snapshot = snapshot_of(standing, self.weights)
        tables = tables_of(snapshot, Plane())
        _not_ahead(tables, standing)
        plan = searched(tables, self.routes)
        self.routes = plan.routes
        self.broken += broken_by(snapshot, plan)
        empty = [k for k, truck in enumerate(standing.trucks) if not truck.at_work(standing.now)]
        return {k: _first(plan.routes[str(k)]) for k in empty}


def _not_ahead(tables: Tables, standing: Standing) -> None:
    """Let the plan know the rule of the bench: who drove ahead is no sooner there for it."""
    for truck, row in zip(standing.trucks, tables.reach, strict=True):
        for number, job in enumerate(standing.waiting):
            row[number] = max(row[number], truck.not_before(standing.jobs[job]) * 60)


def snapshot_of(standing: Standing, weights: Weights) -> PlanningState:
    """Return what is known as the planner has it, in seconds."""
    trucks = tuple(_truck(k, truck) for k, truck in enumerate(standing.trucks))
    jobs = tuple(_job(number, standing.jobs[number]) for number in standing.waiting)
    return PlanningState(standing.now * 60, trucks, jobs, weights)


def _truck(number: int, truck: BenchTruck) -> PlannedTruck:
    promised = None if truck.heading is None else str(truck.heading)
    return PlannedTruck(str(number), truck.spot, truck.free_at * 60, promised=promised)


def _job(number: int, job: BenchJob) -> PlannedJob:
    """Return a job; that a tow ends elsewhere is a workshop that it must go to, its drive included in the stay."""
    towed = job.end != job.at
    return PlannedJob(str(number), job.at, job.release * 60, job.busy * 60) if not towed else _tow(number, job)


def _tow(number: int, job: BenchJob) -> PlannedJob:
    on_scene = job.busy - drive(job.at, job.end)
    return PlannedJob(str(number), job.at, job.release * 60, on_scene * 60, ends=(End("w", job.end),))


def _first(stops: Sequence[Stop]) -> int | None:
    return int(stops[0].job) if stops else None
