"""The drives of trucks by the roads of the house's policy: ways to their cases, once for each yes, and how long others take."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Protocol

from dispatch.core.distance import Point
from dispatch.core.policy import Policy
from dispatch.core.travel import GreatCircle, TravelTimes
from dispatch.views.case_view import CaseView
from dispatch.views.casebook import Casebook

log = logging.getLogger(__name__)

KEPT = 2_000
TREES = 256
"""So many places are at hand that somebody drives to: a tenth of a megabyte each, on the roads of a town."""
_DIGITS = 5


class _Roads(TravelTimes, Protocol):
    def line(self, start: Point, end: Point) -> list[Point]: ...


class Drives:
    """Asked for a truck's way; straight ones are not drawn, so without roads there is none."""

    def __init__(self, policy: Policy) -> None:
        self._roads = _roads(policy)
        self._otherwise = GreatCircle(policy.circuity, policy.speed_mps)
        self._ways: OrderedDict[tuple[str, str, Point], list[list[float]] | None] = OrderedDict()
        self._seconds: OrderedDict[tuple[Point, Point], float] = OrderedDict()
        self.book: Casebook | None = None

    def way(self, truck: str, case: CaseView) -> list[list[float]] | None:
        """Return the points of a truck's way from where it was when it was first asked for; ``None``: not known."""
        if self._roads is None or self.book is None or case.place is None or truck not in self.book.trucks:
            return None
        end = (case.place.latitude, case.place.longitude)
        name = (truck, case.case, end)
        if name not in self._ways:
            place = self.book.trucks[truck].place
            self._ways[name] = _drawn(self._roads, (place.latitude, place.longitude), end)
            if len(self._ways) > KEPT:
                self._ways.popitem(last=False)
        return self._ways[name]

    def seconds(self, start: Point, end: Point) -> float:
        """Return how long a drive takes, as it was when it was first asked for."""
        if (start, end) not in self._seconds:
            at = self.book.last_at if self.book is not None else 0.0
            self._seconds[start, end] = (self._roads or self._otherwise).leg(start, end, at).seconds
            if len(self._seconds) > KEPT:
                self._seconds.popitem(last=False)
        return self._seconds[start, end]


def _drawn(roads: _Roads, start: Point, end: Point) -> list[list[float]] | None:
    try:
        return [[round(one, _DIGITS) for one in point] for point in roads.line(start, end)]
    except (ValueError, IndexError, ArithmeticError) as error:
        log.warning("no way was found: %s", error, extra={"flood": "way"})
        return None


def _roads(policy: Policy) -> _Roads | None:
    """Read the roads of a policy; ``None``: it has none, or nothing here can read them."""
    if policy.roads is None:
        return None
    try:
        from dispatch.roads.file import read_roads  # noqa: PLC0415 - imports numpy and scipy, which are an extra
        from dispatch.roads.house import times_on  # noqa: PLC0415 - likewise
    except ModuleNotFoundError:
        return None
    return times_on(policy, read_roads(policy.roads), TREES)
