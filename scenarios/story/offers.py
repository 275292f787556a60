"""What a story says of offers: who agreed to be offered things, what they hold, and how likely they take what, in truth."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dispatch.core.offers.products import Segment
from dispatch.policy_model.offers import house_catalogue
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Share
from scenarios.story.distributions import Spans, lognormal


class Offers(StrictModel):
    """Offers, at the end of calls. Figures without a source are [fit]."""

    agrees: Share = 0.6
    """Of all customers: who agreed to be offered things."""
    vulnerable: Share = 0.04
    """Of all customers: whom the register says to treat with particular care."""
    accounts: Share = 0.8
    """Of all customers: who has an account with the house; half of those savings beside it."""
    savings: Annotated[float, Field(gt=0, le=1e7)] = 3_000.0
    """Median of what lies on a savings account, in the currency's units."""
    takes: dict[str, Share] = Field(
        {
            "better_savings": 0.35,
            "roadside_cover": 0.12,
            "battery_check": 0.2,
            "longer_warranty": 0.08,
            "payer/better_savings": 0.15,
        }
    )
    """How likely somebody takes an offer, by its name, or by ``segment/name``."""
    later: Share = 0.15
    """Of the others: who would rather hear of it later."""
    lasts: Spans = lognormal(25, 0.4)
    """To say it and to be answered."""

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Offers:
        names = [one.offer for one in house_catalogue()]
        known = {*names, *(f"{segment}/{name}" for segment in get_args(Segment) for name in names)}
        for key in self.takes:
            if key not in known:
                raise PydanticCustomError("unknown_key", "there is no such offer", {"key": f"takes.{key}"})
        return self

    def chance(self, segment: str, offer: str) -> float:
        """Return how likely somebody takes an offer, in truth."""
        return self.takes.get(f"{segment}/{offer}", self.takes.get(offer, 0.0))
