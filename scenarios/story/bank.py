"""The house's bank: how long it takes, what it rejects, when it is away, and what it says twice, never, or against itself.

A default marked [fit] is fitted or inferred: no published value was found.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Duration, Share, share
from scenarios.story.distributions import Spans, lognormal
from scenarios.story.place import listed

Reason = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4}$")]


def _shares(found: object) -> object:
    if not isinstance(found, dict):
        message = "write ISO 20022 reasons and how often each is given, as {AC04: 0.5%, AM04: 1%}"
        raise ValueError(message)  # noqa: TRY004 - pydantic tells it with its key
    return {str(reason): share(part) for reason, part in found.items()}


Rejects = Annotated[
    dict[Reason, float],
    BeforeValidator(_shares),
    WithJsonSchema({"type": "object", "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "string"}]}}),
]


class BankAway(StrictModel):
    """It takes nothing, and says nothing."""

    at: Duration
    """After the start."""
    lasts: Annotated[Duration, Field(gt=0)]


class Bank(StrictModel):
    """One bank, where the house has its account."""

    answers_after: Spans = lognormal(4, 0.6)
    """Until a payment is settled or rejected: SEPA Instant is over within 10 s, and said within 20 [fit]."""
    collects_after: Spans = lognormal(30, 0.5)
    """Until what it collects has arrived [fit]: of the real scheme it is a banking day, which no story waits for."""
    rejects: Rejects = Field({"AC04": 0.002, "AM04": 0.004, "MS03": 0.002})
    """Of all orders: with which reason how many are not carried out [fit]."""
    twice: Share = 0.02
    """How many of its answers come a second time [fit]."""
    never: Share = 0.002
    """Of what it carried out: how often it says nothing, but when it is asked again [fit]."""
    contradicts: Share = 0.0
    """Of what it carried out: how often it says afterwards that it did not."""
    down: Annotated[tuple[BankAway, ...], BeforeValidator(listed)] = ()
