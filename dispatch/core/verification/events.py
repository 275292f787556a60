"""What is heard of who a customer is: a print made or deleted, a voice compared, questions, a yes on their telephone. Pure.

A voice is told of by figures alone: neither sound nor print is in any row.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.ids import EventKind, attempt_key, event_key


class SensitiveAct(StrEnum):
    """What an agent does for whom they speak with, and for nobody who is not who they say."""

    STOP_PAYING = "stop_paying"
    """A mandate is suspended or revoked, a device pays nothing more: it only takes away."""
    DISPUTE = "dispute"
    ANSWER_MONEY = "answer_money"
    """They say whether an unusual payment is fine."""
    CONFIRM_NUMBER = "confirm_number"
    ENROL = "enrol"
    """A print is made of the voice that speaks."""

    @property
    def is_high_risk(self) -> bool:
        """Is a voice alone not enough for it?"""
        return self is not SensitiveAct.STOP_PAYING


@dataclass(frozen=True, slots=True)
class VoiceEnrolled:
    """A print was made of what a customer said, as they had agreed in so many words; it lies sealed beside the ledger."""

    voice_print: str
    """Its id."""
    customer: str
    edition: str
    """Of the model that made it."""
    speech_s: float
    """That it was made of."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.VOICE_ENROLLED, self.voice_print)


@dataclass(frozen=True, slots=True)
class VoicePrintDeleted:
    """A print is there no more. Who agrees no longer, and who is erased, loses it without this."""

    customer: str
    why: Literal["asked", "unreadable"]
    """They asked for it; it could not be read any more."""
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class VoiceCheckBegan:
    """From now on what a customer says in a call is compared with their print, where there is one that holds."""

    call: str
    attempt: int
    customer: str
    edition: str
    """Of the model that would compare."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.VOICE_CHECKED, attempt_key(self.call, self.attempt))


@dataclass(frozen=True, slots=True)
class VoiceCompared:
    """What a customer said was compared with their print for the last time in this call."""

    call: str
    attempt: int
    customer: str
    likeness: float
    """-1 to 1; 0 where there was no speech."""
    wanted: float
    """How alike it had to be, by how much speech there was."""
    speech_s: float
    elapsed_s: float
    """Since they began to speak with the agent, pauses counted."""
    edition: str
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.VOICE_COMPARED, attempt_key(self.call, self.attempt))


@dataclass(frozen=True, slots=True)
class QuestionsAnswered:
    """A customer answered an agent's questions, which only they can: rightly or not. What was said first holds for the call."""

    call: str
    attempt: int
    customer: str
    right: bool
    agent: Annotated[str, Field(exclude_if=operator.not_)] = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.QUESTIONED, attempt_key(self.call, self.attempt))


@dataclass(frozen=True, slots=True)
class ConfirmationAsked:
    """A customer in a call is asked on their own telephone whether something shall be done."""

    call: str
    attempt: int
    customer: str
    act: SensitiveAct
    agent: Annotated[str, Field(exclude_if=operator.not_)] = ""
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class ConfirmationAnswered:
    """They confirmed it by what came to their telephone, or what was told was wrong."""

    call: str
    attempt: int
    customer: str
    act: SensitiveAct
    confirmed: bool
    agent: Annotated[str, Field(exclude_if=operator.not_)] = ""
    key: None = None
    by: Actor = None


PrintEvent = VoiceEnrolled | VoicePrintDeleted
"""About a print, in no call."""
CheckEvent = VoiceCheckBegan | VoiceCompared | QuestionsAnswered | ConfirmationAsked | ConfirmationAnswered
"""About who speaks in a call."""
VerificationEvent = PrintEvent | CheckEvent
