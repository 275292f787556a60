"""One trip of somebody who lives here."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.world.town import Point, between


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive. Times in POSIX seconds."""

    depart: float
    arrive: float
    start: Point
    end: Point

    def place(self, at: float) -> Point:
        """Where one is at ``at``, at an even speed and as the crow flies."""
        span = self.arrive - self.depart
        share = (at - self.depart) / span if span > 0 else 1.0
        return between(self.start, self.end, min(1.0, max(0.0, share)))
