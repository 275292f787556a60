"""Which time it is: the wall's, or a story's, which runs faster. Nothing in the core asks; whoever drives it does."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LOOK_AGAIN_S = 0.05
"""How soon a story that has not begun is looked at again. Files cannot tell that they changed."""


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

    def real_seconds_until(self, at: float) -> float:
        """Seconds until ``at``; 0 where it has passed."""
        return max(0.0, at - self.now())


class BadClockFile(ValueError):  # noqa: N818 - says what happened
    """The operator's fault: the clock file is missing or does not hold what it should."""


class _Setting(BaseModel):
    """What stands in the clock file."""

    model_config = ConfigDict(extra="forbid")

    start: float
    """The story's time at which it begins, POSIX seconds."""
    rate: float = Field(gt=0)
    """Story seconds for each second of the wall."""
    anchor: float | None = None
    """When it began, POSIX seconds of the wall; absent as long as everybody is getting ready."""


class StoryClock:
    """A story's time: stands still at ``start`` until the file has an ``anchor``, then runs at ``rate``.

    Raises ``BadClockFile`` where the file cannot be used. Safe to ask from several threads.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._setting = self._read()

    def now(self) -> float:
        """POSIX seconds of the story."""
        setting = self._current()
        if setting.anchor is None:
            return setting.start
        return setting.start + max(0.0, time.time() - setting.anchor) * setting.rate

    def real_seconds_until(self, at: float) -> float:
        """Seconds of the wall until ``at``; before the story begins, how soon to ask again."""
        setting = self._current()
        if setting.anchor is None:
            return LOOK_AGAIN_S
        return max(0.0, (at - self.now()) / setting.rate)

    def _current(self) -> _Setting:
        if self._setting.anchor is None:
            self._setting = self._read()
        return self._setting

    def _read(self) -> _Setting:
        try:
            setting = _Setting.model_validate(json.loads(self._path.read_bytes()))
        except OSError as error:
            message = f"the clock file {self._path} cannot be read: {error.strerror}"
            raise BadClockFile(message) from error
        except (ValueError, ValidationError) as error:
            message = (
                f'the clock file {self._path} must hold {{"start": …, "rate": …, "anchor": null or a time}}: {error}'
            )
            raise BadClockFile(message) from error
        if not math.isfinite(setting.start):
            message = f"the clock file {self._path}: start must be a time in POSIX seconds"
            raise BadClockFile(message)
        return setting
