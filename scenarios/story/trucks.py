"""Trucks and their crews as a story writes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Mass, Share, Speed
from gateway.finding import Capability, Carries
from scenarios.story.depots import Depots
from scenarios.story.distributions import Spans, always, lognormal, uniform
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


class Breaks(StrictModel):
    """When a crew rests: after so long on duty it takes no more jobs, and rests as soon as it has none."""

    after: Annotated[Duration, Field(gt=0)] = 4.5 * 3600.0
    """On duty since its shift began, or since the last break. Whoever drives in the European Union rests after four and a half
    hours at the wheel (Regulation (EC) No 561/2006, article 7); that all duty counts is ours [fit]."""
    lasts: Annotated[Duration, Field(gt=0)] = 45 * 60.0


class BreaksDown(StrictModel):
    """How often a truck breaks down itself, on its way to somebody: it hands the job back, and takes none until it is put right."""

    every: Annotated[Duration, Field(gt=0)] = 500 * 3600.0
    """Of driving, on the average (exponential) [fit]."""
    out_for: Spans = lognormal(3 * 3600, 0.4)
    """[fit]."""


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
    navigates: bool = False
    """Its tablet says when it will be there, by a navigation that knows of jams and of the hour; without, the house reckons it."""
    breaks: Breaks | None = None
    """Left out: crews never rest."""
    breaks_down: BreaksDown | None = None
    """Left out: trucks never break down."""
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
