"""Where every car will drive and when, drawn before the story starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.schema import Story
from scenarios.world.town import Point, Town, between

DAY = 86_400.0
CIRCUITY = 1.3
"""Road length over great circle [fit]."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive. Times in POSIX seconds."""

    depart: float
    arrive: float
    start: Point
    end: Point

    def place(self, at: float) -> Point:
        """Where the car is at ``at``, at an even speed and as the crow flies."""
        span = self.arrive - self.depart
        share = (at - self.depart) / span if span > 0 else 1.0
        return between(self.start, self.end, min(1.0, max(0.0, share)))


def draw_trips(story: Story, home: Point, town: Town, dice: np.random.Generator) -> tuple[Trip, ...]:
    """Draw one car's trips: every day out and back, none beginning after the end."""
    trips: list[Trip] = []
    for day in range(_days(story)):
        trips.extend(_day(story, home, town, dice, story.start_s + day * DAY))
    return tuple(trips)


def _day(story: Story, home: Point, town: Town, dice: np.random.Generator, begin: float) -> list[Trip]:
    cars, trips, here = story.cars, list[Trip](), home
    depart = begin + cars.departs.one(dice)
    for number in range(cars.trips):
        lasts, stays = max(120.0, cars.trip.one(dice)), cars.stays.one(dice)
        there = home if number % 2 else town.at_distance(here, lasts * cars.speed / CIRCUITY, dice)
        trips.append(Trip(depart, depart + lasts, here, there))
        depart, here = depart + lasts + stays, there
    return [trip for trip in trips if trip.arrive < begin + DAY]


def _days(story: Story) -> int:
    return int(-(-story.duration // DAY))
