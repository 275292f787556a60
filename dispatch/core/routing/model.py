"""What agents are good at, how well, and what a call asks of them while it waits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LEAST, BEST = 1, 5
"""How well somebody can do something."""
EMPATHY = "empathy"
"""The attribute of who can speak with people in distress, in grief, or with a complaint."""
SUPERVISOR = "supervisor"
"""The attribute of who may be asked for by that name."""

Concern = Literal["", "distress", "bereavement", "complaint"]
"""What in a customer's trouble asks for empathy; empty: nothing that anybody knows of."""
PauseReason = Literal["break", "meal", "training", "meeting", "technical", "other"]
"""Why an agent takes no calls for a while."""


@dataclass(frozen=True, slots=True)
class Proficiency:
    """How well an agent can do something, or how well somebody must: a language, a skill, a channel, empathy, any name."""

    attribute: str
    level: int
    """1 to 5."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked of an agent for so long, at the least 1 to 5; 0: nothing. What is not about a call is not asked for it."""

    holds_s: float
    language: int = 0
    """In the customer's language."""
    skill: int = 0
    """In what broke."""
    empathy: int = 0
    """Where the call has a concern."""
    channel: int = 0
    """In the channel, where it is not the telephone."""
    others: tuple[Proficiency, ...] = ()
    """For every call."""
