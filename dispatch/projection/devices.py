"""Where devices are and whether they are there, as the store's twins have it: a glance at each, once in a while.

Whoever watches gets those in view alone; of very many, how many are where.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from dispatch.store.journal import Journal
from dispatch.store.kept_twins import KEPT_WITHIN_S
from gateway.devices.liveness import Cadence, Liveness, Pulse
from gateway.finding import Place
from gateway.kinds.kind import Kind
from gateway.kinds.registry import kinds

EVERY_S = 5.0
SHARE = 0.02
"""Of a processor that is spent on it: of a large fleet it is looked at more seldom."""
SHOWN = 800
"""So many in view are told one by one."""
CELLS = 24
"""So many to a side of the view where they are only counted."""
LATEST = 50
"""Devices that fell silent, told by name."""

Box = tuple[float, float, float, float]
"""South, west, north, east, degrees."""


class _Glance(msgspec.Struct):
    """What is needed of a twin."""

    device: str
    pulse: Pulse = msgspec.field(default_factory=Pulse)
    place: Place | None = None
    moving: bool = False


class _Registered(msgspec.Struct):
    device: str
    kind: str
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One device. ``since``: for how long it has been as it is, POSIX seconds."""

    device: str
    kind: str
    place: Place | None
    state: Liveness
    since: float | None

    def told(self) -> list[Any]:
        """Return it as whoever watches gets it."""
        assert self.place is not None  # noqa: S101 - it is in view
        place = self.place
        where = [round(place.latitude, 5), round(place.longitude, 5), round(place.accuracy_m), place.fix_time]
        return [self.device, self.kind, *where, str(self.state)]


_twin = msgspec.json.Decoder(_Glance).decode
_record = msgspec.json.Decoder(_Registered).decode


class Devices:
    """``look`` at all of them; then ask for those ``within`` a box. Raises ``JournalFailed``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kinds: dict[str, Kind] = {}
        self._next_at = 0.0
        self.looks = 0
        self.seen: list[Seen] = []

    def look(self, now: float) -> bool:
        """Look at all of them, where that is due; ``False``: it was not. ``now``: the service's time, POSIX seconds."""
        began = time.monotonic()
        if began < self._next_at:
            return False
        if len(self._kinds) != self._journal.devices.count():
            self._kinds = dict(self._registered())
        self.seen = list(self._glances(now))
        self.looks += 1
        took = time.monotonic() - began
        self._next_at = began + max(EVERY_S, took / SHARE)
        return True

    def silent(self) -> tuple[int, list[list[Any]]]:
        """Return how many should have reported and have not, and who did last: name, kind, and since when."""
        found = [one for one in self.seen if one.state is Liveness.SILENT]
        latest = sorted(found, key=lambda one: -(one.since or 0.0))[:LATEST]
        return len(found), [[one.device, one.kind, one.since] for one in latest]

    def within(self, box: Box, besides: Container[str]) -> dict[str, Any]:
        """Return the devices in a box one by one, or of too many how many are where; ``besides``: these are told already."""
        south, west, north, east = box
        found = [
            one
            for one in self.seen
            if one.place is not None
            and south <= one.place.latitude <= north
            and west <= one.place.longitude <= east
            and one.device not in besides
        ]
        if len(found) <= SHOWN:
            return {"each": [one.told() for one in found]}
        return {"crowds": _crowds(found, box)}

    def _registered(self) -> Iterator[tuple[str, Kind]]:
        known = {kind.name: kind for kind in kinds()}
        for text in self._journal.devices.texts():
            record = _record(text)
            if record.kind in known:
                yield record.device, known[record.kind]

    def _glances(self, now: float) -> Iterator[Seen]:
        for text in self._journal.twins.texts():
            twin = _twin(text)
            kind = self._kinds.get(twin.device)
            if kind is not None:
                standing = twin.pulse.standing(now, _patience_s(twin, kind.cadence))
                yield Seen(twin.device, kind.name, twin.place, standing.state, standing.since)


def _patience_s(twin: _Glance, cadence: Cadence) -> float:
    return cadence.patience_s(twin.pulse.habit_s(), moving=twin.moving) + KEPT_WITHIN_S


def _crowds(found: list[Seen], box: Box) -> list[list[Any]]:
    """Return for each cell of the view that has any: where the middle of them is, how many, and how many are silent."""
    south, west, north, east = box
    high, wide = max(1e-9, (north - south) / CELLS), max(1e-9, (east - west) / CELLS)
    cells: dict[tuple[int, int], list[Seen]] = defaultdict(list)
    for one in found:
        assert one.place is not None  # noqa: S101 - they are in view
        cells[int((one.place.latitude - south) / high), int((one.place.longitude - west) / wide)].append(one)
    return [_crowd(some) for some in cells.values()]


def _crowd(some: list[Seen]) -> list[Any]:
    places = [one.place for one in some if one.place is not None]
    latitude = sum(place.latitude for place in places) / len(places)
    longitude = sum(place.longitude for place in places) / len(places)
    silent = sum(one.state is Liveness.SILENT for one in some)
    return [round(latitude, 5), round(longitude, 5), len(some), silent]
