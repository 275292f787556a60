"""The figures of ``callahead bench dispatch``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TypeVar

from dispatch.core.plan.model import Plan, PlanningState
from dispatch.core.plan.planner import searched
from dispatch.core.plan.tables import tables_of
from dispatch.planner.partition import QUICK, THOROUGH, Stage, partition
from scenarios.bench.dispatch.clairvoyant import clairvoyant
from scenarios.bench.dispatch.drawn import DAY_GAP_MIN, DAY_JOBS, drawn, drawn_snapshot
from scenarios.bench.dispatch.instance import Instance
from scenarios.bench.dispatch.invariants import Broken
from scenarios.bench.dispatch.online import first_come, late_share, mean_cost, nearest_pair, waits
from scenarios.bench.dispatch.planned import ByPlan, Plane
from scenarios.bench.dispatch.replans import broken_in_replans

T = TypeVar("T")
DAY_TRUCKS, BIG_TRUCKS, BIG_JOBS = 10, 150, 400
GAP_SNAPSHOTS = 5
"""Bad hours of ten trucks whose level-3 plans are held against the bound of all routes."""


@dataclass(frozen=True, slots=True)
class ComparedInstance:
    """Mean costs of one instance, and what its plans broke."""

    first_come: float
    nearest: float
    clairvoyant: float
    plan: float
    broken: Broken


@dataclass(frozen=True, slots=True)
class BenchDay:
    """One day of ten trucks."""

    nearest: float
    plan: float
    late: float
    first_come_late: float
    broken: Broken


@dataclass(frozen=True, slots=True)
class DispatchFigures:
    """What is printed. Costs in minutes (see the instances' head), shares from 0 to 1."""

    instances: int
    first_come_cost: float
    nearest_cost: float
    clairvoyant_cost: float
    """The exact optimum in hindsight."""
    cost: float
    """Of the plan of level 2, jobs known from their release only."""
    gap_closed: float | None
    """(nearest - plan) ÷ (nearest - clairvoyant); ``None``: there is no gap, and the plan lies above it."""
    clairvoyant_ratio: float | None
    """Plan ÷ clairvoyant. This and the other ratios are ``None`` where nobody need have waited at all, and somebody did."""
    least_ratio: float | None
    """The least of all instances; below 1 something would be wrong."""
    nearest_ratio: float | None
    first_come_ratio: float | None
    day_cost_vs_nearest: float
    """Ten trucks, twelve hours, load 0.9: the plan's mean cost ÷ nearest pair's, less 1."""
    late_share: float
    first_come_late_share: float
    lp_gap: float
    """The most by which a plan of level 3 lies above what no plan lies below."""
    replan_ms_level2: float
    """150 trucks and 400 jobs, one of them new: the median."""
    replan_ms_level3: float
    deferred: int
    pinned_moved: int
    unassigned: int


def measured(
    instances: Sequence[Instance], days: int, replans: int, processes: int, progress: Callable[[float], None]
) -> DispatchFigures:
    """Play and measure everything."""
    with ProcessPoolExecutor(processes) as pool:
        played = list(_counted(pool.map(compared, instances), len(instances), lambda done: progress(0.4 * done)))
        drawn_days = list(_counted(pool.map(day, range(days)), days, lambda done: progress(0.4 + 0.3 * done)))
        gaps = list(pool.map(snapshot_gap, range(GAP_SNAPSHOTS)))
    progress(0.8)
    broken = sum([*(one.broken for one in played), *(one.broken for one in drawn_days)], broken_in_replans(replans))
    progress(0.9)
    return _figures(played, drawn_days, max(gaps), big_replans(drawn_snapshot(1, BIG_TRUCKS, BIG_JOBS)), broken)


def compared(instance: Instance) -> ComparedInstance:
    """Play one instance by each way to decide."""
    nearest, plans = mean_cost(waits(instance, nearest_pair)), ByPlan()
    cost = mean_cost(waits(instance, plans))
    first = mean_cost(waits(instance, first_come))
    return ComparedInstance(first, nearest, clairvoyant(instance, min(nearest, cost)), cost, plans.broken)


def day(seed: int) -> BenchDay:
    """Play a day of ten trucks."""
    instance, plans = drawn(1_000 + seed, DAY_TRUCKS, DAY_JOBS, DAY_GAP_MIN), ByPlan()
    found = waits(instance, plans)
    nearest = mean_cost(waits(instance, nearest_pair))
    return BenchDay(nearest, mean_cost(found), late_share(found), late_share(waits(instance, first_come)), plans.broken)


def snapshot_gap(seed: int) -> float:
    """Return how far a plan of level 3 lies above its bound, ten trucks and 10 to 20 open jobs."""
    tables = tables_of(drawn_snapshot(2_000 + seed, DAY_TRUCKS, 10 + 2 * seed, side=30.0), Plane())
    return partition(tables, searched(tables), THOROUGH).gap


def big_replans(snapshot: PlanningState) -> tuple[float, float]:
    """Return how long a replan takes at level 2, the median of five new jobs, and at level 3, milliseconds."""
    standing = replace(snapshot, jobs=snapshot.jobs[:-5])
    plan, took = _planned(standing, None)[0], list[float]()
    for job in snapshot.jobs[-5:]:
        standing = replace(standing, jobs=(*standing.jobs, job))
        plan, ms = _planned(standing, plan)
        took.append(ms)
    return sorted(took)[2], _level3_ms(snapshot, QUICK)


def _planned(snapshot: PlanningState, before: Plan | None) -> tuple[Plan, float]:
    start = time.perf_counter()
    plan = searched(tables_of(snapshot, Plane()), before.routes if before else {})
    return plan, (time.perf_counter() - start) * 1e3


def _level3_ms(snapshot: PlanningState, stages: Sequence[Stage]) -> float:
    start = time.perf_counter()
    tables = tables_of(snapshot, Plane())
    partition(tables, searched(tables), stages)
    return (time.perf_counter() - start) * 1e3


def _counted(found: Iterable[T], of: int, progress: Callable[[float], None]) -> Iterator[T]:
    for number, one in enumerate(found, 1):
        progress(number / of)
        yield one


def _figures(
    played: Sequence[ComparedInstance],
    days: Sequence[BenchDay],
    lp_gap: float,
    took: tuple[float, float],
    broken: Broken,
) -> DispatchFigures:
    first, nearest = fmean(one.first_come for one in played), fmean(one.nearest for one in played)
    best, cost = fmean(one.clairvoyant for one in played), fmean(one.plan for one in played)
    return DispatchFigures(
        instances=len(played),
        first_come_cost=_short(first),
        nearest_cost=_short(nearest),
        clairvoyant_cost=_short(best),
        cost=_short(cost),
        gap_closed=_closed(nearest, best, cost),
        clairvoyant_ratio=_ratio(cost, best),
        least_ratio=min(filter(None, (_ratio(one.plan, one.clairvoyant) for one in played)), default=None),
        nearest_ratio=_ratio(nearest, best),
        first_come_ratio=_ratio(first, best),
        day_cost_vs_nearest=_short(fmean(one.plan for one in days) / fmean(one.nearest for one in days) - 1),
        late_share=_short(fmean(one.late for one in days)),
        first_come_late_share=_short(fmean(one.first_come_late for one in days)),
        lp_gap=_short(lp_gap),
        replan_ms_level2=_short(took[0]),
        replan_ms_level3=_short(took[1]),
        deferred=broken.deferred,
        pinned_moved=broken.pinned_moved,
        unassigned=broken.unassigned,
    )


def _short(figure: float) -> float:
    return round(figure, 4)


def _closed(nearest: float, best: float, cost: float) -> float | None:
    """Return how much of the gap a plan closes; a nearest pair that is as good as can be leaves none."""
    if nearest > best:
        return _short((nearest - cost) / (nearest - best))
    return 1.0 if cost <= best else None


def _ratio(cost: float, best: float) -> float | None:
    """Return a ratio; where nobody waits at all, who does not either is as good."""
    if best > 0:
        return _short(cost / best)
    return 1.0 if cost <= 0 else None
