"""One trip of somebody who lives here."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.world.town import Point, Way


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive. Times in POSIX seconds."""

    depart: float
    arrive: float
    end: Point
    way: Way

    def place(self, at: float) -> Point:
        """Where one is at ``at``, at an even speed."""
        span = self.arrive - self.depart
        share = (at - self.depart) / span if span > 0 else 1.0
        return self.way.at(share)
