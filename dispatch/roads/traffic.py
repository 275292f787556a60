"""How much longer a drive takes than on empty dry roads: by the hour, by what lies on the road. Pure.

A workday's two peaks are as TomTom's Traffic Index draws them for cities of half a million; the figures are ours [fit]. What rain
and snow do is the Federal Highway Administration's: on arterials 10 to 25% slower when wet, 30 to 40% on snow and slush
("How do weather events impact roads?"); of each the middle. Bare ice [fit].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

HOUR_S = 3_600.0
WORKDAY = (
    *(1.0, 1.0, 1.0, 1.0, 1.0, 1.02, 1.10, 1.28, 1.32, 1.16, 1.10, 1.10),
    *(1.12, 1.12, 1.16, 1.30, 1.42, 1.34, 1.16, 1.07, 1.03, 1.0, 1.0, 1.0),
)
"""Times the free time, at the middle of each hour; between them it changes evenly."""
WEEKEND = (
    *(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.03, 1.06, 1.10),
    *(1.12, 1.12, 1.12, 1.10, 1.10, 1.08, 1.05, 1.03, 1.0, 1.0, 1.0, 1.0),
)
SATURDAY = 5
MIDDLES = tuple(hour + 0.5 for hour in range(24))


class Surface(StrEnum):
    """What lies on the road."""

    DRY = "dry"
    WET = "wet"
    SNOW = "snow"
    ICE = "ice"


PACE: Mapping[Surface, float] = {Surface.DRY: 1.0, Surface.WET: 0.83, Surface.SNOW: 0.65, Surface.ICE: 0.6}
"""How fast one drives on it, to how fast one drives on a dry road."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """By whose clock it goes (IANA)."""

    zone: str

    def day(self, at: float) -> tuple[float, tuple[float, ...]]:
        """Return which hour of its day it is at ``at`` (POSIX seconds), and that day's figures, of ``MIDDLES``."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.zone))
        hour = local.hour + (local.minute * 60 + local.second) / HOUR_S
        return hour, WEEKEND if local.weekday() >= SATURDAY else WORKDAY

    def slowness(self, at: float) -> float:
        """Return how many times the free time a drive takes at ``at``, POSIX seconds."""
        hour, hours = self.day(at)
        before = int((hour - 0.5) // 1)
        share = hour - 0.5 - before
        return hours[before % 24] * (1 - share) + hours[(before + 1) % 24] * share
