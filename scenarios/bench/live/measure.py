"""One load at one rate: what was offered, what the service achieved, how long a fault took, and what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from scenarios.bench.live.generator import Load
from scenarios.bench.live.pilot import Pilot
from scenarios.bench.live.processes import Parts, Spent, cores
from scenarios.bench.live.stage import Setup, ledger, staged
from scenarios.bench.live.verdict import judge

SLICES = 10
"""Parts of the run that the latency is told of, so that a drift shows."""
UNDER_WAY_S = 0.9
Figures = dict[str, Any]


class Observed(Protocol):
    """What runs under a load, ours or another."""

    @property
    def folder(self) -> Path:
        """Where files of the run may lie."""

    @property
    def pilot(self) -> Pilot:
        """Its load."""

    @property
    def parts(self) -> Parts:
        """Its processes."""

    def handled(self) -> int:
        """Return how many events of the load were handled."""

    def catch_up(self, deliveries: int) -> float:
        """Wait until so many were; return how long that took."""


@dataclass(slots=True)
class Watch:
    """Looks at what is under load whenever the generator says how far it is."""

    stage: Observed
    before: Spent
    began: float = field(default_factory=time.perf_counter)
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds since the begin, events sent by then, events handled by then."""
    sent_before: int = 0
    over: Spent | None = None

    def said(self, kind: str, told: dict[str, int]) -> None:
        """Take a sample; with the last message sent, see what it has cost."""
        if self.over is not None:
            return
        self.samples.append((time.perf_counter() - self.began, told["total"] - self.sent_before, self.stage.handled()))
        if kind == "over":
            self.over = self.stage.parts.spent()

    def achieved_per_s(self) -> float:
        """Return how fast events were handled between the first sample that finds the load on its way and the last."""
        under_way = [sample for sample in self.samples if sample[0] >= UNDER_WAY_S] or self.samples
        (began, _, before), (ended, _, after) = under_way[0], under_way[-1]
        return round((after - before) / (ended - began), 1) if ended > began else 0.0

    def lag(self) -> list[tuple[float, int]]:
        """Return how many events were sent and not handled yet, over time."""
        return [(round(at, 1), max(0, sent - handled)) for at, sent, handled in self.samples]


def measure(setup: Setup, load: Load) -> Figures:
    """Run a load on a stage of its own."""
    with staged(setup) as stage:
        figures, faults = observe(stage, load)
    with ledger(setup) as journal:
        verdict = judge(faults, journal.rows())
    return {
        **figures,
        "duplicates": verdict.duplicates,
        "lost": verdict.lost,
        "commands_again": verdict.commands_again,
        "devices": setup.devices,
        "broker": setup.broker,
        "store": str(setup.address()) if setup.store else "sqlite",
    }


def observe(stage: Observed, load: Load) -> tuple[Figures, list[dict[str, Any]]]:
    """Run a load, and return the figures and every fault that was told."""
    watch = Watch(stage, stage.parts.spent())
    told = stage.pilot.run(load, watch.said)
    caught_up_s = stage.catch_up(told["total"] - watch.sent_before)
    faults = stage.pilot.faults(stage.folder / "faults.json")
    after = watch.over or stage.parts.spent()
    ended = stage.parts.spent()
    latencies = [1000 * (one["answered"] - one["due"]) for one in faults if one["answered"] is not None]
    return {
        "offered_per_s": round(load.rate + load.faults_per_s, 1),
        "achieved_per_s": watch.achieved_per_s(),
        "p50_ms": _percentile(latencies, 50),
        "p99_ms": _percentile(latencies, 99),
        "p999_ms": _percentile(latencies, 99.9),
        "duplicates": 0,
        "lost": 0,
        "cpu_cores": cores(watch.before, after),
        "rss_mb": {part: {"begin": mb, "end": ended.rss_mb[part]} for part, mb in watch.before.rss_mb.items()},
        "lag": watch.lag(),
        "p99_ms_over_time": _over_time(faults),
        "sent": told["sent"],
        "faults": told["faults"],
        "acked": told["acked"],
        "late_p99_ms": told["late_p99_ms"],
        "late_max_ms": told["late_max_ms"],
        "caught_up_s": round(told["settled_after_s"] + caught_up_s, 2),
        "connections_broken": told["broken"],
    }, faults


def _over_time(faults: list[dict[str, Any]]) -> list[float | None]:
    """Return the 99th percentile of each tenth of the run."""
    told = sorted((one for one in faults if one["answered"] is not None), key=lambda one: one["due"])
    parts = np.array_split(np.array([1000 * (one["answered"] - one["due"]) for one in told]), SLICES)
    return [_percentile(list(part), 99) for part in parts]


def _percentile(values: list[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if len(values) else None
