"""Makes a graph of ways: one stretch from junction to junction, turned as one may drive, and only where one comes back from.

Whoever is on it can drive from anywhere to anywhere. What is left out (a private yard, a street behind a barrier, an island) is
reached over the great circle from the nearest road.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from dispatch.roads.errors import BadRoads
from dispatch.roads.graph import Columns, Whole
from dispatch.roads.reading import Source, Spot
from dispatch.roads.ways import CLASSES, Drivable, kind_of

FEWEST = 4
"""Junctions that one can drive to from each other: less is no network."""


@dataclass(frozen=True, slots=True)
class RoadStretch:
    """A piece of road from one junction to the next, turned so that a one-way is driven as its spots go."""

    kind: Drivable
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A graph, and what became of the ways."""

    columns: Columns
    ways: int
    """That cars may use."""
    stretches: int
    """Of these ways, between junctions."""

    @property
    def left_out(self) -> int:
        """How many stretches one cannot come to, or not come back from."""
        return self.stretches - len(self.columns.tail)


def network(source: Source, where: str) -> Network:
    """Make it. ``where``: what the source is called in errors. Raises ``BadRoads``."""
    drivable = [(kind, _turned(kind, way.spots)) for way in source.ways if (kind := kind_of(way.tags)) is not None]
    if not drivable:
        raise BadRoads(f"{where}: none of its {len(source.ways)} ways is a road that cars may use")
    junctions = _junctions([spots for _, spots in drivable])
    stretches = [one for kind, spots in drivable for one in _stretches(kind, spots, junctions)]
    kept = _strongly_connected(stretches)
    if len({one.spots[0] for one in kept}) < FEWEST:
        raise BadRoads(
            f"{where}: nowhere in it can one drive to and fro between {FEWEST} junctions: do its ways share their end points?"
        )
    return Network(_columns(kept), len(drivable), len(stretches))


def _turned(kind: Drivable, spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """Return them without repetitions, and a one-way in the direction in which it is driven."""
    apart = [spot for number, spot in enumerate(spots) if number == 0 or spot != spots[number - 1]]
    return tuple(reversed(apart) if kind.direction < 0 else apart)


def _junctions(lines: Sequence[Sequence[Spot]]) -> set[Spot]:
    """Return where ways end, or meet."""
    seen = Counter(spot for line in lines for spot in line)
    return _ends(lines) | {spot for spot, times in seen.items() if times > 1}


def _ends(lines: Sequence[Sequence[Spot]]) -> set[Spot]:
    return {spot for line in lines if line for spot in (line[0], line[-1])}


def _stretches(kind: Drivable, spots: Sequence[Spot], junctions: set[Spot]) -> Iterator[RoadStretch]:
    begin = 0
    for number in range(1, len(spots)):
        if spots[number] in junctions:
            yield RoadStretch(kind, tuple(spots[begin : number + 1]))
            begin = number


def _strongly_connected(stretches: Sequence[RoadStretch]) -> list[RoadStretch]:
    """Return those within the largest part in which one can drive from every junction to every other."""
    numbers: dict[Spot, int] = {}
    ends = [[numbers.setdefault(spot, len(numbers)) for spot in (one.spots[0], one.spots[-1])] for one in stretches]
    if not ends:
        return []
    tail, head = np.array(ends).T
    part = _parts(tail, head, np.array([one.kind.direction != 0 for one in stretches]), len(numbers))
    largest = np.bincount(part).argmax()
    return [one for one, a, b in zip(stretches, part[tail], part[head], strict=True) if a == b == largest]


def is_connected(columns: Columns) -> bool:
    """Tell whether one can drive from everywhere to everywhere."""
    return not _parts(columns.tail, columns.head, columns.one_way, len(columns.latitude)).any()


def _parts(tail: Whole, head: Whole, one_way: Whole, junctions: int) -> Whole:
    """Return for each junction the number of the part it is in, within which one can drive to and fro."""
    back = np.flatnonzero(one_way == 0)
    ends = np.concatenate([tail, head[back]]), np.concatenate([head, tail[back]])
    found: Whole = connected_components(
        csr_array((np.ones(len(ends[0])), ends), (junctions, junctions)), connection="strong"
    )[1]
    return found


def _columns(stretches: Sequence[RoadStretch]) -> Columns:
    numbers: dict[Spot, int] = {}
    ends = [[numbers.setdefault(spot, len(numbers)) for spot in (one.spots[0], one.spots[-1])] for one in stretches]
    nodes, inner = np.array(list(numbers)), [spot for one in stretches for spot in one.spots[1:-1]]
    between = np.array(inner, dtype=np.int64).reshape(-1, 2)
    tail, head = np.array(ends).T
    return Columns(
        latitude=nodes[:, 0],
        longitude=nodes[:, 1],
        tail=tail,
        head=head,
        road=np.array([CLASSES.index(one.kind.road) for one in stretches]),
        kmh=np.array([one.kind.kmh for one in stretches]),
        one_way=np.array([int(one.kind.direction != 0) for one in stretches]),
        points=np.array([len(one.spots) - 2 for one in stretches]),
        shape_latitude=between[:, 0],
        shape_longitude=between[:, 1],
    )
