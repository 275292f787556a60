"""Instances, days and snapshots drawn by the rules of ``dispatch_small.json``: the same seed gives the same. Pure.

Fitted to that file: a square of 30 km, releases a Poisson stream, 43% towed to the nearest of three workshops after 15 minutes,
all others mended where they stand in a lognormal time of median 15 minutes.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from dispatch.core.plan.model import End, PlannedJob, PlannedTruck, PlanningState
from scenarios.bench.dispatch.instance import BenchJob, Instance, Spot, bench_job

SIDE_KM, WORKSHOPS, TOWED, TOW_MIN = 30.0, 3, 0.43, 15.0
MEDIAN_MIN, SIGMA = 15.0, 0.6
SMALL_GAP_MIN = 13.5
"""Between two releases, three trucks."""
DAY_GAP_MIN, DAY_JOBS = 5.7, 126
"""Between two releases, ten trucks: by nearest pair they are busy for 90% of its twelve hours."""


@dataclass(slots=True)
class _Dice:
    random: random.Random
    side: float

    def spot(self) -> Spot:
        return self.random.uniform(0.0, self.side), self.random.uniform(0.0, self.side)

    def on_scene(self) -> float:
        return self.random.lognormvariate(math.log(MEDIAN_MIN), SIGMA)


def drawn(seed: int, trucks: int = 3, jobs: int = 10, gap: float = SMALL_GAP_MIN) -> Instance:
    """Draw an instance."""
    dice = _Dice(random.Random(seed), SIDE_KM)  # noqa: S311 - drawn to be played, nothing is kept secret
    start = tuple(dice.spot() for _ in range(trucks))
    shops = [dice.spot() for _ in range(WORKSHOPS)]
    at, found = 0.0, []
    for _ in range(jobs):
        at += dice.random.expovariate(1 / gap)
        found.append(_job(dice, at, shops))
    return Instance(start, tuple(found))


def _job(dice: _Dice, release: float, shops: list[Spot]) -> BenchJob:
    at = dice.spot()
    if dice.random.random() >= TOWED:
        return bench_job(at, release, dice.on_scene(), None)
    return bench_job(at, release, TOW_MIN, min(shops, key=lambda shop: math.dist(shop, at)))


def drawn_snapshot(seed: int, trucks: int, jobs: int, side: float = 60.0) -> PlanningState:
    """Draw a bad hour: so many trucks and so many open jobs, twenty workshops, shifts that end."""
    dice = _Dice(random.Random(seed), side)  # noqa: S311 - likewise
    shops = [End(f"w{number}", dice.spot(), 540.0) for number in range(20)]
    now = 4 * 3600.0
    return PlanningState(
        now,
        tuple(_truck(dice, number, now) for number in range(trucks)),
        tuple(_planned(dice, number, now, shops) for number in range(jobs)),
    )


def _truck(dice: _Dice, number: int, now: float) -> PlannedTruck:
    free = now + max(0.0, dice.random.uniform(-600.0, 2_400.0))
    shift_end = now + dice.random.uniform(3_600.0, 8 * 3_600.0)
    return PlannedTruck(f"t{number:04}", dice.spot(), free, shift_end=shift_end, home=dice.spot())


def _planned(dice: _Dice, number: int, now: float, shops: list[End]) -> PlannedJob:
    at, release = dice.spot(), now - dice.random.uniform(0.0, 5_400.0)
    if dice.random.random() >= TOWED:
        return PlannedJob(f"j{number:04}", at, release, dice.on_scene() * 60)
    near = sorted(shops, key=lambda shop: math.dist(shop.place, at))[:3]
    return PlannedJob(f"j{number:04}", at, release, TOW_MIN * 60, ends=tuple(near))
