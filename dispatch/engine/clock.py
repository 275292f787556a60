"""Which time it is. Nothing in the core asks; whoever drives it does. A story's time: ``story_clock``.

What is about customers and their cars is counted in the clock's seconds. What is about the machine, whether it keeps up,
is counted in seconds of the wall: a service that plays a story sixty times faster is not in trouble because a sixth of a
second passed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

SLEW = 0.25
"""Seconds that a steadied clock gains or loses in a second, until it agrees with the machine's."""
FOLLOWED_AT_ONCE_S = 480.0
"""Below the ten minutes by which a device's clock may run ahead of ours."""


def _elapsed() -> float:
    """Seconds since the machine started, those in which it slept included, where the system counts them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Clock(Protocol):
    """Tells the service's time."""

    def now(self) -> float:
        """POSIX seconds."""

    def real_seconds_until(self, at: float) -> float:
        """How long to wait, in seconds of the wall, until ``at`` may have come. Ask again after it."""

    def real_seconds(self, span: float) -> float:
        """How many seconds of the wall ``span`` seconds of this clock last."""


class WallClock:
    """The real time, steadied: a minute is a minute, even where the machine's clock is set forth or back meanwhile.

    Otherwise every deadline within the step would pass at once: trucks would lose jobs that they were offered a second ago.
    It comes back to the machine's clock by ``SLEW``; a step of more than ``FOLLOWED_AT_ONCE_S`` it follows at once, for
    with a clock that is so wrong devices would be refused. Safe to ask from several threads.
    """

    def __init__(self, wall: Callable[[], float] = time.time, elapsed: Callable[[], float] = _elapsed) -> None:
        """``wall`` may be set, ``elapsed`` never is: seconds since any moment."""
        self._wall, self._elapsed = wall, elapsed
        self._lock = threading.Lock()
        self._at, self._asked_at = wall(), elapsed()

    def now(self) -> float:
        """POSIX seconds."""
        with self._lock:
            asked_at = self._elapsed()
            passed, self._asked_at = asked_at - self._asked_at, asked_at
            self._at += passed
            off = self._wall() - self._at
            if abs(off) <= FOLLOWED_AT_ONCE_S:
                off = max(-SLEW * passed, min(SLEW * passed, off))
            self._at += off
            return self._at

    def go_on_from(self, at: float) -> None:
        """Begin no earlier than where the ledger ends, POSIX seconds, as if no restart had been in between.

        A machine's clock that was set back meanwhile is agreed with by ``SLEW``, too. Otherwise every deadline, and whatever is to
        leave, would stand still until the clock is there again: the ledger's time never goes back.
        """
        with self._lock:
            if self._at < at <= self._at + FOLLOWED_AT_ONCE_S:
                self._at = at

    def real_seconds_until(self, at: float) -> float:
        """Seconds until ``at``; 0 where it has passed."""
        return max(0.0, at - self.now())

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span
