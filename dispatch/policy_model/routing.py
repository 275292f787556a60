"""What is asked of the agent who takes a call, as a policy file says it: its ``routing:``, step by step. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from dispatch.core.routing.model import BEST, LEAST, Proficiency, Step
from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration

MOST_STEPS = 20
LONGEST_S = 86_400.0


def _some_time(value: float) -> float:
    if not 0 < value <= LONGEST_S:
        message = f"{value:g} s is not more than 0 s and at most a day"
        raise ValueError(message)
    return value


Least = Annotated[int, Field(ge=LEAST, le=BEST)]
Attribute = Annotated[str, Field(min_length=1, max_length=100)]


class RoutingStep(StrictModel):
    """One step: what is asked at least, 1 to 5, and for how long. What is left out is not asked."""

    holds: Annotated[Duration, AfterValidator(_some_time)]
    """Then the next step holds; behind the last one anybody takes the call."""
    language: Least | None = None
    """In the customer's language."""
    skill: Least | None = None
    """In what broke: roadside, appliance, payment."""
    empathy: Least | None = None
    """Where the customer is in distress, in grief, or complains."""
    channel: Least | None = None
    """In the channel, where it is not the telephone: chat, video."""
    attributes: Annotated[dict[Attribute, Least], Field(default_factory=dict, max_length=20)]
    """Anything else by its name, for every call."""

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.language or self.skill or self.empathy or self.channel or self.attributes):
            message = "a step asks for something: language, skill, empathy, channel or attributes"
            raise ValueError(message)
        return self

    def step(self) -> Step:
        """Return what a desk goes by."""
        others = tuple(Proficiency(name, least) for name, least in self.attributes.items())
        asked = (self.language or 0, self.skill or 0, self.empathy or 0, self.channel or 0)
        return Step(self.holds, *asked, others)

    def written(self) -> dict[str, Any]:
        """Return a step as a file has it."""
        asked = self.model_dump(exclude_none=True, exclude_defaults=True, exclude={"holds"})
        return {**asked, "holds": f"{self.holds:g} s"}


Routing = Annotated[tuple[RoutingStep, ...], Field(max_length=MOST_STEPS, strict=False)]
