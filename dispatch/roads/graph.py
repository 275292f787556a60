"""A graph of roads as arrays: junctions, the stretches between them, and how these run. Made once, changed never."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dispatch.roads.reading import MICRO
from dispatch.roads.ways import CLASSES

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file of roads holds: whole numbers, positions in millionths of a degree."""

    latitude: Whole
    """Of each junction."""
    longitude: Whole
    tail: Whole
    """Of each stretch: the junction where it begins."""
    head: Whole
    road: Whole
    """Its class, as an index of ``ways.CLASSES``."""
    kmh: Whole
    """How fast one drives where nothing is in the way."""
    one_way: Whole
    """1: from tail to head only."""
    points: Whole
    """How many points it has between its ends."""
    shape_latitude: Whole
    """Of all these points, stretch by stretch."""
    shape_longitude: Whole


@dataclass(frozen=True)
class RoadGraph:
    """Roads in memory. Lengths in metres, times in seconds without traffic, positions in degrees (WGS 84)."""

    name: str
    attribution: str
    """To be shown wherever these roads are."""
    zone: str
    """IANA: by whose clock its traffic goes."""
    drawn: str
    """As of when it was mapped."""
    columns: Columns

    @property
    def junctions(self) -> int:
        """How many."""
        return len(self.columns.latitude)

    @property
    def stretches(self) -> int:
        """How many."""
        return len(self.columns.tail)

    @cached_property
    def first(self) -> Whole:
        """Where the points of each stretch begin among all points, both ends counted; one more at the end."""
        return np.concatenate([[0], np.cumsum(self.columns.points + 2)])

    @cached_property
    def latitude(self) -> Real:
        """Of all points of all stretches, both ends counted."""
        return self._with_ends(self.columns.latitude, self.columns.shape_latitude)

    @cached_property
    def longitude(self) -> Real:
        """Likewise."""
        return self._with_ends(self.columns.longitude, self.columns.shape_longitude)

    @cached_property
    def _driven(self) -> Real:
        """How far each point is from the first of all, metres, by every stretch before it and the leaps between them."""
        north, east = metres_per_degree(self.latitude)
        steps = np.hypot(np.diff(self.latitude) * north[1:], np.diff(self.longitude) * east[1:])
        return np.concatenate([[0.0], np.cumsum(steps)])

    @cached_property
    def gone(self) -> Real:
        """How far each point is from the tail of its stretch, metres along it."""
        found: Real = self._driven - np.repeat(self._driven[self.first[:-1]], self.columns.points + 2)
        return found

    @cached_property
    def length(self) -> Real:
        """Of each stretch, metres."""
        found: Real = np.round(self.gone[self.first[1:] - 1], 1)
        return found

    @cached_property
    def seconds(self) -> Real:
        """How long one drives on each stretch where nothing is in the way."""
        found: Real = np.maximum(0.1, self.length) / (self.columns.kmh / 3.6)
        return found

    def places(self, stretch: Whole, share: Real) -> tuple[Real, Real]:
        """Return the latitudes and longitudes at some shares of stretches' lengths, from their tails."""
        first, last = self.first[stretch], self.first[stretch + 1] - 1
        at = self._driven[first] + share * self.gone[last]
        before = np.clip(np.searchsorted(self._driven, at, side="right") - 1, first, last - 1)
        step = (at - self._driven[before]) / np.maximum(1e-9, self._driven[before + 1] - self._driven[before])
        north, east = (one[before] + step * (one[before + 1] - one[before]) for one in (self.latitude, self.longitude))
        return north, east

    def of_classes(self, *names: str) -> npt.NDArray[np.bool_]:
        """Return which stretches are of these classes."""
        return np.isin(self.columns.road, [CLASSES.index(name) for name in names])

    def _with_ends(self, ends: Whole, between: Whole) -> Real:
        found = np.empty(self.first[-1], dtype=np.int64)
        inner = np.ones(len(found), dtype=bool)
        inner[self.first[:-1]] = inner[self.first[1:] - 1] = False
        found[self.first[:-1]], found[self.first[1:] - 1] = ends[self.columns.tail], ends[self.columns.head]
        found[inner] = between
        return found / MICRO


def metres_per_degree(latitude: Real) -> tuple[Real, Real]:
    """Return the length of a degree of latitude and of one of longitude there, on WGS 84, to within a centimetre."""
    angle = np.radians(latitude)
    north = 111_132.954 - 559.822 * np.cos(2 * angle) + 1.175 * np.cos(4 * angle)
    east = 111_412.84 * np.cos(angle) - 93.5 * np.cos(3 * angle) + 0.118 * np.cos(5 * angle)
    return north, east
