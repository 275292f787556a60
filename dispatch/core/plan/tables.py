"""A snapshot as numbers: how soon each truck reaches each job, and how long each job leads to each other. Pure.

A *visit* is a job with one of the workshops it may end at; a job that ends where it stands has one. Trucks, jobs and visits are
numbers here, in the order of the snapshot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from dispatch.core.distance import Point
from dispatch.core.plan.errors import PinCannotBeKept
from dispatch.core.plan.model import PlannedJob, PlannedTruck, PlanningState, Stop
from dispatch.core.travel import TravelTimes

NEAR_JOBS, NEAR_TRUCKS = 16, 30
"""So many jobs around each, and trucks that are there soonest, are looked at by the search."""
NOBODY = -1


@dataclass(slots=True)
class Tables:
    """What route costs are reckoned from. All times POSIX seconds, all spans seconds."""

    snapshot: PlanningState
    start: list[float]
    """When each truck is free, after what a person pinned."""
    reach: list[list[float]]
    """Truck, job → when it is there, driving there first."""
    leg: list[list[float]]
    """Visit, job → the drive from the end of the one to the place of the other."""
    stay: list[float]
    """Of a visit, until its truck is free again."""
    release: list[float]
    """Of a job, as all that follows."""
    due: list[float]
    cap: list[float]
    weight: list[float]
    job_of: list[int]
    """Of a visit."""
    visits_of: list[list[int]]
    """Of a job."""
    workshop: list[str | None]
    heading: list[int]
    """The job each truck was promised to, or ``NOBODY``."""
    home: list[list[float] | None]
    """Truck, visit → the drive home from its end, for trucks whose shift ends."""
    takes: list[frozenset[int]]
    """The jobs each truck can do."""
    safe: list[bool]
    """Of a job: is it one of safety?"""
    near_trucks: list[list[int]] = field(default_factory=list)
    """Of a job: the trucks that are there soonest."""
    near_jobs: list[list[int]] = field(default_factory=list)
    """Of a job: the others that it leads to, or that lead to it, soonest."""


def tables_of(snapshot: PlanningState, travel: TravelTimes) -> Tables:
    """Reckon the tables. Raises ``PinCannotBeKept``."""
    pinned = pinned_jobs(snapshot)
    open_jobs = [job for job in snapshot.jobs if job.job not in pinned]
    visits, now = _Visits.of(open_jobs), snapshot.now
    starts = [_start(truck, pinned, travel, now) for truck in snapshot.trucks]
    places = [job.place for job in open_jobs]
    drives = travel.matrix([place for place, _ in starts], places, now).seconds
    weights = snapshot.weights
    tables = Tables(
        snapshot=snapshot,
        start=[free for _, free in starts],
        reach=[_reach(free, row, open_jobs) for (_, free), row in zip(starts, drives, strict=True)],
        leg=_legs(visits.ends, places, travel, now),
        stay=visits.stays(travel, now),
        release=[job.release for job in open_jobs],
        due=[job.release + weights.due_s for job in open_jobs],
        cap=[job.release + weights.cap_s for job in open_jobs],
        weight=[job.weight for job in open_jobs],
        job_of=visits.job_of,
        visits_of=visits.of_job,
        workshop=visits.workshops,
        heading=_headings(snapshot.trucks, open_jobs),
        home=_homeward(snapshot.trucks, visits.ends, travel, now),
        takes=[frozenset(j for j, job in enumerate(open_jobs) if truck.takes(job)) for truck in snapshot.trucks],
        safe=[job.safety for job in open_jobs],
    )
    find_near(tables)
    return tables


def pinned_jobs(snapshot: PlanningState) -> dict[str, PlannedJob]:
    """Return the jobs that a person gave to a truck. Raises ``PinCannotBeKept``."""
    known = {job.job: job for job in snapshot.jobs}
    for truck in snapshot.trucks:
        for name in truck.pinned:
            if name not in known:
                raise PinCannotBeKept(f"job {name}, pinned to truck {truck.truck}, does not wait")
            if not truck.takes(known[name]):
                raise PinCannotBeKept(f"truck {truck.truck} cannot do job {name}, which is pinned to it")
    twice = [name for name, times in Counter(_pins(snapshot)).items() if times > 1]
    if twice:
        raise PinCannotBeKept(f"job {twice[0]} is pinned twice")
    return {name: known[name] for name in _pins(snapshot)}


def _pins(snapshot: PlanningState) -> list[str]:
    return [name for truck in snapshot.trucks for name in truck.pinned]


def open_names(tables: Tables) -> list[str]:
    """Return the names of the jobs by number."""
    pinned = set(_pins(tables.snapshot))
    return [job.job for job in tables.snapshot.jobs if job.job not in pinned]


def stops_of(tables: Tables, route: Sequence[int], names: Sequence[str]) -> tuple[Stop, ...]:
    """Return a route as it is told."""
    return tuple(Stop(names[tables.job_of[visit]], tables.workshop[visit]) for visit in route)


@dataclass(slots=True)
class _Visits:
    """Every job with every workshop it may end at."""

    jobs: list[PlannedJob]
    job_of: list[int] = field(default_factory=list)
    of_job: list[list[int]] = field(default_factory=list)
    places: list[Point] = field(default_factory=list)
    ends: list[Point] = field(default_factory=list)
    workshops: list[str | None] = field(default_factory=list)
    extra_s: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, jobs: Sequence[PlannedJob]) -> _Visits:
        """Number them."""
        found = cls(list(jobs))
        for number, job in enumerate(jobs):
            found.of_job.append([])
            for end in job.ends or (None,):
                found.of_job[-1].append(len(found.job_of))
                found.job_of.append(number)
                found.places.append(job.place)
                found.ends.append(end.place if end else job.place)
                found.workshops.append(end.workshop if end else None)
                found.extra_s.append(end.unhook_s + end.wait_s if end else 0.0)
        return found

    def stays(self, travel: TravelTimes, now: float) -> list[float]:
        """Return how long each keeps its truck."""
        return [self._stay(visit, travel, now) for visit in range(len(self.job_of))]

    def _stay(self, visit: int, travel: TravelTimes, now: float) -> float:
        on_scene_s = self.jobs[self.job_of[visit]].on_scene_s
        if self.workshops[visit] is None:
            return on_scene_s
        return on_scene_s + travel.leg(self.places[visit], self.ends[visit], now).seconds + self.extra_s[visit]


def _start(truck: PlannedTruck, pinned: dict[str, PlannedJob], travel: TravelTimes, now: float) -> tuple[Point, float]:
    """Return where and when a truck is free for what is not pinned."""
    place, free = truck.place, max(now, truck.free_at)
    for name in truck.pinned:
        visits = _Visits.of([pinned[name]])
        free = max(free, pinned[name].release) + travel.leg(place, pinned[name].place, now).seconds
        stay, place = min(zip(visits.stays(travel, now), visits.ends, strict=True))
        free += stay
    return place, free


def _reach(free: float, drives: Sequence[float], jobs: Sequence[PlannedJob]) -> list[float]:
    return [max(free, job.release) + drive for job, drive in zip(jobs, drives, strict=True)]


def _legs(ends: Sequence[Point], places: Sequence[Point], travel: TravelTimes, now: float) -> list[list[float]]:
    """Return the drives from each end; whatever ends at the same place shares them."""
    different = list(dict.fromkeys(ends))
    rows = dict(zip(different, travel.matrix(different, places, now).seconds, strict=True))
    return [rows[end] for end in ends]


def _homeward(
    trucks: Sequence[PlannedTruck], ends: Sequence[Point], travel: TravelTimes, now: float
) -> list[list[float] | None]:
    """Return each truck's drive home from each end, where its shift ends."""
    homes = list(
        dict.fromkeys(truck.home for truck in trucks if truck.home is not None and truck.shift_end is not None)
    )
    rows = travel.matrix(list(dict.fromkeys(ends)), homes, now).seconds if homes else []
    by_end = dict(zip(dict.fromkeys(ends), rows, strict=False))
    column = {home: number for number, home in enumerate(homes)}
    return [_home_of(truck, ends, by_end, column) for truck in trucks]


def _home_of(
    truck: PlannedTruck, ends: Sequence[Point], by_end: Mapping[Point, Sequence[float]], column: Mapping[Point, int]
) -> list[float] | None:
    if truck.shift_end is None:
        return None
    if truck.home is None:
        return [0.0] * len(ends)
    number = column[truck.home]
    return [by_end[end][number] for end in ends]


def _headings(trucks: Sequence[PlannedTruck], jobs: Sequence[PlannedJob]) -> list[int]:
    number = {job.job: j for j, job in enumerate(jobs)}
    return [number.get(truck.promised or "", NOBODY) for truck in trucks]


def find_near(tables: Tables) -> None:
    """Note whom it is worth to look at for each job: the trucks there soonest, the jobs around it."""
    jobs = range(len(tables.visits_of))
    able: list[list[tuple[float, int]]] = [[] for _ in jobs]
    for truck, row in enumerate(tables.reach):
        for job in tables.takes[truck]:
            able[job].append((row[job], truck))
    tables.near_trucks = [[truck for _, truck in nsmallest(NEAR_TRUCKS, found)] for found in able]
    firsts = [tables.leg[visits[0]] for visits in tables.visits_of]
    tables.near_jobs = [_near(job, row, firsts) for job, row in enumerate(firsts)]


def _near(job: int, out: Sequence[float], rows: Sequence[Sequence[float]]) -> list[int]:
    """Return the jobs around one: half of them those it leads to soonest, half those that lead to it soonest."""
    after = nsmallest(NEAR_JOBS // 2 + 1, zip(out, range(len(rows)), strict=True))
    before = nsmallest(NEAR_JOBS // 2 + 1, ((row[job], other) for other, row in enumerate(rows)))
    found = dict.fromkeys(other for pair in zip(after, before, strict=True) for _, other in pair if other != job)
    return list(found)[:NEAR_JOBS]
