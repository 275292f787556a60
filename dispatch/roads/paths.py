"""One drive as a line on the map, with how long it takes to each of its points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.core.distance import Point
from dispatch.roads.graph import Real, Whole
from dispatch.roads.nearest import Nearest, OnRoads
from dispatch.roads.router import NOWHERE, Router

Piece = tuple[int, float, float]
"""A stretch, and from where to where it is driven, shares of its length from its tail."""


@dataclass(frozen=True, slots=True)
class Path:
    """From the road at one place to the road at another."""

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
    """Finds them."""

    def __init__(self, router: Router, nearest: Nearest) -> None:
        self._router, self._graph, self._nearest = router, router.graph, nearest

    def path(self, start: Point, end: Point) -> Path | None:
        """Return the quickest; ``None``: no road leads there."""
        on = self._nearest.of([start, end])
        direct = self._direct(on)
        pieces = list(self._pieces(on)) if direct is None else [direct]
        return self._drawn(pieces) if pieces else None

    def _direct(self, on: OnRoads) -> Piece | None:
        """Return the drive along the one stretch on which both ends lie, where one may drive so."""
        stretch, share, to = int(on.stretch[0]), float(on.share[0]), float(on.share[1])
        closed = not np.isfinite(self._router.seconds[stretch])
        if stretch != on.stretch[1] or closed or (to < share and self._graph.columns.one_way[stretch]):
            return None
        return stretch, share, to

    def _pieces(self, on: OnRoads) -> Iterator[Piece]:
        """Yield what is driven; nothing where no way leads there."""
        columns, (stretch, last) = self._graph.columns, on.stretch.tolist()
        trees = self._router.towards(on[1])
        onward, share = trees.onward[0], float(on.share[0])
        exits = [(trees.seconds[0, columns.head[stretch]] + (1 - share) * self._router.seconds[stretch], 1.0)]
        if not columns.one_way[stretch]:
            exits.append((trees.seconds[0, columns.tail[stretch]] + share * self._router.seconds[stretch], 0.0))
        takes, leaves_at = min(exits)
        if not np.isfinite(takes):
            return
        yield stretch, share, leaves_at
        at = int(columns.head[stretch] if leaves_at else columns.tail[stretch])
        yield from self._between(at, onward)
        at = self._last_junction(at, onward)
        enters = 0.0 if at == columns.tail[last] else 1.0
        yield last, enters, float(on.share[1])

    def _between(self, at: int, onward: Whole) -> Iterator[Piece]:
        junctions = list(_walked(at, onward, self._graph.junctions))
        if len(junctions) > 1:
            for tail, stretch in zip(
                junctions,
                self._router.stretch_of(np.array(junctions[:-1]), np.array(junctions[1:])).tolist(),
                strict=False,
            ):
                forward = self._graph.columns.tail[stretch] == tail
                yield (stretch, 0.0, 1.0) if forward else (stretch, 1.0, 0.0)

    def _last_junction(self, at: int, onward: Whole) -> int:
        *_, last = _walked(at, onward, self._graph.junctions)
        return last

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
    while NOWHERE < at < junctions:
        yield at
        at = int(onward[at])
