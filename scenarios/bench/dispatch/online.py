"""A day as it happens: jobs become known at their release, and whoever decides is asked whenever something happened. Pure.

An empty truck may be turned around. It is then counted as no sooner there than one that had waited where it was last free, and
had left when the job was released: so no decision can profit from having driven ahead, every run is one that the optimum in
hindsight could have chosen, and no cost lies below that optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scenarios.bench.dispatch.instance import BenchJob, Instance, Spot, drive, job_cost

LATE_MIN = 45.0


@dataclass(slots=True)
class BenchTruck:
    """A truck: where it was last free, and where it drives to."""

    free_at: float
    stood: Spot
    """Where it was free last."""
    spot: Spot
    """Where it is, or will be free."""
    heading: int | None = None
    left_at: float = 0.0
    left: Spot = (0.0, 0.0)
    arrives: float = 0.0

    def at_work(self, now: float) -> bool:
        """Is it with a customer, or towing?"""
        return self.free_at > now

    def move(self, jobs: tuple[BenchJob, ...], now: float) -> None:
        """Note where it is on its way."""
        if self.heading is None:
            return
        to = jobs[self.heading].at
        way = drive(self.left, to)
        share = min(1.0, (now - self.left_at) / way) if way else 1.0
        self.spot = (self.left[0] + (to[0] - self.left[0]) * share, self.left[1] + (to[1] - self.left[1]) * share)

    def head(self, job: int | None, jobs: tuple[BenchJob, ...], now: float) -> None:
        """Drive to a job, or stay."""
        if job == self.heading:
            return
        self.heading, self.left_at, self.left = job, now, self.spot
        if job is not None:
            to = jobs[job]
            self.arrives = max(now + drive(self.spot, to.at), self.not_before(to))

    def not_before(self, job: BenchJob) -> float:
        """Return when it would be there from where it was last free, had it left when the job was released."""
        return max(self.free_at, job.release) + drive(self.stood, job.at)


@dataclass(slots=True)
class Standing:
    """What whoever decides knows."""

    jobs: tuple[BenchJob, ...]
    trucks: list[BenchTruck]
    waiting: list[int] = field(default_factory=list)
    """Jobs that are released and that no truck has reached."""
    now: float = 0.0


Decide = Callable[[Standing], Mapping[int, int | None]]
"""Whoever decides: truck → the job it is to drive to, or none. Trucks that are not named go on as they do."""


def waits(instance: Instance, decide: Decide) -> list[float]:
    """Return how long each customer waited, minutes, in the order of their release."""
    standing = Standing(instance.jobs, [BenchTruck(0.0, spot, spot) for spot in instance.trucks])
    found, released = [0.0] * len(instance.jobs), 0
    while released < len(instance.jobs) or standing.waiting:
        standing.now = _next(standing, released)
        _arrive(standing, found)
        while released < len(instance.jobs) and instance.jobs[released].release <= standing.now:
            standing.waiting.append(released)
            released += 1
        if standing.waiting:
            for truck in standing.trucks:
                truck.move(standing.jobs, standing.now)
            for number, job in decide(standing).items():
                standing.trucks[number].head(job, standing.jobs, standing.now)
    return found


def mean_cost(found: list[float]) -> float:
    """Return the mean cost of waits."""
    return sum(job_cost(wait) for wait in found) / len(found)


def late_share(found: list[float]) -> float:
    """Return the share of customers who waited longer than they should."""
    return sum(wait > LATE_MIN for wait in found) / len(found)


def _next(standing: Standing, released: int) -> float:
    """Return when something happens next."""
    times = [standing.jobs[released].release] if released < len(standing.jobs) else []
    for truck in standing.trucks:
        if truck.heading is not None:
            times.append(truck.arrives)
        elif truck.at_work(standing.now):
            times.append(truck.free_at)
    return min(times)


def _arrive(standing: Standing, found: list[float]) -> None:
    for truck in standing.trucks:
        if truck.heading is not None and truck.arrives <= standing.now:
            job = standing.jobs[truck.heading]
            found[truck.heading] = truck.arrives - job.release
            standing.waiting.remove(truck.heading)
            truck.free_at, truck.stood, truck.spot, truck.heading = truck.arrives + job.busy, job.end, job.end, None


def first_come(standing: Standing) -> Mapping[int, int | None]:
    """Send the nearest free truck to whoever has waited longest."""
    return _greedy(standing, lambda job, way: (standing.jobs[job].release, job, way))


def nearest_pair(standing: Standing) -> Mapping[int, int | None]:
    """Send the truck and the customer together that are nearest."""
    return _greedy(standing, lambda job, way: (way, job))


def _greedy(standing: Standing, rank: Callable[[int, float], tuple[float, ...]]) -> dict[int, int | None]:
    on_the_way = {truck.heading for truck in standing.trucks}
    open_jobs = [job for job in standing.waiting if job not in on_the_way]
    free = [k for k, one in enumerate(standing.trucks) if one.heading is None and not one.at_work(standing.now)]
    chosen: dict[int, int | None] = {}
    pairs = [
        (rank(job, drive(standing.trucks[k].spot, standing.jobs[job].at)), job, k) for job in open_jobs for k in free
    ]
    for _, job, truck in sorted(pairs):
        if truck not in chosen and job not in chosen.values():
            chosen[truck] = job
    return chosen
