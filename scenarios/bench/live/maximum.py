"""The highest rate that is kept up: the load is stepped up until the service falls behind, on one stage."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from scenarios.bench.live.generator import Load
from scenarios.bench.live.measure import Figures, observe, where
from scenarios.bench.live.stage import Setup, ledger, staged
from scenarios.bench.live.verdict import judge
from scenarios.bench.live.watch import Observed

STEP = 1.25
FINER = 1.1
KEPT_UP = 0.95
"""Of what was offered; a few per cent are the grain of the samples, and show as a backlog where they are not."""
BEHIND_S = 0.5
"""So many seconds' worth of events wait at the end: it was not kept up."""
TOLD = ("offered_per_s", "achieved_per_s", "p99_ms", "late_p99_ms", "cpu_cores")
"""Of each step."""


@dataclass(slots=True)
class Climb:
    """How far it went."""

    best: Figures = field(default_factory=dict)
    """Of the last load that was kept up; empty where not even the first was."""
    last: Figures = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    """All that were told."""

    @property
    def figures(self) -> Figures:
        """Return the best, or what there is, with the maximum and the steps that led to it."""
        maximum = self.best["achieved_per_s"] if self.best else None
        return {"maximum_per_s": maximum, **(self.best or self.last), "steps": self.steps}


def find_maximum(setup: Setup, first: Load) -> Figures:
    """Step up from ``first``; return the figures of the last load that was kept up, and every step that was tried."""
    with staged(setup) as stage:
        climbed = climb(stage, first)
    with ledger(setup) as journal:
        verdict = judge(climbed.faults, journal.ledger.rows())
    return {**climbed.figures, "lost": verdict.lost, "duplicates": verdict.duplicates, **where(setup)}


def climb(stage: Observed, first: Load) -> Climb:
    """Step up in wide steps until one is not kept up, then in narrow ones from the last that was."""
    climbed, load, factor = Climb(), first, STEP
    while True:
        climbed.last, climbed.faults = observe(stage, load)
        told = {name: climbed.last[name] for name in TOLD}
        kept = keeps_up(climbed.last)
        climbed.steps.append(told | {"kept_up": kept})
        if kept:
            climbed.best = climbed.last
        elif factor == FINER or not climbed.best:
            return climbed
        else:
            load, factor = replace(load, rate=load.rate / STEP), FINER
        load = replace(load, rate=load.rate * factor)


def keeps_up(figures: Figures) -> bool:
    """Tell whether a load was kept up: as much handled as offered, and no backlog at the end."""
    offered, (_, lag) = figures["offered_per_s"], figures["lag"][-1]
    return bool(figures["achieved_per_s"] >= KEPT_UP * offered and lag < BEHIND_S * offered)
