"""A story's time as the service reads it: from a file that whoever plays the story writes, also while it plays."""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import OperatorError

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 0.05
"""Seconds of the wall between two looks at the file. Files cannot tell that they changed."""


class BadClockFile(OperatorError, ValueError):  # noqa: N818 - says what happened
    """The operator's fault: the clock file is missing or does not hold what it should."""


class Stretch(BaseModel):
    """What stands in the clock file: a stretch of the story that runs at one rate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: float
    """The story's time at which the stretch begins, POSIX seconds."""
    rate: float = Field(gt=0)
    """Story seconds for each second of the wall."""
    anchor: float | None = None
    """When it began, POSIX seconds of the wall; absent as long as everybody is getting ready."""
    until: float | None = None
    """The story's time at which it stands still until it is written anew; absent: it runs on."""

    def at(self, wall: float) -> float:
        """Return the story's time at ``wall``, POSIX seconds of the wall."""
        if self.anchor is None:
            return self.start
        reached = self.start + max(0.0, wall - self.anchor) * self.rate
        return reached if self.until is None else max(self.start, min(reached, self.until))


class StoryClock:
    """A story's time: stands still until the file has an ``anchor``, then runs as the file says at the time.

    Time never goes back, though the file is read a moment after it changed. Raises ``BadClockFile`` where the file cannot be
    used at the start; later the last stretch goes on. Safe to ask from several threads.
    """

    def __init__(
        self,
        path: Path,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        """``wall``: POSIX seconds, the same for whoever writes the file; ``elapsed``: seconds since any moment."""
        self._path, self._wall, self._elapsed = path, wall, elapsed
        self._lock = threading.Lock()
        self._stretch = _read(path)
        self._seen, self._looked_at = _version(path), elapsed()
        self._latest = self._stretch.start

    def now(self) -> float:
        """POSIX seconds of the story."""
        with self._lock:
            self._latest = max(self._latest, self._current().at(self._wall()))
            return self._latest

    def real_seconds_until(self, at: float) -> float:
        """Seconds of the wall until ``at``, or until the file may have changed: ask again."""
        return max(0.0, min(LOOK_AGAIN_S, (at - self.now()) / self._stretch.rate))

    def real_seconds(self, span: float) -> float:
        """How many seconds of the wall ``span`` story seconds last at the present rate."""
        return span / self._stretch.rate

    def _current(self) -> Stretch:
        asked_at = self._elapsed()
        if asked_at - self._looked_at >= LOOK_AGAIN_S:
            self._looked_at = asked_at
            self._look()
        return self._stretch

    def _look(self) -> None:
        """Take what the file says now, if that is something else and can be read."""
        seen = _version(self._path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._stretch = _read(self._path)
        except BadClockFile as error:
            log.warning("%s; the story's time runs on as before", error, extra={"flood": "clock"})


def _version(path: Path) -> tuple[int, int] | None:
    """Return what is another when a file was replaced; ``None``: it is gone."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns


def _read(path: Path) -> Stretch:
    try:
        stretch = Stretch.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        message = f"the clock file {path} cannot be read: {error.strerror}"
        raise BadClockFile(message) from error
    except (ValueError, ValidationError) as error:
        message = (
            f'the clock file {path} must hold {{"start": …, "rate": …, "anchor": null or a time, '
            f'"until": null or a time}}: {error}'
        )
        raise BadClockFile(message) from error
    if not math.isfinite(stretch.start):
        message = f"the clock file {path}: start must be a time in POSIX seconds"
        raise BadClockFile(message)
    return stretch
