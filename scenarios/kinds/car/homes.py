"""Homes with a car: its people drive, and what breaks in it shows on a start or on a drive."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from gateway.finding import NOTHING, Load
from scenarios.kinds.car.itinerary import Times, days, draw_ends, draw_times
from scenarios.kinds.car.load import registered
from scenarios.kinds.car.parts import Occasion
from scenarios.kinds.car.section import Cars
from scenarios.story.distributions import Numbers
from scenarios.world import homes
from scenarios.world.homes import Block, Window
from scenarios.world.town import Places
from scenarios.world.trip import Trip

EDGE_S = 60.0
"""Nothing breaks so shortly after a trip began or before it ends."""


class CarBlock(Block):
    """Homes with a car each."""

    @cached_property
    def times(self) -> Times:
        """When its cars drive."""
        each = [draw_times(self._story, homes.BLOCK, day, self.dice("times", day)) for day in range(days(self._story))]
        columns = [
            np.hstack(column) for column in zip(*((one.depart, one.arrive, one.driven) for one in each), strict=True)
        ]
        return Times(*columns)

    @cached_property
    def ends(self) -> list[Places]:
        """Where each trip ends, trip by trip."""
        found: list[Places] = []
        trips = self._story.section(Cars).trips
        for day in range(days(self._story)):
            columns = slice(day * trips, (day + 1) * trips)
            times = Times(self.times.depart[:, columns], self.times.arrive[:, columns], self.times.driven[:, columns])
            found += draw_ends(self._story, times, self.points, self._town, self.dice("ends", day))
        return found

    def moments(self, occasion: str, window: Window, luck: Numbers, where_in: Numbers) -> Numbers:
        """Return a moment on a drive of each car, or one of its starts: whatever its driver does at the car is done then."""
        if occasion == Occasion.DRIVING:
            return _on_drives(self.times, window, luck, where_in)
        return _at_starts(self.times, window, luck)

    def load(self, kind: str, device: str) -> Load:
        """Return what the register knows of taking a car along."""
        return registered(self._story, self._streams, device) if kind == self.kind else NOTHING

    def trips(self, index: int) -> tuple[Trip, ...]:
        """Return where a car is driven."""
        trips, here = list[Trip](), self.points[index]
        times = self.times
        for depart, arrive, driven, ends in zip(
            times.depart[index].tolist(), times.arrive[index].tolist(), times.driven[index], self.ends, strict=True
        ):
            if driven:
                there = ends[index]
                trips.append(Trip(depart, arrive, there, self._town.way(here, there)))
                here = there
        return tuple(trips)


BLOCK = CarBlock


def _at_starts(times: Times, window: Window, luck: Numbers) -> Numbers:
    """Return one of each car's starts within the window."""
    fits = times.driven & (times.depart >= window[0]) & (times.depart < window[1])
    return _one_of(times.depart, fits, luck)


def _on_drives(times: Times, window: Window, luck: Numbers, where_in: Numbers) -> Numbers:
    """Return a moment on one of each car's drives within the window."""
    begins, ends = np.maximum(times.depart + EDGE_S, window[0]), np.minimum(times.arrive - EDGE_S, window[1])
    fits = times.driven & (begins < ends)
    begin = _one_of(begins, fits, luck)
    return begin + where_in * (_one_of(ends, fits, luck) - begin)


def _one_of(values: Numbers, fits: npt.NDArray[np.bool_], luck: Numbers) -> Numbers:
    """Return of each row one of the values that fit; NaN where none does."""
    count = fits.sum(axis=1)
    nth = np.minimum((luck * count).astype(np.int64), np.maximum(0, count - 1))
    column = np.argmax(fits.cumsum(axis=1) > nth[:, None], axis=1) if values.shape[1] else np.zeros(len(luck), np.int64)
    if not values.shape[1]:
        return np.full(len(luck), np.nan)
    return np.where(count > 0, values[np.arange(len(values)), column], np.nan)
