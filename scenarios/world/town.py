"""The map: points, distances and ways on a small piece of the Earth, flat enough to be measured in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

METRES_PER_DEGREE = 111_320.0
"""Of latitude."""


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84 degrees."""

    latitude: float
    longitude: float


def moved(start: Point, east: float, north: float) -> Point:
    """Return the point ``east`` and ``north`` metres from ``start``."""
    narrowing = math.cos(math.radians(start.latitude))
    return Point(start.latitude + north / METRES_PER_DEGREE, start.longitude + east / (METRES_PER_DEGREE * narrowing))


def metres(a: Point, b: Point) -> float:
    """Return the distance over the great circle, good to 0.5% within 100 km."""
    narrowing = math.cos(math.radians((a.latitude + b.latitude) / 2))
    return METRES_PER_DEGREE * math.hypot(b.latitude - a.latitude, (b.longitude - a.longitude) * narrowing)


def between(a: Point, b: Point, share: float) -> Point:
    """Return the point at ``share`` (0 to 1) of the way from ``a`` to ``b``."""
    return Point(a.latitude + (b.latitude - a.latitude) * share, a.longitude + (b.longitude - a.longitude) * share)


@dataclass(frozen=True, slots=True)
class Town:
    """A disc around a centre, or a square whose sides run north and east, ``radius`` away from it."""

    centre: Point
    radius: float
    shape: Literal["disc", "square"] = "disc"

    def somewhere(self, dice: np.random.Generator) -> Point:
        """Draw a point, all of the town alike."""
        first, second = dice.random(), dice.random()
        if self.shape == "square":
            return moved(self.centre, self.radius * (2 * first - 1), self.radius * (2 * second - 1))
        distance, angle = self.radius * math.sqrt(first), 2 * math.pi * second
        return moved(self.centre, distance * math.cos(angle), distance * math.sin(angle))

    def at_distance(self, start: Point, distance: float, dice: np.random.Generator) -> Point:
        """Draw a point ``distance`` metres from ``start``: in any direction that stays in town, or to the centre."""
        angle = 2 * math.pi * dice.random()
        point = moved(start, distance * math.cos(angle), distance * math.sin(angle))
        if metres(self.centre, point) <= self.radius:
            return point
        away = metres(start, self.centre)
        return between(start, self.centre, distance / away) if away > 1 else point
