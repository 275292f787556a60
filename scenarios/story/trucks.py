"""Trucks and their crews as a story writes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Mass, Share, Speed
from gateway.finding import Capability, Carries
from scenarios.story.depots import Depots
from scenarios.story.distributions import Spans, always, uniform
from scenarios.story.hours import Shift
from scenarios.story.kind import Count
from scenarios.story.place import Words, listed


class Carrying(StrictModel):
    """What trucks take along, of what is broken beyond what can be mended where it stands."""

    able: Annotated[tuple[Capability, ...], BeforeValidator(listed)] = ()
    mass: Mass | None = None
    """The heaviest; left out: any."""

    @property
    def registered(self) -> Carries:
        """As it is registered with the service."""
        return Carries(self.able, self.mass)


class Trucks(StrictModel):
    """Trucks of one kind. Without ``depots`` each waits somewhere in town."""

    count: Count
    skills: Words
    carries: Carrying | None = None
    """Left out: everything."""
    depots: Depots = ()
    """Points, or names of the story's ``depots``; the trucks are shared out among them."""
    shift: Shift | None = None
    """Takes jobs within it; around the clock where it is left out."""
    speed: Speed = 40 / 3.6
    """In town [fit]."""
    circuity: Annotated[float, Field(ge=1, le=3)] = 1.3
    """Road length over great circle [fit]."""
    answers_after: Spans = uniform(3, 12)
    declines: Share = 0.0
    status_while_driving: Duration = 90.0
    status_while_waiting: Duration = 600.0
    scene_sigma: Annotated[float, Field(ge=0, le=2)] = 0.6
    """Of the logarithm of the time on the scene, whose median the job tells [fit]."""
    unhooks: Spans = always(9 * 60)
    """8 to 10 minutes [fit]."""
