"""What robots know of a conversation: what is wanted, how far it is, whose it is, and why it was handed over. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal


class Wish(StrEnum):
    """A simple wish, which a robot sees to."""

    ETA = "eta"
    """Where is who comes to me, and when are they here?"""
    ORDER = "order"
    """How does my order stand?"""
    LIMITS = "limits"
    """How much may my devices pay?"""
    OUTAGE = "outage"
    """Is it everybody's?"""
    BOOKING = "booking"
    """Another appointment at the workshop."""
    STOCK = "stock"
    """What is running low, and is it ordered?"""
    PASSWORD = "password"  # noqa: S105 - what they want
    """They cannot log in."""


MENU = tuple(Wish)
"""In the order in which they are numbered, from 1."""


class ConversationOwner(StrEnum):
    """Whose a conversation is: who answers what is written in it, and nobody else."""

    ROBOT = "robot"
    WAITS = "waits"
    """For a person."""
    PERSON = "person"


class RobotStage(StrEnum):
    """How far it is with a wish."""

    START = "start"
    """They wrote the first time, or about something else."""
    ASKED = "asked"
    """They were asked what it is about."""
    OFFERED = "offered"
    """They were asked whether something shall be done."""
    TOLD = "told"
    """They have the answer."""
    DONE = "done"
    """They need nothing more."""


class Cue(StrEnum):
    """What is heard in what a customer writes, or found out about what they want."""

    KNOWN = "known"
    """They want what a robot sees to, and it is known how that stands."""
    OPEN = "open"
    """Likewise, and something can be done about it, if they want."""
    UNKNOWN = "unknown"
    """Likewise, and nobody knows: it is for a person."""
    YES = "yes"
    NO = "no"
    THANKS = "thanks"
    MISS = "miss"
    """It was not understood."""


class Saying(StrEnum):
    """What a robot says."""

    ASK = "ask"
    """What is it about?"""
    AGAIN = "again"
    """I did not understand; what is it about?"""
    TELL = "tell"
    """How it stands."""
    OFFER = "offer"
    """How it stands, and shall something be done?"""
    DO = "do"
    """It is done, and how it stands."""
    LEAVE = "leave"
    """It is left as it is."""
    BYE = "bye"
    NOTHING = "nothing"
    """A machine writes: whoever answered it would go on for ever."""


HandOverReason = Literal[
    "misses",
    "wish",
    "anger",
    "distress",
    "vulnerable",
    "danger",
    "must_not_drive",
    "complicated",
    "unknown",
    "stranger",
    "language",
    "unreadable",
    "voice",
    "loop",
]
"""``misses``: not understood twice; ``wish``: they want a person; ``vulnerable``: by their words, or as somebody noted;
``must_not_drive``: a car of theirs must not be driven on, and nobody knows whether it stands; ``complicated``: it is more than a
robot may see to; ``unknown``: nobody knows how it stands; ``stranger``: nobody knows who writes; ``language``: in letters that
nobody here reads; ``unreadable``: a script, or too long to be a question; ``voice``: they spoke; ``loop``: it goes in circles."""
