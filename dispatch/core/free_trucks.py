"""The trucks that take jobs now, by skill and place, so that the nearest are found without looking at all. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dispatch.core.distance import Point
from dispatch.core.grid import Cell, Grid, cell_of
from gateway.finding import Carries, Load, Place, Provenance, TruckReport


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


class FreeTrucks:
    """Every truck that takes jobs. ``note`` whatever changes one."""

    def __init__(self) -> None:
        self._grids: dict[str, Grid[Truck]] = {}
        self._noted: dict[str, tuple[Cell, tuple[str, ...]]] = {}

    def note(self, truck: Truck) -> None:
        """Take over how a truck stands now: where, able to do what, free or not."""
        before = self._noted.get(truck.truck)
        now = (cell_of(truck.point), truck.skills) if truck.free else None
        if before == now:
            return
        if before is not None:
            del self._noted[truck.truck]
            for skill in before[1]:
                self._grids[skill].take(before[0], truck.truck)
        if now is not None:
            self._noted[truck.truck] = now
            for skill in now[1]:
                self._grids.setdefault(skill, Grid()).put(now[0], truck.truck, truck)

    def skills(self) -> set[str]:
        """Return what free trucks can do."""
        return {skill for skill, grid in self._grids.items() if grid.count}

    def nearest(self, here: Point, skill: str, count: int, able: Callable[[Truck], bool]) -> list[Truck]:
        """Return the ``count`` able trucks that look nearest, the nearest first; of two as near, by name."""
        grid = self._grids.get(skill)
        return [] if grid is None else grid.nearest(here, count, able)

    def reach(self, here: Point, skill: str, reach_m: float) -> bool:
        """Tell whether one with a skill looks to be so near."""
        grid = self._grids.get(skill)
        return grid is not None and grid.is_any_within(here, reach_m)
