"""A town with roads: everybody lives on a street, drives on roads, and takes as long as the hour, the weather and jams make it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from dispatch.roads.errors import BadRoads
from dispatch.roads.file import read_roads
from dispatch.roads.graph import Real, RoadGraph, Whole, metres_per_degree
from dispatch.roads.nearest import Nearest
from dispatch.roads.paths import Path, Paths
from dispatch.roads.router import Router
from dispatch.roads.traffic import HOUR_S, MIDDLES, PACE, Traffic
from scenarios.story.contractors import Contractors
from scenarios.story.distributions import Numbers
from scenarios.story.loader import StoryError
from scenarios.story.roads import Jam, Roads, jams, surface
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.story.trucks import Trucks
from scenarios.world.town import Beeline, Journey, Places, Point, Town, Way

STREETS = ("residential", "living_street", "unclassified", "tertiary")
"""Where people live, park and go, and trucks wait: as much of them as of each metre of street."""
BESIDE_MPS = 15 / 3.6
"""How fast one comes from beside the road to it: across a yard [fit]."""
FAR_M = 1_000.0
"""What lies farther from every road does not lie in this town."""


class TownRoads:
    """A graph, and what is found on it; of a graph there is one."""

    def __init__(self, name: str) -> None:
        """Read it. Raises ``BadRoads``."""
        self.graph: RoadGraph = read_roads(name)
        self.nearest, self.traffic = Nearest(self.graph), Traffic(self.graph.zone)
        self.paths = lru_cache(64)(self._paths)
        """Return what finds ways while there are these jams."""

    def on(self, places: Places) -> Places:
        """Return the nearest places on roads."""
        found = self.nearest.of(list(zip(places.latitude.tolist(), places.longitude.tolist(), strict=True)))
        return Places(*self.graph.places(found.stretch, found.share))

    def off_m(self, place: Point) -> float:
        """Return how far a place is from the nearest road, metres."""
        return float(self.nearest.of([(place.latitude, place.longitude)]).off_m[0])

    def streets(self, centre: Point, radius: float) -> Whole:
        """Return the streets with both ends within so many metres of a centre."""
        near = self._within(centre, radius)
        first, last = self.graph.first[:-1], self.graph.first[1:] - 1
        return np.flatnonzero(self.graph.of_classes(*STREETS) & near[first] & near[last])

    def _within(self, centre: Point, radius: float) -> npt.NDArray[np.bool_]:
        """Tell of each point of each road whether it lies so near."""
        north, east = metres_per_degree(np.array([centre.latitude]))
        away = np.hypot(
            (self.graph.latitude - centre.latitude) * north, (self.graph.longitude - centre.longitude) * east
        )
        found: npt.NDArray[np.bool_] = away <= radius
        return found

    def _paths(self, jammed: tuple[Jam, ...]) -> Paths:
        seconds = self.graph.seconds.copy()
        for jam in jammed:
            seconds[self._jammed(jam)] /= jam.speed
        return Paths(Router(self.graph, seconds), self.nearest, BESIDE_MPS)

    def _jammed(self, jam: Jam) -> Whole:
        """Return the roads that come so near to a jam, or the nearest."""
        near = self._within(Point(jam.latitude, jam.longitude), jam.within)
        stretch = np.repeat(np.arange(self.graph.stretches), self.graph.columns.points + 2)
        return np.union1d(stretch[near], self.nearest.of([(jam.latitude, jam.longitude)]).stretch)


@lru_cache(4)
def _roads(name: str) -> TownRoads:
    return TownRoads(name)


@dataclass(frozen=True)
class RoadWay:
    """Along the roads. It is looked for when somebody drives it."""

    town: RoadTown
    start: Point
    end: Point

    @cached_property
    def path(self) -> Path:
        """The quickest one without jams."""
        return self.town.path(self.start, self.end, ())

    def at(self, share: float) -> Point:
        """Return where one is when a share of the time is over."""
        return Point(*self.path.at(max(0.0, share) * float(self.path.seconds[-1])))


@dataclass(frozen=True)
class DrivenWay:
    """Along the roads as it is driven: ``path`` has its times."""

    path: Path

    def at(self, share: float) -> Point:
        """Return where one is when a share of the time is over."""
        return Point(*self.path.at(max(0.0, share) * float(self.path.seconds[-1])))


@dataclass(frozen=True)
class RoadTown(Town):
    """A town whose places lie on streets."""

    story: Story = field(kw_only=True)
    streams: Streams = field(kw_only=True)
    roads: TownRoads = field(kw_only=True)
    told: Roads = field(kw_only=True)
    streets: Whole = field(kw_only=True)

    def somewhere(self, dice: np.random.Generator) -> Point:
        """Draw a place on a street, every metre of them alike."""
        return self.many(1, dice)[0]

    def many(self, count: int, dice: np.random.Generator) -> Places:
        """Draw ``count`` of them."""
        which, share = dice.random((2, count))
        until = np.cumsum(self.roads.graph.length[self.streets])
        number = np.searchsorted(until / until[-1], which, side="right")
        return Places(*self.roads.graph.places(self.streets[np.minimum(number, len(until) - 1)], share))

    def at_distances(self, starts: Places, distance: Numbers, luck: Numbers) -> Places:
        """Return a place so many metres from each start, on the nearest road there."""
        return self.roads.on(super().at_distances(starts, distance, luck))

    def way(self, start: Point, end: Point) -> Way:
        """Return the way by road."""
        return RoadWay(self, start, end)

    def journey(self, who: str, start: Point, end: Point, at: float, beeline: Beeline) -> Journey:  # noqa: ARG002 - by road
        """Return the way round the jams there are, and how long it takes by hour, weather and luck."""
        path = self.path(start, end, tuple(jams(self.story.incidents, self.story.start, at)))
        luck = math.exp(self.told.scatter * float(self.streams.hashed("drives", who, round(at)).standard_normal()))
        lies = surface(self.story.weather, self.story.incidents, self.story.start, at)
        driven = self._driven(path.seconds * luck / PACE[lies], at)
        expected = self._driven(path.seconds / PACE[lies], at)
        return Journey(DrivenWay(Path(path.latitude, path.longitude, driven)), float(driven[-1]), float(expected[-1]))

    def path(self, start: Point, end: Point, jammed: tuple[Jam, ...]) -> Path:
        """Return the quickest way."""
        return self.roads.paths(jammed).path((start.latitude, start.longitude), (end.latitude, end.longitude))

    def _driven(self, free: Real, at: float) -> Real:
        """Return when one is at each point of a way that one sets out on at ``at``: each step as slow as its hour is."""
        hour, slowness = self.roads.traffic.day(at)
        steps, found = np.diff(free, prepend=0.0), free
        for _ in range(2):  # the hour of each step, by how long those before it take
            found = np.cumsum(steps * np.interp(hour + found / HOUR_S, MIDDLES, slowness, period=24.0))
        return found


def road_town(story: Story, streams: Streams, told: Roads) -> RoadTown:
    """Return a story's town with the roads that are told of it. Raises ``StoryError``: they are none, or places lie off them."""
    centre, place = Point(story.place.latitude, story.place.longitude), story.place
    try:
        roads = _roads(told.graph)
    except BadRoads as error:
        raise StoryError(f"roads: {error}") from None
    streets = roads.streets(centre, place.radius)
    if not len(streets):
        raise StoryError(f"place: no street of {roads.graph.name} lies within its radius")
    _must_be_there(story, roads)
    return RoadTown(
        centre, place.radius, place.shape, story=story, streams=streams, roads=roads, told=told, streets=streets
    )


def _must_be_there(story: Story, roads: TownRoads) -> None:
    named = {f"depots.{name}": depot for name, depot in story.depots.items()}
    groups: dict[str, Sequence[Trucks | Contractors]] = {"trucks": story.trucks, "contractors": story.contractors}
    points = {
        f"{key}.{n}.depots.{m}": one
        for key, kinds in groups.items()
        for n, kind in enumerate(kinds)
        for m, one in enumerate(kind.depots)
    }
    for key, one in (named | points).items():
        off_m = roads.off_m(Point(one.latitude, one.longitude))
        if off_m > FAR_M:
            raise StoryError(f"{key}: lies {off_m / 1000:.1f} km from the nearest road of {roads.graph.name}")
