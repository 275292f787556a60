"""Where on the roads a position is: the nearest point of any stretch, however far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from dispatch.core.distance import Point
from dispatch.roads.graph import Real, RoadGraph, Whole, metres_per_degree

APART_M = 30.0
"""Between two points of a road that are looked through; in between its nearest point is reckoned exactly."""
LOOKED_AT = 12
"""So many of them, nearest first."""


@dataclass(frozen=True, slots=True)
class OnRoads:
    """Positions on roads."""

    stretch: Whole
    share: Real
    """Of the stretch's length, from its tail."""
    off_m: Real
    """How far from there the position is that was asked for."""

    def __getitem__(self, number: int) -> OnRoads:
        """Return one of them."""
        some = slice(number, number + 1)
        return OnRoads(self.stretch[some], self.share[some], self.off_m[some])

    def __len__(self) -> int:
        """How many."""
        return len(self.stretch)


class Nearest:
    """Finds them."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        begins = np.ones(len(graph.latitude), dtype=bool)
        begins[graph.first[1:] - 1] = False
        self._begin = np.flatnonzero(begins)
        """Of each straight piece, the point where it begins; it ends at the next."""
        self._stretch = np.repeat(np.arange(graph.stretches), graph.columns.points + 2)
        self._scale = np.array([float(one[0]) for one in metres_per_degree(np.array([graph.latitude.mean()]))])
        self._piece, samples = self._sampled()
        self._tree = KDTree(samples * self._scale, balanced_tree=False, compact_nodes=False)

    def of(self, points: Sequence[Point]) -> OnRoads:
        """Return where on the roads each of some positions is."""
        here = np.array(points, dtype=np.float64).reshape(-1, 2)
        if not len(here):
            return OnRoads(np.empty(0, np.int64), np.empty(0), np.empty(0))
        _, found = self._tree.query(here * self._scale, k=min(LOOKED_AT, len(self._piece)))
        pieces = self._piece[found.reshape(len(here), -1)]
        share, off_m = self._projected(here, self._begin[pieces])
        best = off_m.argmin(axis=1)[:, None]
        begin = self._begin[np.take_along_axis(pieces, best, 1)[:, 0]]
        at = np.take_along_axis(share, best, 1)[:, 0]
        gone, stretch = self._graph.gone, self._stretch[begin]
        along = gone[begin] + at * (gone[begin + 1] - gone[begin])
        whole = gone[self._graph.first[stretch + 1] - 1]
        return OnRoads(
            stretch, np.clip(along / np.maximum(1e-9, whole), 0.0, 1.0), np.take_along_axis(off_m, best, 1)[:, 0]
        )

    def _projected(self, here: Real, begin: Whole) -> tuple[Real, Real]:
        """Return how far along each straight piece the nearest point lies, as a share of it, and how far away, metres."""
        north, east = metres_per_degree(here[:, :1])
        y, x = (self._graph.latitude[begin] - here[:, :1]) * north, (self._graph.longitude[begin] - here[:, 1:]) * east
        to_y = (self._graph.latitude[begin + 1] - self._graph.latitude[begin]) * north
        to_x = (self._graph.longitude[begin + 1] - self._graph.longitude[begin]) * east
        share: Real = np.clip(-(x * to_x + y * to_y) / np.maximum(1e-12, to_x**2 + to_y**2), 0.0, 1.0)
        off: Real = np.hypot(x + share * to_x, y + share * to_y)
        return share, off

    def _sampled(self) -> tuple[Whole, Real]:
        """Return points of all straight pieces, ``APART_M`` apart at most, and of which piece each is."""
        graph, begin = self._graph, self._begin
        times = np.maximum(1, np.ceil((graph.gone[begin + 1] - graph.gone[begin]) / APART_M).astype(np.int64))
        piece = np.repeat(np.arange(len(begin)), times)
        number = np.arange(len(piece)) - np.repeat(np.cumsum(times) - times, times)
        share = (number + 0.5) / times[piece]
        at = begin[piece]
        places = [one[at] + share * (one[at + 1] - one[at]) for one in (graph.latitude, graph.longitude)]
        return piece, np.stack(places, axis=1)
