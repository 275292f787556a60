"""What is planned: trucks, jobs, weights, and the plan that is made of them. Pure.

All times are POSIX seconds, all spans seconds; a cost is in seconds of waiting of one customer of weight one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dispatch.core.distance import Point


class Level(StrEnum):
    """How a plan is made."""

    NEAREST = "nearest"
    """The nearest pair, whenever a truck is free and a job open."""
    INSERTION = "insertion"
    """Routes are kept, what is new is inserted, and they are searched for something better."""
    PARTITION = "partition"
    """The same, and a worker beside the service proposes something better still (``PlanProposed``)."""


@dataclass(frozen=True, slots=True)
class End:
    """A workshop that a car may be towed to."""

    workshop: str
    place: Point
    unhook_s: float = 0.0
    wait_s: float = 0.0
    """Until it takes a car that comes now."""


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A customer who waits for a truck."""

    job: str
    place: Point
    release: float
    """From when on a truck may drive to it."""
    on_scene_s: float
    """Hooking up included, where it is towed."""
    skill: str = "tow"
    needs: frozenset[str] = frozenset()
    """Capabilities of the truck: all wheels up, high voltage."""
    mass_kg: float = 0.0
    ends: tuple[End, ...] = ()
    """Workshops it may be taken to, of which the plan takes the best; none: it is mended where it stands."""
    weight: float = 1.0
    """How much a second of this customer's waiting counts."""
    safety: bool = False
    """They stand where it is dangerous: a truck that was promised to somebody else may be sent to them for any gain."""
    declined: frozenset[str] = frozenset()
    """Trucks that do not take it."""


@dataclass(frozen=True, slots=True)
class PlannedTruck:
    """A truck on duty. One that is loaded or at work stands where, and when, it will be free: it is never diverted."""

    truck: str
    place: Point
    free_at: float
    skills: frozenset[str] = frozenset({"tow"})
    able: frozenset[str] = frozenset()
    """Its capabilities."""
    carries_kg: float = 1e9
    shift_end: float | None = None
    home: Point | None = None
    promised: str | None = None
    """The job it drives to, empty, and that was told so."""
    pinned: tuple[str, ...] = ()
    """Jobs that a person gave it, in this order, before all others."""

    def takes(self, job: PlannedJob) -> bool:
        """Can and may it do this job?"""
        fits = job.skill in self.skills and job.needs <= self.able and job.mass_kg <= self.carries_kg
        return fits and self.truck not in job.declined


@dataclass(frozen=True, slots=True)
class Weights:
    """What a plan goes by. Figures without a source are ours."""

    due_s: float = 45 * 60.0
    """By when a truck should be there, from the release; ADAC's target."""
    late: float = 4.0
    """What each second after that costs more."""
    cap_s: float = 4 * 3600.0
    """Who has waited so long is served before all who have not."""
    aged: float = 1_000.0
    """What each second after that costs more."""
    busy: float = 1.0
    """What each second until a truck is through with its route costs: whoever calls next waits for it."""
    overtime: float = 2.0
    """What each second after the end of a truck's shift costs, the way home included."""
    moved_s: float = 300.0
    """A truck that was promised to somebody is sent elsewhere for a gain above this only."""


@dataclass(frozen=True, slots=True)
class PlanningState:
    """What is to be planned, as it stands at ``now``."""

    now: float
    trucks: tuple[PlannedTruck, ...]
    jobs: tuple[PlannedJob, ...]
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class Stop:
    """One job on a truck's route, with the workshop it ends at."""

    job: str
    workshop: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """The cases that wait for a truck, in its order."""

    truck: str
    cases: tuple[str, ...]


Routes = dict[str, tuple[Stop, ...]]
"""Truck → its jobs in order, those that a person pinned included."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What each truck does next, and what that costs."""

    routes: Routes
    cost: float
    """Of what could be chosen: what a person pinned is left out."""
    unassigned: tuple[str, ...] = ()
    """Jobs that no truck on duty can do."""
    evaluations: int = 0
    """How many routes were reckoned: what a budget is counted in."""
