"""The trucks that take jobs now, by skill and place, so that the nearest are found without looking at all. Pure.

A grid on the map: rings of cells around a place are looked through until nothing nearer can lie outside them. What it
finds is what sorting all trucks by ``roughly`` and name would give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dispatch.core.distance import Point, roughly
from gateway.finding import Carries, Load, Place, Provenance, TruckReport

CELL = 0.25
"""Degrees; 17 by 28 km in Central Europe."""
AROUND = round(360 / CELL)
"""Cells around the Earth."""
FEW = 24
"""So many are looked at one by one."""

Cell = tuple[int, int]


@dataclass(slots=True)
class Truck:
    """What is known of a truck now."""

    truck: str
    place: Place
    on_duty: bool
    skills: tuple[str, ...]
    provenance: Provenance
    tow: str | None = None
    """The job it was offered or does."""
    carries: Carries | None = None
    """``None``: not registered; it counts as one that takes everything along."""
    shift_end: float | None = None
    """When its crew goes home, POSIX seconds; ``None``: nobody says."""
    home: Point | None = None
    """Where it goes then."""
    says_eta: float | None = None
    """When it will be with whom it drives to, by its own navigation, POSIX seconds."""
    heard_at: float = 0.0
    """When it spoke last, POSIX seconds; later where nobody could have heard it."""

    @property
    def point(self) -> Point:
        """Latitude and longitude."""
        return self.place.latitude, self.place.longitude

    @property
    def free(self) -> bool:
        """Does it take a job?"""
        return self.on_duty and self.tow is None

    def note(self, report: TruckReport, now: float) -> None:
        """Take over what it says of itself."""
        self.place, self.on_duty, self.heard_at = report.place, report.on_duty, now
        self.skills, self.carries = report.skills, report.carries
        self.says_eta = report.eta
        if report.shift_end is not None or not report.on_duty:  # told once, it holds until the truck goes off duty
            self.shift_end, self.home = report.shift_end, report.home

    def can(self, skill: str, load: Load) -> bool:
        """Has it the skill, and can it take along what that takes?"""
        return skill in self.skills and (self.carries is None or self.carries.takes(load))


@dataclass(slots=True)
class _Grid:
    """Trucks of one skill."""

    cells: dict[Cell, dict[str, Truck]] = field(default_factory=dict)
    count: int = 0

    def put(self, cell: Cell, truck: Truck) -> None:
        self.cells.setdefault(cell, {})[truck.truck] = truck
        self.count += 1

    def take(self, cell: Cell, name: str) -> None:
        del self.cells[cell][name]
        self.count -= 1
        if not self.cells[cell]:
            del self.cells[cell]


class FreeTrucks:
    """Every truck that takes jobs. ``note`` whatever changes one."""

    def __init__(self) -> None:
        self._grids: dict[str, _Grid] = {}
        self._noted: dict[str, tuple[Cell, tuple[str, ...]]] = {}

    def note(self, truck: Truck) -> None:
        """Take over how a truck stands now: where, able to do what, free or not."""
        before = self._noted.get(truck.truck)
        now = (_cell(truck.point), truck.skills) if truck.free else None
        if before == now:
            return
        if before is not None:
            del self._noted[truck.truck]
            for skill in before[1]:
                self._grids[skill].take(before[0], truck.truck)
        if now is not None:
            self._noted[truck.truck] = now
            for skill in now[1]:
                self._grids.setdefault(skill, _Grid()).put(now[0], truck)

    def skills(self) -> set[str]:
        """Return what free trucks can do."""
        return {skill for skill, grid in self._grids.items() if grid.count}

    def nearest(self, here: Point, skill: str, count: int, able: Callable[[Truck], bool]) -> list[Truck]:
        """Return the ``count`` able trucks that look nearest, the nearest first; of two as near, by name."""
        grid = self._grids.get(skill)
        if grid is None or not grid.count:
            return []
        found: list[tuple[float, str, Truck]] = []
        for surely_within, trucks in _rings(grid, here):
            found += [(roughly(one.point, here), one.truck, one) for one in trucks if able(one)]
            if len(found) >= count:
                found.sort(key=lambda one: one[:2])
                if found[count - 1][0] < surely_within:
                    break
        found.sort(key=lambda one: one[:2])
        return [truck for _, _, truck in found[:count]]


def _rings(grid: _Grid, here: Point) -> Iterator[tuple[float, list[Truck]]]:
    """Yield trucks, nearer rings first, each time with how many metres away all that are left lie at least."""
    if grid.count <= FEW:
        yield math.inf, [truck for trucks in grid.cells.values() for truck in trucks.values()]
        return
    seen, middle = 0, _cell(here)
    for radius in range(AROUND // 2 + 1):
        found = [truck for cell in _ring(middle, radius) for truck in grid.cells.get(cell, {}).values()]
        seen += len(found)
        if seen == grid.count:
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


def _cell(point: Point) -> Cell:
    return math.floor(point[0] / CELL), math.floor(point[1] / CELL) % AROUND
