"""Workshops as a story writes them: how they answer a booking, how many cars they have room for, when they are open."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share
from scenarios.story.distributions import Spans, uniform
from scenarios.story.hours import Shift

_OPEN = re.compile(r"\s*(\S+?)\s*\.\.\s*(\S+)\s*")


def opening(text: Any) -> Any:  # noqa: ANN401 - any YAML
    """Read opening hours, every day the same: ``07:00..18:00``."""
    if isinstance(text, Shift):
        return text
    found = _OPEN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        message = f"{text!r} are no opening hours: write '07:00..18:00'"
        raise ValueError(message)
    return {"from": found[1], "until": found[2]}


Opening = Annotated[
    Shift,
    BeforeValidator(opening),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*([01]?\d|2[0-3]):[0-5]\d\s*\.\.\s*([01]?\d|2[0-3]):[0-5]\d\s*$",
            "description": "opening hours, every day the same",
            "examples": ["07:00..18:00"],
        }
    ),
]


class Workshops(StrictModel):
    """Workshops that take bookings."""

    count: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    answers_after: Spans = uniform(10, 60)
    refuses: Share = 0.1
    """Of what it is asked, without a look at its book."""
    lead: Spans = uniform(0, 4 * 3600)
    """From the time asked for to the slot given, where it has no ``slots``."""
    slots: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Cars that one has room for at once, each for as long as its repair lasts. It gives the first that is free from the
    time asked for on; without ``slots`` it has room for everybody, after its ``lead``."""
    open: Opening | None = None
    """When cars are taken in; around the clock where it is left out."""
    horizon: Duration = 2 * 86_400.0
    """It refuses what it has no slot for so long after the time asked for [fit]."""

    @model_validator(mode="after")
    def _slots_or_lead(self) -> Workshops:
        if self.slots is None and self.model_fields_set & {"open", "horizon"}:
            message = "open and horizon are of workshops with slots; say how many: slots: 4"
            raise ValueError(message)
        if self.slots is not None and "lead" in self.model_fields_set:
            message = "give lead or slots: with slots the first that is free is given"
            raise ValueError(message)
        return self
