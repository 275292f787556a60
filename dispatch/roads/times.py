"""Travel times by road, behind the core's ``TravelTimes``: a tree to each end, kept while it is asked for; by the hour; pure.

The same graph, places and hour give the same figures. Who is beside the roads comes to the nearest over the great circle, however
far it is; where that leads nowhere nearer, all of it is the great circle's. ``Leg.on_roads`` says so, ``why_not`` in words.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dispatch.core.distance import Point, Span
from dispatch.core.travel import GreatCircle, Leg, Matrix
from dispatch.roads.graph import Real, RoadGraph, metres_per_degree
from dispatch.roads.nearest import Nearest, OnRoads
from dispatch.roads.paths import Paths
from dispatch.roads.router import Router, Short
from dispatch.roads.traffic import HOUR_S, MIDDLES, Traffic

FAR_M = 1_000.0
"""Who is farther from every road is not on them."""
TREES_KEPT = 1_024
"""8 bytes for each junction and tree."""
AT_ONCE = 32
"""So many trees are grown at once."""
PLACES_KEPT = 16_384


class _Tree(NamedTuple):
    """From each junction to one end."""

    seconds: Short
    metres: Short


class RoadTimes:
    """How long trucks drive on the roads of a graph."""

    def __init__(
        self, graph: RoadGraph, otherwise: GreatCircle, pace: float = 1.0, trees_kept: int = TREES_KEPT
    ) -> None:
        """``otherwise``: where there are no roads; ``pace``: how fast one drives now, to how fast on dry roads."""
        self._trees_kept = trees_kept
        self.graph = graph
        self._otherwise, self._pace, self._traffic = otherwise, pace, Traffic(graph.zone)
        self._nearest, self._router = Nearest(graph), Router(graph)
        self._beside_mps = otherwise.speed_mps / otherwise.circuity
        self._paths = Paths(self._router, self._nearest, self._beside_mps)
        self._trees: OrderedDict[Point, _Tree] = OrderedDict()
        self._places: OrderedDict[Point, tuple[int, float, float]] = OrderedDict()

    def leg(self, start: Point, end: Point, at: float) -> Leg:
        """Return the drive from one place to another for who sets out at ``at``, POSIX seconds."""
        found = self.matrix([start], [end], at)
        return Leg(found.seconds[0][0], found.metres[0][0], self.why_not(start, end) is None)

    def between(self, start: Point, end: Point, at: float) -> Span:
        """Return how long it takes, twice: there is no cheaper way to tell."""
        seconds = self.leg(start, end, at).seconds
        return seconds, seconds

    def matrix(self, starts: Sequence[Point], ends: Sequence[Point], at: float) -> Matrix:
        """Return the drives from each of some places to each of others."""
        if not (starts and ends):
            return Matrix([[] for _ in starts], [[] for _ in starts])
        on, to = self._on(starts), self._on(ends)
        legs = [self._to(on, to[number], tree) for number, tree in enumerate(self._grown(ends))]
        seconds, ways = (np.stack(one, axis=1) for one in zip(*legs, strict=True))
        off_m = on.off_m[:, None] + to.off_m
        seconds = self._in_traffic(seconds, at) + off_m / self._beside_mps
        ways += off_m
        for row, column in np.argwhere(_no_nearer(starts, ends, off_m)).tolist():
            leg = self._otherwise.leg(starts[row], ends[column], at)
            seconds[row, column], ways[row, column] = leg.seconds, leg.metres
        return Matrix(seconds.tolist(), ways.tolist())

    def along(self, start: Point, end: Point, spent_s: float, at: float) -> Point:
        """Return where one is on that drive, ``spent_s`` seconds after setting out at ``at``."""
        takes = self.leg(start, end, at).seconds
        if not 0 < spent_s < takes or takes == self._otherwise.leg(start, end, at).seconds:
            return self._otherwise.along(start, end, spent_s if spent_s < takes else math.inf, at)
        path = self._paths.path(start, end)
        return path.at(float(path.seconds[-1]) * spent_s / takes)

    def line(self, start: Point, end: Point) -> list[Point]:
        """Return the quickest way between two places as a map draws it."""
        path = self._paths.path(start, end)
        return list(zip(path.latitude.tolist(), path.longitude.tolist(), strict=True))

    def why_not(self, *places: Point) -> str | None:
        """Return why a drive between places is reckoned by great circle; ``None``: it goes by road."""
        on = self._on(places)
        farthest = int(on.off_m.argmax())
        if on.off_m[farthest] > FAR_M:
            north, east = places[farthest]
            return f"{north:.5f}, {east:.5f} lies {on.off_m[farthest] / 1000:.1f} km from the nearest road of {self.graph.name}"
        return None

    def _on(self, places: Sequence[Point]) -> OnRoads:
        """Return where on the roads places are; those asked for lately are known."""
        new = [place for place in dict.fromkeys(places) if place not in self._places]
        found = self._nearest.of(new)
        told = zip(found.stretch.tolist(), found.share.tolist(), found.off_m.tolist(), strict=True)
        self._places.update(zip(new, told, strict=True))
        stretch, share, off_m = zip(*(self._places[place] for place in places), strict=True)
        while len(self._places) > PLACES_KEPT:
            self._places.popitem(last=False)
        return OnRoads(np.array(stretch), np.array(share), np.array(off_m))

    def _grown(self, ends: Sequence[Point]) -> list[_Tree]:
        new = [end for end in dict.fromkeys(ends) if end not in self._trees]
        for begin in range(0, len(new), AT_ONCE):
            some = new[begin : begin + AT_ONCE]
            on = self._on(some)
            grown = self._router.towards(on)
            ways = self._router.metres(on, grown)
            rows = zip(grown.seconds.astype(np.float32), ways.astype(np.float32), strict=True)
            self._trees.update(zip(some, (_Tree(takes.copy(), far.copy()) for takes, far in rows), strict=True))
        found = [self._trees[end] for end in ends]
        for end in ends:
            self._trees.move_to_end(end)
        while len(self._trees) > self._trees_kept:
            self._trees.popitem(last=False)
        return found

    def _to(self, starts: OnRoads, end: OnRoads, tree: _Tree) -> tuple[Real, Real]:
        """Return how long one drives on roads from some starts to one end, and how far: as the quickest of three ways."""
        columns, stretch, share = self.graph.columns, starts.stretch, starts.share
        takes, whole = self._router.seconds[stretch], self.graph.length[stretch]
        both_ways = columns.one_way[stretch] == 0
        onward = end.share[0] - share
        direct = (stretch == end.stretch[0]) & (both_ways | (onward >= 0))
        head, tail = columns.head[stretch], columns.tail[stretch]
        seconds = np.stack(
            [
                (1 - share) * takes + tree.seconds[head],
                np.where(both_ways, share * takes + tree.seconds[tail], np.inf),
                np.where(direct, np.abs(onward) * takes, np.inf),
            ]
        )
        ways = np.stack(
            [(1 - share) * whole + tree.metres[head], share * whole + tree.metres[tail], np.abs(onward) * whole]
        )
        best = seconds.argmin(axis=0)[None]
        return np.take_along_axis(seconds, best, 0)[0], np.take_along_axis(ways, best, 0)[0]

    def _in_traffic(self, seconds: Real, at: float) -> Real:
        """Return how long drives take that set out at ``at``, each by how slow it is when half of it is over."""
        hour, slowness = self._traffic.day(at)
        halfway = hour + seconds / (2 * HOUR_S)
        found: Real = seconds * np.interp(halfway, MIDDLES, slowness, period=24.0) / self._pace
        return found


def _no_nearer(starts: Sequence[Point], ends: Sequence[Point], off_m: Real) -> Real:
    """Return for which pairs the way to and from the roads is longer than the one between them."""
    a, b = np.array(starts), np.array(ends)
    north, east = metres_per_degree(a[:, :1])
    between = np.hypot((b[:, 0] - a[:, :1]) * north, (b[:, 1] - a[:, 1:]) * east)
    found: Real = off_m > between
    return found
