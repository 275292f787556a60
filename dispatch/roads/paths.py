"""One drive as a line on the map, with how long it takes to each of its points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.core.distance import Point
from dispatch.roads.graph import Real, Whole
from dispatch.roads.nearest import Nearest, OnRoads
from dispatch.roads.router import Router

Piece = tuple[int, float, float]
"""A stretch, and from where to where it is driven, shares of its length from its tail."""


@dataclass(frozen=True, slots=True)
class Path:
    """From one place to another: to the road, along it, and from it."""

    latitude: Real
    longitude: Real
    seconds: Real
    """Since the beginning, at each point, where nothing is in the way."""

    def at(self, spent_s: float) -> Point:
        """Return where one is after so many of these seconds: at its end, when they are over."""
        if spent_s >= self.seconds[-1]:
            return float(self.latitude[-1]), float(self.longitude[-1])
        return (
            float(np.interp(spent_s, self.seconds, self.latitude)),
            float(np.interp(spent_s, self.seconds, self.longitude)),
        )


class Paths:
    """Finds them. ``beside_mps``: how fast one comes to the road, and from it, as the crow flies."""

    def __init__(self, router: Router, nearest: Nearest, beside_mps: float) -> None:
        self._router, self._graph, self._nearest, self._beside_mps = router, router.graph, nearest, beside_mps

    def path(self, start: Point, end: Point) -> Path:
        """Return the quickest, from one place to the other."""
        on = self._nearest.of([start, end])
        direct = self._direct(on)
        on_roads = self._drawn(list(self._pieces(on)) if direct is None else [direct])
        to_road, from_road = on.off_m / self._beside_mps
        return Path(
            np.concatenate([[start[0]], on_roads.latitude, [end[0]]]),
            np.concatenate([[start[1]], on_roads.longitude, [end[1]]]),
            np.concatenate([[0.0], to_road + on_roads.seconds, [to_road + on_roads.seconds[-1] + from_road]]),
        )

    def _direct(self, on: OnRoads) -> Piece | None:
        """Return the drive along the one stretch on which both ends lie, where one may drive so."""
        stretch, share, to = int(on.stretch[0]), float(on.share[0]), float(on.share[1])
        if stretch != on.stretch[1] or (to < share and self._graph.columns.one_way[stretch]):
            return None
        return stretch, share, to

    def _pieces(self, on: OnRoads) -> Iterator[Piece]:
        """Yield what is driven."""
        columns, (stretch, last) = self._graph.columns, on.stretch.tolist()
        trees = self._router.towards(on[1])
        share = float(on.share[0])
        exits = [(trees.seconds[0, columns.head[stretch]] + (1 - share) * self._router.seconds[stretch], 1.0)]
        if not columns.one_way[stretch]:
            exits.append((trees.seconds[0, columns.tail[stretch]] + share * self._router.seconds[stretch], 0.0))
        _, leaves_at = min(exits)
        yield stretch, share, leaves_at
        at = int(columns.head[stretch] if leaves_at else columns.tail[stretch])
        junctions = list(_walked(at, trees.onward[0], self._graph.junctions))
        yield from self._between(junctions)
        yield last, 0.0 if junctions[-1] == columns.tail[last] else 1.0, float(on.share[1])

    def _between(self, junctions: Sequence[int]) -> Iterator[Piece]:
        walked = np.array(junctions)
        stretches = self._router.stretch_of(walked[:-1], walked[1:])
        forward = self._graph.columns.tail[stretches] == walked[:-1]
        for stretch, onward in zip(stretches.tolist(), forward.tolist(), strict=True):
            yield (stretch, 0.0, 1.0) if onward else (stretch, 1.0, 0.0)

    def _drawn(self, pieces: Sequence[Piece]) -> Path:
        drawn = [self._line(*piece) for piece in pieces]
        latitude, longitude, steps = (np.concatenate(one) for one in zip(*drawn, strict=True))
        return Path(latitude, longitude, np.cumsum(steps))

    def _line(self, stretch: int, start: float, end: float) -> tuple[Real, Real, Real]:
        """Return the points of a stretch between two shares of it, and how long one drives to each from the one before."""
        points = slice(self._graph.first[stretch], self._graph.first[stretch + 1])
        gone = self._graph.gone[points]
        begin, stop = start * gone[-1], end * gone[-1]
        inner = gone[(gone > min(begin, stop)) & (gone < max(begin, stop))]
        at = np.concatenate([[begin], inner if begin <= stop else inner[::-1], [stop]])
        takes = self._router.seconds[stretch] / max(1e-9, gone[-1])
        steps = np.abs(np.diff(at, prepend=begin)) * takes
        latitude, longitude = (
            np.interp(at, gone, one[points]) for one in (self._graph.latitude, self._graph.longitude)
        )
        return latitude, longitude, steps


def _walked(at: int, onward: Whole, junctions: int) -> Iterator[int]:
    """Yield the junctions from one to the last before the end."""
    while at < junctions:
        yield at
        at = int(onward[at])
