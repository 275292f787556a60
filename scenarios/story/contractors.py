"""Towing firms as a story writes them: where they stand, what they can do, how they answer when the house asks for a truck."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Share
from scenarios.story.depots import Depots
from scenarios.story.distributions import Spans, lognormal, uniform
from scenarios.story.kind import Count
from scenarios.story.place import Words


class Contractors(StrictModel):
    """Firms of one kind. One is asked where no truck of the house's own is there in time (``policy: {contractor_late: …}``)."""

    count: Count
    trucks: Annotated[int, Field(ge=1, le=10_000)] = 2
    """That each of them has: it declines while all are out."""
    skills: Words = ("tow", "battery", "tyre", "electric", "fuel", "key")
    """What it can do; it declines what it cannot."""
    depots: Depots = ()
    """Points, or names of the story's ``depots``, over which they are shared out; without them each stands somewhere in town."""
    declines: Share = 0.1
    """Of what it is asked, though it has a truck."""
    answers_after: Spans = uniform(60, 240)
    """[fit]."""
    arrives_after: Spans = lognormal(40 * 60, 0.4)
    """From the yes until its truck is there, as it says [fit]."""
    scatter: Share = 0.15
    """Of the logarithm of how long that takes in fact [fit]."""
    works: Spans = lognormal(50 * 60, 0.5)
    """From there on until it is done, tow included, and its truck is free [fit]."""
