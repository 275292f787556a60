"""What a story says of its fridges."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from dispatch.policy_model.units import Duration, Temperature
from scenarios.story.distributions import Spans, lognormal
from scenarios.story.kind import Section

Gtin = Annotated[str, StringConstraints(pattern=r"^\d{8,14}$")]


class Fridges(Section):
    """Fridges at home. Each reports how it does, and its stock once it changed."""

    KEY = "fridges"
    status_every: Duration = 1800.0
    setpoint: Temperature = 4.0
    door_closed_after: Spans = lognormal(20 * 60, 0.5)
    """How long a door that was left ajar stays so [fit]."""
    article: str = "milk 1 l"
    gtin: Gtin = "4001234567891"

    @property
    def goods(self) -> tuple[str, ...]:
        """Return what runs out."""
        return (self.article, self.gtin)
