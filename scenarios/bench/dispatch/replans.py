"""Plans made anew a thousand times while jobs come and go, people pin some of them, and trucks decline. Pure: fixed dice."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dispatch.core.plan.model import PlannedJob, PlannedTruck, PlanningState, Stop
from dispatch.core.plan.planner import make_plan
from scenarios.bench.dispatch.drawn import drawn_snapshot
from scenarios.bench.dispatch.invariants import Broken, broken_by
from scenarios.bench.dispatch.planned import Plane

TRUCKS, JOBS, STEP_S = 6, 12, 240.0
SKILLS = (frozenset({"tow"}), frozenset({"tow", "roadside"}), frozenset({"roadside"}))


def broken_in_replans(count: int, seed: int = 7) -> Broken:
    """Plan so often, each time as things stand then, and count what is broken."""
    dice = random.Random(seed)  # noqa: S311 - to be played again
    snapshot, found = _with_skills(drawn_snapshot(seed, TRUCKS, JOBS, side=30.0)), Broken()
    routes: Mapping[str, Sequence[Stop]] = {}
    for number in range(count):
        plan = make_plan(snapshot, Plane(), before=routes)
        found += broken_by(snapshot, plan)
        snapshot, routes = _later(snapshot, plan.routes, dice, number), plan.routes
    return found


def _with_skills(snapshot: PlanningState) -> PlanningState:
    trucks = tuple(replace(truck, skills=SKILLS[k % len(SKILLS)]) for k, truck in enumerate(snapshot.trucks))
    jobs = tuple(replace(job, skill="tow" if job.ends else "roadside") for job in snapshot.jobs)
    return replace(snapshot, trucks=trucks, jobs=jobs)


def _later(
    snapshot: PlanningState, routes: Mapping[str, Sequence[Stop]], dice: random.Random, number: int
) -> PlanningState:
    """Some minutes on: the first jobs of some trucks are done, new ones have come, a person pins one or lets go of all."""
    done = {route[0].job for route in routes.values() if route and dice.random() < 0.2}  # noqa: PLR2004
    jobs = [_moody(job, snapshot.trucks, dice) for job in snapshot.jobs if job.job not in done]
    fresh = _with_skills(drawn_snapshot(10_000 + number, 1, 1, side=30.0)).jobs if len(jobs) < 2 * JOBS else ()
    jobs += [replace(job, job=f"n{number}", release=snapshot.now) for job in fresh]
    trucks = tuple(
        replace(truck, pinned=tuple(one for one in truck.pinned if one not in done)) for truck in snapshot.trucks
    )
    return replace(snapshot, now=snapshot.now + STEP_S, jobs=tuple(jobs), trucks=_pinned(trucks, jobs, dice))


def _moody(job: PlannedJob, trucks: Sequence[PlannedTruck], dice: random.Random) -> PlannedJob:
    """Let a truck decline it now and then, where nobody pinned it."""
    pinned = any(job.job in truck.pinned for truck in trucks)
    return job if pinned or dice.random() > 0.02 else replace(job, declined=frozenset({dice.choice(trucks).truck}))  # noqa: PLR2004


def _pinned(
    trucks: tuple[PlannedTruck, ...], jobs: Sequence[PlannedJob], dice: random.Random
) -> tuple[PlannedTruck, ...]:
    taken = {name for truck in trucks for name in truck.pinned}
    job, k = dice.choice(jobs) if jobs else None, dice.randrange(len(trucks))
    if job is None or job.job in taken or not trucks[k].takes(job) or dice.random() > 0.3:  # noqa: PLR2004
        return trucks
    return tuple(replace(one, pinned=(*one.pinned, job.job)) if n == k else one for n, one in enumerate(trucks))
