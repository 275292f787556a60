"""A story's time on the wall: stands still until it begins, then runs at a rate. The service reads the same from a file."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class StoryClock:
    """``start`` in POSIX seconds of the story, ``rate`` in story seconds to a real one. ``begin`` lets it run."""

    path: Path
    start: float
    rate: float
    anchor: float | None = None
    """When it began, POSIX seconds of the wall."""

    def write(self) -> None:
        """Tell the service; the file appears whole or not at all."""
        begun = self.path.with_suffix(".new")
        begun.write_text(json.dumps({"start": self.start, "rate": self.rate, "anchor": self.anchor}))
        begun.replace(self.path)

    def begin(self) -> None:
        """Let the time run, from now on."""
        self.anchor = time.time()
        self.write()

    def now(self) -> float:
        """POSIX seconds of the story."""
        if self.anchor is None:
            return self.start
        return self.start + max(0.0, time.time() - self.anchor) * self.rate

    def real_seconds_until(self, at: float) -> float:
        """Seconds of the wall until ``at``; 0 where it is over."""
        return max(0.0, (at - self.now()) / self.rate)
