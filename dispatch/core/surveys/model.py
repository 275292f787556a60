"""How somebody can be asked how it was, and what a talk was that is asked about. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dispatch.core.conversation.channels import Channel
from dispatch.core.routing.model import Concern
from gateway.finding import Provenance

LEAST, MOST = 1, 5
"""What may be given."""
LOW = 2
"""Who gives so much or less is spoken with again."""
ANSWERED_ON = frozenset({Channel.SMS, Channel.SOCIAL, Channel.EMAIL})
"""Where whoever is asked can write back."""


@dataclass(frozen=True, slots=True)
class SurveyReach:
    """How a customer can be asked, by the register as a call ends."""

    language: str
    """Theirs, BCP 47."""
    reach: tuple[Channel, ...] = ()
    """On which channels they can be written to."""
    may_message: Annotated[bool, Field(exclude_if=bool)] = True
    may_call: Annotated[bool, Field(exclude_if=bool)] = True
    """May they be rung back? Both are left out of the row where they may."""
    time_zone: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """By whose clock their quiet hours are, IANA; empty: by the house's."""


@dataclass(frozen=True, slots=True)
class Talked:
    """A conversation that is over, in which somebody of the house, or a robot, and the customer spoke or wrote."""

    call: str
    attempt: int
    customer: str
    agent: str
    """Who had it last."""
    channel: Channel
    case: str | None
    concern: Concern
    provenance: Provenance
    reached: SurveyReach
