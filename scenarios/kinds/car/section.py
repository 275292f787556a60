"""What a story says of its cars."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Length, Share, Speed
from scenarios.story.distributions import Spans, lognormal, uniform
from scenarios.story.kind import Section


class Loads(StrictModel):
    """What it takes to take some of them along."""

    all_wheels_up: Share = 0.0
    """Of the cars: none of their wheels may turn, whatever is broken; four-wheel drive."""
    high_voltage: Share = 0.0
    """Of the cars: they drive by a traction battery."""
    heavy: Share = 0.0
    """Of the cars: they weigh ``HEAVY_KG``, the others less than any truck takes."""
    registered: Share = 1.0
    """Of the cars: of how many of them the register knows it; with the others a crew finds it out on the scene."""

    @property
    def any(self) -> bool:
        """Is there anything that not every truck takes?"""
        return self.all_wheels_up + self.high_voltage + self.heavy > 0


HEAVY_KG = 3_200.0
"""A loaded van [fit]."""


class Cars(Section):
    """Cars with one owner each, who has one phone. They stand overnight, and are driven from ``departs`` on."""

    KEY = "cars"
    departs: Spans = lognormal(75 * 60, 0.5)
    """From the start of each day of the story to the first trip."""
    trip: Spans = lognormal(25 * 60, 0.35)
    stays: Spans = uniform(2 * 3600, 9 * 3600)
    """Parked between two trips."""
    trips: Annotated[int, Field(ge=0, le=20)] = 2
    """A day."""
    speed: Speed = 40 / 3.6
    status_while_driving: Duration = 60.0
    status_while_parked: Duration = 3600.0
    status_while_broken: Annotated[Duration, Field(gt=0)] = 600.0
    """Between two statuses of one that stands and waits for help, once it has waited for a while: the first ones come sooner."""
    loads: Loads = Loads()
    gps_error: Length = 4.0
    """Standard deviation of a fix in the open, each of east and north [fit]."""
