"""What robots decide: what they answer, and that a person takes over, with all that the person has to know. Pure.

Their words are messages of their own (``SendMessage``, of the purpose ``robot``).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import ActionKind, robot_key
from dispatch.core.robots.model import HandOverReason, RobotStage, Saying, Wish
from gateway.finding import Provenance

Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class AnswerByRobot:
    """A robot takes what a customer wrote one step further."""

    message: str
    """What is answered, ``{channel}/{ref}``."""
    customer: str
    channel: Channel
    wish: Wish | None
    """As far as it was understood so far."""
    stage: RobotStage
    """How far it is, behind this."""
    say: Saying
    provenance: Provenance
    begins: Annotated[bool, Empty] = False
    """It is the first of a conversation: the robot says what it is."""
    missed: Annotated[bool, Empty] = False
    """It was not understood."""
    case: Annotated[str | None, Empty] = None
    """What the answer is about."""

    @property
    def key(self) -> str:  # noqa: D102
        return robot_key(self.message, ActionKind.ANSWER)


@dataclass(frozen=True, slots=True)
class HandToPerson:
    """A person takes a conversation over: not one more word is a robot's. What was written is named, not repeated."""

    message: str
    """What the robot does not answer, ``{channel}/{ref}``."""
    customer: str
    channel: Channel
    why: HandOverReason
    wish: Wish | None
    """What they want, as far as it was understood."""
    verified: bool
    """Is it known who writes: from a registered address, or on their own page?"""
    said: tuple[str, ...]
    """All that the customer wrote to the robot, this included, the oldest first: the messages' names."""
    provenance: Provenance
    tried: Annotated[tuple[str, ...], Empty] = ()
    """What the robot did, ``{wish}/{saying}``, the first first; empty: nothing."""
    case: Annotated[str | None, Empty] = None

    @property
    def key(self) -> str:  # noqa: D102
        return robot_key(self.message, ActionKind.HAND_OVER)


RobotAction = AnswerByRobot | HandToPerson
