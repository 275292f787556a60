"""How far the conversation with a case's customer is, whoever rang whom. Pure."""

from __future__ import annotations

from enum import StrEnum


class Contact(StrEnum):
    """What is true of the customer now. The words are what a dispatcher reads."""

    NONE = "not told"
    QUEUED = "to be rung"
    """Our call waits for an agent."""
    RUNG = "being rung"
    UNANSWERED = "no answer, to be rung again"
    RANG_IN = "rang in"
    """The customer waits for an agent."""
    WROTE = "wrote"
    """The customer waits for an answer."""
    ANSWERED = "answered in writing"
    """They know, and nobody need ring."""
    HUNG_UP = "rang in, hung up"
    """Before anybody answered."""
    SPEAKING = "speaking"
    SPOKEN = "spoken to"
    MESSAGE = "message shown"
    """On a device; nobody has spoken to them."""
    NOT_REACHED = "not reached"
    NOT_WANTED = "does not want to be rung"
    NOT_NEEDED = "no call needed"
    """It was over before anybody rang."""

    @property
    def in_talk(self) -> bool:
        """Did they speak, do they speak, or do they wait to?"""
        return self in {Contact.RANG_IN, Contact.SPEAKING, Contact.SPOKEN, Contact.ANSWERED}
