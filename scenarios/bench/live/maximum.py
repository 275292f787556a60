"""The highest rate that is kept up: the load is stepped up until the service falls behind, on one stage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scenarios.bench.live.generator import Load
from scenarios.bench.live.measure import Figures, observe
from scenarios.bench.live.stage import Setup, ledger, staged
from scenarios.bench.live.verdict import judge

STEP = 1.25
FINER = 1.1
KEPT_UP = 0.98
"""Of what was offered; the rest is the grain of the samples."""
BEHIND_S = 1.0
"""So many seconds' worth of events wait at the end: it was not kept up."""


def find_maximum(setup: Setup, first: Load) -> Figures:
    """Step up from ``first``; return the figures of the last load that was kept up, and every step that was tried."""
    steps: list[dict[str, Any]] = []
    best: Figures = {}
    faults: list[dict[str, Any]] = []
    with staged(setup) as stage:
        load, factor = first, STEP
        while True:
            figures, faults = observe(stage, load)
            kept = keeps_up(figures)
            steps.append({name: figures[name] for name in ("offered_per_s", "achieved_per_s", "p99_ms", "late_p99_ms")})
            if kept:
                best = figures
            elif factor == FINER or not best:
                break
            else:
                load, factor = replace(load, rate=load.rate / STEP), FINER
            load = replace(load, rate=load.rate * factor)
    with ledger(setup) as journal:
        verdict = judge(faults, journal.rows())
    maximum = best["achieved_per_s"] if best else None
    return {
        "maximum_per_s": maximum,
        **(best or figures),
        "lost": verdict.lost,
        "duplicates": verdict.duplicates,
        "steps": steps,
    }


def keeps_up(figures: Figures) -> bool:
    """Tell whether a load was kept up: as much handled as offered, and no backlog at the end."""
    offered, (_, lag) = figures["offered_per_s"], figures["lag"][-1]
    return bool(figures["achieved_per_s"] >= KEPT_UP * offered and lag < BEHIND_S * offered)
