"""The channels of a conversation, what customers may answer on them, and what they prefer. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Channel(StrEnum):
    """On what a customer and the house speak or write to each other."""

    PHONE = "phone"
    APP = "app"
    """Messages that the customer's own device shows."""
    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    """Web Push, to a browser that agreed to it."""
    CHAT = "chat"
    """On the customer's own page."""
    SOCIAL = "social"
    """A messenger or a social platform."""
    IVR = "ivr"
    """A machine on the telephone."""
    VIDEO = "video"
    BRANCH = "branch"


UNASKED = (Channel.APP, Channel.PUSH, Channel.SMS, Channel.SOCIAL, Channel.EMAIL)
"""On which the house may write first."""
SPOKEN = frozenset({Channel.PHONE, Channel.IVR, Channel.VIDEO, Channel.BRANCH})
"""On which somebody holds the line, or stands there: one at a time."""
SILENT = frozenset({Channel.EMAIL, Channel.CHAT})
"""Which wake nobody at night."""

RECEIPTLESS = frozenset({Channel.SMS, Channel.EMAIL})
"""Of which no provider tells that they were read: only an answer does, or a link that was opened."""


class Answer(StrEnum):
    """What a customer says by a tap or a word."""

    UNDERSTOOD = "understood"
    """They have read it."""
    NEEDS_NO_CALL = "needs_no_call"
    """They know enough: what is under way goes on, and nobody rings."""
    CALL_ME = "call_me"
    WANTS_HELP = "wants_help"
    WANTS_NO_HELP = "wants_no_help"
    HAS_STOPPED = "has_stopped"
    """The car that must not be driven on stands."""
    PLACE = "place"
    """Where it is."""


class Task(StrEnum):
    """For what a customer may be more at ease with one channel than with another."""

    TELL = "tell"
    """Telling of a fault, or asking."""
    SAY_WHERE = "say_where"
    ANSWER = "answer"
    """Saying what they are asked."""
    FOLLOW = "follow"
    """Following who comes."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What a customer prefers; what is left out is learned, or as the house has it."""

    channels: tuple[Channel, ...] = ()
    """On which they want to be written to, the dearest first."""
    avoid: tuple[Channel, ...] = ()
    """On which they do not."""
    language: str = ""
    """BCP 47."""
    quiet: str = ""
    """When they want to be left in peace, ``22:00-07:00@Europe/Riga``; empty: the house's quiet hours."""
    same_agent: bool = False
    """Whom they spoke with last shall have their next call."""
    technology: dict[str, Channel] = field(default_factory=dict)
    """Task → the channel on which they are at ease with it."""


NO_PREFERENCE = Preference()
