"""A story's time on the wall, as whoever plays it writes it: stands still until it begins, then runs as fast as all keep up.

The service reads the same from a file (``dispatch.engine.story_clock``). The file gives the time a short lead over what the world
has played, and no more: where the world stands still for a moment, so does the time, for everybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from dispatch.engine.story_clock import Stretch

LEAD_S = 0.5
"""Seconds of the wall, at full speed, that the time may run ahead of the world."""
RENEWED_S = LEAD_S / 4
"""The file is written again once so much more may be given."""


class StoryClock:
    """``start`` in POSIX seconds of the story, ``speed`` in story seconds to a real one. ``begin`` lets it run."""

    def __init__(self, path: Path, start: float, speed: float, wall: Callable[[], float] = time.time) -> None:
        """Write the file: the time stands still."""
        self.path, self.speed = path, speed
        self._wall = wall
        self._write(Stretch(start=start, rate=speed))

    def begin(self) -> None:
        """Let the time run, from now on."""
        start = self._stretch.start
        self._write(Stretch(start=start, rate=self.speed, anchor=self._wall(), until=start + self._lead()))

    def go_on(self, played: float, factor: float) -> None:
        """Let it run on at ``factor`` of its speed. The world has played up to ``played``."""
        wall, until = self._wall(), max(self._stretch.until or played, played + self._lead())
        more = until - (self._stretch.until or played)
        if factor * self.speed != self._stretch.rate or more > RENEWED_S * self.speed:
            self._write(Stretch(start=self._stretch.at(wall), rate=factor * self.speed, anchor=wall, until=until))

    def now(self) -> float:
        """POSIX seconds of the story."""
        return self._stretch.at(self._wall())

    def real_seconds_until(self, at: float) -> float:
        """Seconds of the wall until ``at``; 0 where it is over."""
        return max(0.0, (at - self.now()) / self._stretch.rate)

    def _lead(self) -> float:
        return LEAD_S * self.speed

    def _write(self, stretch: Stretch) -> None:
        """The file appears whole or not at all."""
        self._stretch = stretch
        begun = self.path.with_suffix(".new")
        begun.write_text(stretch.model_dump_json())
        begun.replace(self.path)
