"""The map: points, distances and ways on a small piece of the Earth, flat enough to be measured in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from scenarios.story.distributions import Numbers

METRES_PER_DEGREE = 111_320.0
"""Of latitude."""


@dataclass(frozen=True, slots=True)
class Point:
    """WGS 84 degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Places:
    """Many points at once, WGS 84 degrees."""

    latitude: Numbers
    longitude: Numbers

    def __getitem__(self, index: int) -> Point:
        """Return one of them."""
        return Point(float(self.latitude[index]), float(self.longitude[index]))


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


class Way(Protocol):
    """From one place to another."""

    def at(self, share: float) -> Point:
        """Return where one is when a share (0 to 1) of the time is over."""


@dataclass(frozen=True, slots=True)
class Straight:
    """As the crow flies."""

    start: Point
    end: Point

    def at(self, share: float) -> Point:
        """Return where one is."""
        return between(self.start, self.end, min(1.0, max(0.0, share)))


@dataclass(frozen=True, slots=True)
class Journey:
    """A way, and how many seconds it takes."""

    way: Way
    lasts: float
    expected: float
    """As long as navigation says when one sets out: it knows of jams and of the hour, and not of luck."""


class Beeline(Protocol):
    """How fast somebody drives where there are no roads."""

    @property
    def speed(self) -> float:
        """In metres a second."""

    @property
    def circuity(self) -> float:
        """Road length over great circle."""


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

    def many(self, count: int, dice: np.random.Generator) -> Places:
        """Draw ``count`` points, all of the town alike."""
        first, second = dice.random((2, count))
        if self.shape == "square":
            north, east = self.radius * (2 * second - 1), self.radius * (2 * first - 1)
        else:
            distance, angle = self.radius * np.sqrt(first), 2 * np.pi * second
            north, east = distance * np.sin(angle), distance * np.cos(angle)
        narrowing = METRES_PER_DEGREE * math.cos(math.radians(self.centre.latitude))
        return Places(self.centre.latitude + north / METRES_PER_DEGREE, self.centre.longitude + east / narrowing)

    def at_distances(self, starts: Places, distance: Numbers, luck: Numbers) -> Places:
        """Return a point so many metres from each start: in the direction that its luck says, or towards the centre.

        ``luck``: at least 0, less than 1. Towards the centre go those who would leave town.
        """
        angle, east_m = 2 * np.pi * luck, METRES_PER_DEGREE * np.cos(np.radians(starts.latitude))
        latitude = starts.latitude + distance * np.sin(angle) / METRES_PER_DEGREE
        longitude = starts.longitude + distance * np.cos(angle) / east_m
        outside = self._from_centre(latitude, longitude) > self.radius
        share = np.minimum(1.0, distance / np.maximum(1.0, self._from_centre(starts.latitude, starts.longitude)))
        inward = starts.latitude + (self.centre.latitude - starts.latitude) * share
        inward_east = starts.longitude + (self.centre.longitude - starts.longitude) * share
        return Places(np.where(outside, inward, latitude), np.where(outside, inward_east, longitude))

    def way(self, start: Point, end: Point) -> Way:
        """Return the way from one place to another."""
        return Straight(start, end)

    def journey(self, who: str, start: Point, end: Point, at: float, beeline: Beeline) -> Journey:  # noqa: ARG002 - roads ask
        """Return the way of ``who`` sets out at ``at``, POSIX seconds, and how long it takes."""
        lasts = metres(start, end) * beeline.circuity / beeline.speed
        return Journey(self.way(start, end), lasts, lasts)

    def _from_centre(self, latitude: Numbers, longitude: Numbers) -> Numbers:
        """Return how many metres points lie from the centre; in a square, north or east of it, whichever is more."""
        narrowing = np.cos(np.radians((latitude + self.centre.latitude) / 2))
        east = (longitude - self.centre.longitude) * narrowing
        north = latitude - self.centre.latitude
        square = self.shape == "square"
        away: Numbers = METRES_PER_DEGREE * (np.maximum(abs(north), abs(east)) if square else np.hypot(north, east))
        return away
