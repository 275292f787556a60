"""Watching a run: what was sent and what was handled, each at its own times, put side by side."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

import numpy as np

from scenarios.bench.live.pilot import Pilot
from scenarios.bench.live.processes import Parts, Spent

LOOK_EVERY_S = 0.5
UNDER_WAY_S = 0.9
"""So long after the begin the load is on its way through."""
Samples = list[tuple[float, int]]
"""When (``perf_counter``, which all processes of a machine share), and how many by then."""


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

    def say(self, what: str) -> None:
        """Say what is being done."""

    def handled(self) -> int:
        """Return how many events of the load were handled."""

    def catch_up(self, deliveries: int) -> float:
        """Wait until so many were; return how long that took. Raises ``NotHandled``."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run went. Pure."""

    sent: Samples
    """The first at the begin of the load, the last at its end."""
    handled: Samples

    def achieved_per_s(self) -> float:
        """Return how fast events were handled from when the load was under way until its last message was sent."""
        ends = self.sent[-1][0]
        begins = min(self.sent[0][0] + UNDER_WAY_S, ends)
        took = ends - begins
        return round((by(self.handled, ends) - by(self.handled, begins)) / took, 1) if took > 0 else 0.0

    def lag(self) -> list[tuple[float, int]]:
        """Return how many events were sent and not handled yet, over the time of the load."""
        begins, ends = self.sent[0][0], self.sent[-1][0]
        looked = [at for at, _ in self.handled if begins <= at <= ends] + [ends]
        return [(round(at - begins, 1), max(0, round(by(self.sent, at) - by(self.handled, at)))) for at in looked]


def by(samples: Samples, at: float) -> float:
    """Return how many it were at a moment, in a straight line between two samples."""
    times, counts = [when for when, _ in samples], [float(count) for _, count in samples]
    return float(np.interp(at, times, counts))


@dataclass(slots=True)
class Watch:
    """Looks at what is under load, on a thread of its own: a look takes long where there is much to do. In a ``with`` block."""

    stage: Observed
    sent: Samples = field(default_factory=list)
    handled: Samples = field(default_factory=list)
    over: Spent | None = None
    """What it had cost when the last message was sent."""
    _handled_before: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to look."""
        self._handled_before = self.stage.handled()
        self.handled.append((time.perf_counter(), self._handled_before))
        self._thread = threading.Thread(target=self._look_now_and_then, name="watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._ended.set()
        if self._thread:
            self._thread.join()

    def course(self) -> Course:
        """Return how it went."""
        before = self.sent[0][1]
        return Course(
            [(at, total - before) for at, total in self.sent],
            [(at, count - self._handled_before) for at, count in sorted(self.handled)],
        )

    def said(self, kind: str, told: dict[str, float]) -> None:
        """Take what the generator says."""
        if self.over is None:
            self.sent.append((told["at"], int(told["total"])))
            self.stage.say(
                f"{self.sent[-1][1] - self.sent[0][1]:,} events sent, {int(told['waiting'])} faults unanswered"
            )
        if kind == "over":
            self.over = self.stage.parts.spent()
            self._look()  # between a look before the end and one long after it, a straight line would tell of too few

    def _look_now_and_then(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        asked = time.perf_counter()
        handled = self.stage.handled()
        self.handled.append(((asked + time.perf_counter()) / 2, handled))
