"""Where every car will drive and when, drawn before the story starts, for some thousand cars at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scenarios.kinds.car.section import Cars
from scenarios.story.distributions import Numbers
from scenarios.story.schema import Story
from scenarios.world.town import Places, Town

DAY = 86_400.0
CIRCUITY = 1.3
"""Road length over great circle [fit]."""
SHORTEST_S = 120.0
"""A trip."""


@dataclass(frozen=True, slots=True)
class Times:
    """When some cars drive: one row for each car, one column for each trip. POSIX seconds."""

    depart: Numbers
    arrive: Numbers
    driven: npt.NDArray[np.bool_]
    """``False``: that trip is not made, for the day is over."""


def draw_times(story: Story, count: int, day: int, dice: np.random.Generator) -> Times:
    """Draw when ``count`` cars drive on one day: out and back, no trip beyond the day's end."""
    cars, begin = story.section(Cars), story.start_s + day * DAY
    depart, arrive = np.empty((count, cars.trips)), np.empty((count, cars.trips))
    leaves = begin + cars.departs.draw(dice, count)
    for number in range(cars.trips):
        depart[:, number] = leaves
        arrive[:, number] = leaves + np.maximum(SHORTEST_S, cars.trip.draw(dice, count))
        leaves = arrive[:, number] + cars.stays.draw(dice, count)
    return Times(depart, arrive, arrive < begin + DAY)


def draw_ends(story: Story, times: Times, homes: Places, town: Town, dice: np.random.Generator) -> list[Places]:
    """Draw where each of a day's trips ends: somewhere as far as it lasts, and every second one at home."""
    ends: list[Places] = []
    for number in range(times.depart.shape[1]):
        luck = dice.random(len(times.depart))
        if number % 2:
            ends.append(homes)
            continue
        lasts = times.arrive[:, number] - times.depart[:, number]
        ends.append(town.at_distances(homes, lasts * story.section(Cars).speed / CIRCUITY, luck))
    return ends


def days(story: Story) -> int:
    """Return on how many days, the last of them begun only, cars drive."""
    return int(-(-story.duration // DAY))
