"""What is heard of surveys: what customers give. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import EventKind, event_key
from gateway.finding import Provenance


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """A customer says how it was, on the channel on which they were asked."""

    ref: str
    """``{channel}/{ref}``: the provider's own reference, or drawn at the door."""
    survey: str
    customer: str
    """Who says it."""
    channel: Channel
    score: int
    """1, bad, to 5, very good."""
    provenance: Provenance
    words: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """As they wrote it, where it is more than a digit."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.RATED, self.ref)


SurveyEvent = SurveyAnswered
