"""How long trucks drive: by great circle, or by whatever else is put behind ``TravelTimes``, as roads are. Pure.

Whoever decides asks for no more than this. Roads (``dispatch.roads``) answer from a graph in memory; contraction hierarchies or
a Valhalla of one's own, for whole countries, would be another class with these methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dispatch.core.distance import Point, Span, between, metres, roughly


@dataclass(frozen=True, slots=True)
class Leg:
    """One drive."""

    seconds: float
    metres: float
    on_roads: bool = False
    """``False``: reckoned by great circle, as there are no roads, or one end lies far from any, or no road leads there."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Drives from each of some places to each of others: a row for each start, a column for each end."""

    seconds: list[list[float]]
    metres: list[list[float]]


class TravelTimes(Protocol):
    """Pure and deterministic: the same places at the same hour give the same figures. ``at`` is POSIX seconds."""

    def leg(self, start: Point, end: Point, at: float) -> Leg:
        """Return the drive from one place to another for who sets out at ``at``."""

    def between(self, start: Point, end: Point, at: float) -> Span:
        """Return between how many seconds the drive surely takes: where that is cheaper than ``leg``, and enough to decide by."""

    def matrix(self, starts: Sequence[Point], ends: Sequence[Point], at: float) -> Matrix:
        """Return the same for many at once. Ends that are asked for again (jobs, workshops, homes) cost next to nothing."""

    def along(self, start: Point, end: Point, spent_s: float, at: float) -> Point:
        """Return where one is on that drive, ``spent_s`` seconds after setting out at ``at``; at its end when it is over."""

    def why_not(self, *places: Point) -> str | None:
        """Return why a drive between places is a guess where others are not; ``None``: it is reckoned as all are."""


@dataclass(frozen=True, slots=True)
class GreatCircle:
    """As the crow flies, times what roads are longer, at one speed."""

    circuity: float
    """Road length over great circle."""
    speed_mps: float

    def leg(self, start: Point, end: Point, at: float) -> Leg:  # noqa: ARG002 - at any hour
        """Return the drive from one place to another."""
        way = metres(start, end) * self.circuity
        return Leg(way / self.speed_mps, way)

    def between(self, start: Point, end: Point, at: float) -> Span:  # noqa: ARG002 - at any hour
        """Return between how many seconds the drive surely takes."""
        least, most = between(start, end)
        pace = self.circuity / self.speed_mps
        return least * pace, most * pace

    def matrix(self, starts: Sequence[Point], ends: Sequence[Point], at: float) -> Matrix:  # noqa: ARG002 - at any hour
        """Return about every drive from one of ``starts`` to one of ``ends``, to half a percent: geodesics take far longer."""
        ways = [[roughly(start, end) * self.circuity for end in ends] for start in starts]
        return Matrix([[way / self.speed_mps for way in row] for row in ways], ways)

    def along(self, start: Point, end: Point, spent_s: float, at: float) -> Point:
        """Return where one is on that drive."""
        way = self.leg(start, end, at).metres
        share = min(1.0, max(0.0, spent_s) * self.speed_mps / way) if way else 1.0
        (north, east), (to_north, to_east) = start, end
        return north + (to_north - north) * share, east + (to_east - east) * share

    def why_not(self, *places: Point) -> str | None:  # noqa: ARG002 - there are no roads that one could be off
        """Return ``None``: all drives are reckoned alike."""
        return None
