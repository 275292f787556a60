"""A grid on the map, so that what is nearest is found without looking at all there is. Pure.

Rings of cells around a place are looked through until nothing nearer can lie outside them. What is found is what sorting all
by ``roughly`` and name would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from dispatch.core.distance import METRES_PER_DEGREE, Point, roughly

CELL = 0.25
"""Degrees; 17 by 28 km in Central Europe."""
AROUND = round(360 / CELL)
"""Cells around the Earth."""
FEW = 24
"""So many are looked at one by one."""

Cell = tuple[int, int]


class Placed(Protocol):
    """Stands somewhere."""

    @property
    def point(self) -> Point:
        """Latitude and longitude."""
        ...


Some = TypeVar("Some", bound=Placed)


class Grid(Generic[Some]):
    """What stands somewhere, by name."""

    def __init__(self) -> None:
        self.count = 0
        self._cells: dict[Cell, dict[str, Some]] = {}

    def put(self, cell: Cell, name: str, one: Some) -> None:
        """Add what is not there yet; ``cell``: of its place."""
        self._cells.setdefault(cell, {})[name] = one
        self.count += 1

    def take(self, cell: Cell, name: str) -> None:
        """Take away what was put there."""
        del self._cells[cell][name]
        self.count -= 1
        if not self._cells[cell]:
            del self._cells[cell]

    def nearest(self, here: Point, count: int, able: Callable[[Some], bool]) -> list[Some]:
        """Return the ``count`` able ones that look nearest, the nearest first; of two as near, by name."""
        found: list[tuple[float, str, Some]] = []
        for surely_within, some in self._rings(here) if self.count else ():
            found += [(roughly(one.point, here), name, one) for name, one in some if able(one)]
            if len(found) >= count:
                found.sort(key=lambda one: one[:2])
                if found[count - 1][0] < surely_within:
                    break
        found.sort(key=lambda one: one[:2])
        return [one for _, _, one in found[:count]]

    def is_any_within(self, here: Point, reach_m: float) -> bool:
        """Tell whether one looks to be so near. Meant for few: it is asked of everybody who waits."""
        north, degrees = here[0], reach_m / METRES_PER_DEGREE
        for some in self._cells.values():
            for one in some.values():
                point = one.point
                if -degrees <= point[0] - north <= degrees and roughly(point, here) <= reach_m:
                    return True
        return False

    def _rings(self, here: Point) -> Iterator[tuple[float, list[tuple[str, Some]]]]:
        """Yield them, nearer rings first, each time with how many metres away all that are left lie at least."""
        if self.count <= FEW:
            yield math.inf, [each for some in self._cells.values() for each in some.items()]
            return
        seen, middle = 0, cell_of(here)
        for radius in range(AROUND // 2 + 1):
            found = [each for cell in _ring(middle, radius) for each in self._cells.get(cell, {}).items()]
            seen += len(found)
            if seen == self.count:
                yield math.inf, found
                return
            yield _at_least(here, radius * CELL), found


def _ring(middle: Cell, radius: int) -> Iterator[Cell]:
    """Yield the cells of a square ring; east and west meet."""
    row, column = middle
    for east in range(-radius, radius + 1):
        steps = (-radius, radius) if radius and abs(east) < radius else range(-radius, radius + 1)
        for north in steps:
            yield row + north, (column + east) % AROUND


def _at_least(here: Point, degrees: float) -> float:
    """Return how far away, by ``roughly``, anything is that lies ``degrees`` further north, south, east or west."""
    return roughly((0.0, 0.0), (degrees, 0.0)) * math.cos(math.radians(min(90.0, abs(here[0]) + degrees / 2)))


def cell_of(point: Point) -> Cell:
    """Return in which cell a place lies."""
    return math.floor(point[0] / CELL), math.floor(point[1] / CELL) % AROUND
