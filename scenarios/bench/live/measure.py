"""One load at one rate: what was offered, what the service achieved, how long a fault took, and what it cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from scenarios.bench.live.connections import NotHandled
from scenarios.bench.live.generator import Load
from scenarios.bench.live.processes import cores
from scenarios.bench.live.stage import Setup, ledger, staged
from scenarios.bench.live.verdict import judge
from scenarios.bench.live.watch import Observed, Watch

SLICES = 10
"""Parts of the run that the latency is told of, so that a drift shows."""
Figures = dict[str, Any]


def measure(setup: Setup, load: Load) -> Figures:
    """Run a load on a stage of its own."""
    with staged(setup) as stage:
        figures, faults = observe(stage, load)
    with ledger(setup) as journal:
        verdict = judge(faults, journal.ledger.rows())
    return {
        **figures,
        "duplicates": verdict.duplicates,
        "lost": verdict.lost,
        "commands_again": verdict.commands_again,
        **where(setup),
    }


def where(setup: Setup) -> Figures:
    """Return what a run is on."""
    store = str(setup.address()) if setup.store else "sqlite"
    return {"devices": setup.devices, "broker": setup.broker, "store": store}


def observe(stage: Observed, load: Load) -> tuple[Figures, list[dict[str, Any]]]:
    """Run a load, and return the figures and every fault that was told."""
    before = stage.parts.spent()
    with Watch(stage) as watch:
        told = stage.pilot.run(load, watch.said)
        over = watch.over or stage.parts.spent()
        caught_up_s, unhandled = _caught_up(stage, told)
    faults = stage.pilot.faults(stage.folder / "faults.json")
    ended = stage.parts.spent()
    latencies = [1000 * (one["answered"] - one["due"]) for one in faults if one["answered"] is not None]
    return {
        "offered_per_s": round(load.rate + load.faults_per_s, 1),
        "achieved_per_s": watch.course().achieved_per_s(),
        "p50_ms": _percentile(latencies, 50),
        "p99_ms": _percentile(latencies, 99),
        "p999_ms": _percentile(latencies, 99.9),
        "duplicates": 0,
        "lost": 0,
        "cpu_cores": cores(before, over),
        "rss_mb": {part: {"begin": mb, "end": ended.rss_mb[part]} for part, mb in before.rss_mb.items()},
        "lag": watch.course().lag(),
        "p99_ms_over_time": _over_time(faults),
        "sent": told["sent"],
        "faults": told["faults"],
        "acked": told["acked"],
        "late_p99_ms": told["late_p99_ms"],
        "late_max_ms": told["late_max_ms"],
        "caught_up_s": caught_up_s,
        "unhandled": unhandled,
        "connections_broken": told["broken"],
    }, faults


def _caught_up(stage: Observed, told: dict[str, Any]) -> tuple[float | None, int]:
    """Wait until all is handled; return how long after the last was sent, and how much never was."""
    try:
        return round(told["settled_after_s"] + stage.catch_up(told["total"]), 2), 0
    except NotHandled as failed:
        stage.say(str(failed))
        return None, failed.missing


def _over_time(faults: list[dict[str, Any]]) -> list[float | None]:
    """Return the 99th percentile of each tenth of the run."""
    told = sorted((one for one in faults if one["answered"] is not None), key=lambda one: one["due"])
    parts = np.array_split(np.array([1000 * (one["answered"] - one["due"]) for one in told]), SLICES)
    return [_percentile(list(part), 99) for part in parts]


def _percentile(values: list[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if len(values) else None
