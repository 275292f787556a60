"""Customers who turn to us in writing of their own accord: with a simple wish, or with something that is not.

A default marked [fit] is fitted or inferred: no published value was found.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share
from scenarios.story.distributions import Spans, lognormal, uniform
from scenarios.story.weights import Weights

Wanted = Literal["eta", "order", "limits", "outage", "booking", "stock", "password", "other"]
"""``other`` is none that a robot sees to."""
OF_A_CASE = frozenset({"eta", "order", "booking"})
"""Of whom something is broken, and who were told what is done about it; the others are customers of whom nothing is."""
WRITTEN_ON = ("chat", "sms", "email", "social")


class Contacts(StrictModel):
    """Those who want one thing."""

    wish: Wanted
    per_day: Annotated[float, Field(gt=0, le=100_000)]
    """So many on average; of those of whom something has to be broken, as many as there are then."""
    channels: Weights = Field({"chat": 0.5, "sms": 0.25, "email": 0.1, "social": 0.15})
    """On which they write [fit]."""
    angry: Share = 0.03
    """Who is angry from the first word [fit]."""
    wants_person: Share = 0.08
    """Who asks for a person before anything else [fit]."""
    vague: Share = 0.12
    """Whose first message does not say what it is about [fit]."""
    typos: Share = 0.1
    """Of their messages: in how many a word is misspelt [fit]."""
    content: Share = 0.92
    """Of those who were told by a robot how it stands: to how many that is enough [fit]."""
    comes_back: Share = 0.5
    """Of the others: who lets it be and turns to us again; who does not asks for a person at once [fit]."""
    comes_back_after: Spans = uniform(3_600, 6 * 3_600)
    reads: Spans = lognormal(15, 0.6)
    """Until they have read an answer in the chat and replied; by other channels ``reads_elsewhere`` [fit]."""
    reads_elsewhere: Spans = lognormal(60, 0.8)
    patience: Duration = 10 * 60.0
    """So long they wait for an answer in writing before they ring [fit]."""

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Contacts:
        for name in self.channels:
            if name not in WRITTEN_ON:
                told = {"key": f"channels.{name}", "there": ", ".join(WRITTEN_ON)}
                raise PydanticCustomError("unknown_key", "people write on {there}", told)
        return self
