"""The figures of ``callahead bench calls``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean

from scenarios.bench.calls.jobs import drawn
from scenarios.bench.calls.optimum import solved
from scenarios.experiments.trial import Trial
from scenarios.experiments.workers import Workers
from scenarios.story.loader import open_story

STORY, FIRST_SEED = "busy_morning", 1
ORDERS = ("index", "due")
SHARE = "called_first_share"


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What is printed. Shares from 0 to 1."""

    instances: int
    index_vs_optimum_mean: float
    """How many the index calls first ÷ the most that can be."""
    index_vs_optimum_worst: float
    seeds: int
    busy_called_first: float
    """``called_first_share`` of ``busy_morning`` by the index, the mean of the seeds."""
    busy_called_first_before: float
    """By severity and due time, on the same seeds."""


def measured(instances: int, seed: int, seeds: int, workers: Workers, progress: Callable[[float], None]) -> CallFigures:
    """Solve the instances, and play the story by both orders."""
    ratios = [one.index / one.optimum for one in map(solved, drawn(seed, instances))]
    progress(0.05)
    shares: dict[str, list[float]] = {order: [] for order in ORDERS}
    for number, one in enumerate(workers.outcomes(_trials(seeds)), 1):
        shares[one.label].append(float(one.scorecard[SHARE] or 0.0))
        progress(0.05 + 0.95 * number / (len(ORDERS) * seeds))
    by_index, by_due = (fmean(shares[order]) for order in ORDERS)
    return CallFigures(instances, fmean(ratios), min(ratios), seeds, by_index, by_due)


def _trials(seeds: int) -> Iterator[Trial]:
    stories = {order: open_story(STORY, [f"policy.call_order={order}"]) for order in ORDERS}
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        yield from (Trial(order, story, seed) for order, story in stories.items())
