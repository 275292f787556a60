"""Trucks that are sent by preference and go back to where they stand, against Larson's hypercube. The desk is the real one.

The model knows no roads: a service is exponential, the way there and back in it, and a truck that is free stands at its depot. So
the world's trucks, which mend by their own times and stay where they were last, are not asked: calls come at random, a desk sends
the nearest free truck or has the call wait, and what it sends is busy for so long as is drawn.

The example's rates stand in a figure. Its text says that there are 1.5 calls in a mean service time, half of them in the first
truck's area, 0.15 of them at the fifth place, and who is sent second where. What is left are two sums, and these alone of all
multiples of 0.05 lead to the workloads that are published. How a sum is shared out within an area changes nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any, TypeVar

import numpy as np

from dispatch.core.actions import ReassignTow, SendTow
from dispatch.core.desk import Desk
from dispatch.core.distance import Point, metres
from dispatch.core.events import Event, FaultFound, TruckReported
from dispatch.service.policy_file import desk_policy
from gateway.finding import Domain, Drive, Finding, Help, Place, Remedy, Severity, TruckReport
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.validation import formulas
from scenarios.validation.answer import Answer, Known, RunFigure

SERVICE_S = 20 * 60.0
"""Mean of a service; only the calls in it matter."""
WARM_UP = 0.05
"""So much of a run is not counted: it begins with all trucks free."""
PLACES = (
    *((0.25, 0.10), (0.25, 0.15), (0.10, 0.45), (0.25, -0.15), (0.15, 0.60), (0.10, 0.75)),
    *((0.10, -0.45), (0.10, -0.55), (0.10, -0.65), (0.10, -0.75)),
)
"""The ten, in the book's order: calls in a mean service time, and how far east of the middle, in the town's radii."""
TRUCKS, LOAD = 3, sum(rate for rate, _ in PLACES)
EXACT_M, METRES_PER_DEGREE = 1.0, 111_320.0


@dataclass(frozen=True, slots=True)
class _Window:
    """What of a run is counted, POSIX seconds."""

    first: float
    last: float

    def within(self, since: float, until: float) -> float:
        """Return how much of a span is counted, seconds."""
        return max(0.0, min(until, self.last) - max(since, self.first))


@dataclass(slots=True)
class _Trucks:
    """A desk and the trucks that it sends: each is busy for a time that is drawn, and then at its depot."""

    desk: Desk
    depots: dict[str, Point]
    dice: np.random.Generator
    window: _Window
    busy: list[tuple[float, str, str]] = field(default_factory=list)
    """Until when, which truck, by which job; the soonest first."""
    busy_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    told: int = 0

    def tell(self, event: Event, at: float) -> bool:
        """Tell the desk, and have whom it sends set out; was one sent?"""
        sent = [one for _, one in self.desk.handle(event, at) if isinstance(one, SendTow | ReassignTow)]
        for one in sent:
            self._sets_out(one.truck, one.tow, at)
        return bool(sent)

    def report(self, truck: str, at: float, **job: Any) -> None:
        """A truck tells how its job stands, and that it is at its depot: the way is part of the service."""
        self.told += 1
        where = Place(*self.depots[truck], EXACT_M, at, "gnss")
        told = TruckReport(f"{truck}/1-{self.told}", truck, where, True, ("battery",), "simulated", **job)  # noqa: FBT003 - on duty
        self.tell(TruckReported(told), at)

    def through_before(self, at: float) -> None:
        """Have those tell that they are free who are through before ``at``, POSIX seconds."""
        while self.busy and self.busy[0][0] <= at:
            then, truck, job = heappop(self.busy)
            self.report(truck, then, job=job, job_state="finished")

    def _sets_out(self, truck: str, job: str, at: float) -> None:
        until = at + float(self.dice.exponential(SERVICE_S))
        self.busy_s[truck] += self.window.within(at, until)
        heappush(self.busy, (until, truck, job))
        for state in ("accepted", "arrived"):
            self.report(truck, at, job=job, job_state=state)


def known(story: Story) -> dict[str, Known]:
    """Return how busy each truck is, in the order of its depots, and how often somebody waits."""
    depots = _depots(story)
    atoms = [(rate, _nearest_first(_place(story, east), depots)) for rate, east in PLACES]
    busy = formulas.hypercube(atoms, len(depots))
    waits = formulas.erlang_c(len(depots), LOAD, SERVICE_S).waits
    return _by_truck([Known(one, "Larson") for one in busy]) | {"P(wait)": Known(waits, "Erlang C")}


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Have a desk send trucks to calls that come at random, and measure the same."""
    dice, depots = Streams(seed), {f"help/truck-{n}": depot for n, depot in enumerate(_depots(story), 1)}
    window = _Window(story.start_s + WARM_UP * story.duration, story.end_s)
    trucks = _Trucks(Desk(desk_policy(story.policy)), depots, dice.keyed("validate", "services"), window)
    for truck in depots:
        trucks.report(truck, story.start_s)
    calls = waited = 0
    for at, east in _calls(story, dice.keyed("validate", "calls")):
        trucks.through_before(at)
        sent = trucks.tell(_broken(_place(story, east), f"volta/car-{at!r}", at), at)
        calls, waited = calls + (at >= window.first), waited + (at >= window.first and not sent)
    trucks.through_before(window.last)
    shares = [trucks.busy_s[truck] / (window.last - window.first) for truck in depots]
    return _by_truck([RunFigure(one, calls) for one in shares]) | {"P(wait)": RunFigure(waited / max(1, calls), calls)}


_Figure = TypeVar("_Figure", Known, RunFigure)


def _by_truck(figures: Sequence[_Figure]) -> dict[str, _Figure]:
    return {f"truck {number} busy": figure for number, figure in enumerate(figures, 1)}


def _depots(story: Story) -> list[Point]:
    """Return where the trucks stand. Raises ``StoryError`` where it is not one for each of three."""
    depots = [(one.latitude, one.longitude) for kind in story.trucks for one in kind.depots]
    if len(depots) != TRUCKS or sum(kind.count for kind in story.trucks) != TRUCKS or len(set(depots)) != TRUCKS:
        message = f"trucks: Larson's example has {TRUCKS} trucks with a depot of its own each"
        raise StoryError(message)
    return depots


def _place(story: Story, east: float) -> Point:
    """Return the point so many radii east of the middle of the town."""
    degrees = east * story.place.radius / (METRES_PER_DEGREE * math.cos(math.radians(story.place.latitude)))
    return story.place.latitude, story.place.longitude + degrees


def _nearest_first(place: Point, depots: Sequence[Point]) -> list[int]:
    return sorted(range(len(depots)), key=lambda number: metres(depots[number], place))


def _calls(story: Story, dice: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Yield when and where something breaks: a Poisson process."""
    rates, easts = zip(*PLACES, strict=True)
    at = story.start_s
    while (at := at + float(dice.exponential(SERVICE_S / LOAD))) < story.end_s:
        yield at, float(dice.choice(easts, p=np.array(rates) / LOAD))


def _broken(place: Point, car: str, at: float) -> FaultFound:
    """Return a flat battery of somebody who need not be rung."""
    remedy = Remedy(Help.ROADSIDE, "battery", round(SERVICE_S), round(SERVICE_S))
    where = Place(*place, EXACT_M, at, "gnss")
    finding = Finding(
        *(f"{car}/1-1", f"{car}/1-1", car, Domain.VEHICLE, f"of {car}", "battery_12v", "12 V battery", 1.0, (), ()),
        severity=Severity.HIGH,
        drive=Drive.YES,
        remedy=remedy,
        advice="",
        place=where,
        near="",
        observed_at=at,
        provenance="simulated",
    )
    return FaultFound(finding, "en", may_call=False, may_order=False)


HYPERCUBE = Answer(known, seen)
