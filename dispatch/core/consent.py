"""What a customer may agree to and withdraw, in which way they say so, and what was said last. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What we do only with a customer's consent."""

    CALL = "call"
    """Ring them about what broke."""
    MESSAGE = "message"
    """Show them messages on a device. A driver who must stop is shown that without: it is about their life."""
    ORDER = "order"
    """Order goods for them."""
    LISTEN = "listen"
    """Have a supervisor listen in while they speak with an agent, so that calls get better. Nobody is taken to agree."""

    @property
    def is_presumed(self) -> bool:
        """Is it done for whoever said nothing?"""
        return self is not Purpose.LISTEN


class Way(StrEnum):
    """How it was said."""

    REGISTRATION = "registration"
    TELEPHONE = "telephone"
    LINK = "link"
    """By the customer's own link."""
    APP = "app"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Consent:
    """What was said last about one purpose. ``at``: POSIX seconds."""

    purpose: Purpose
    given: bool
    at: float
    by: str
    """Who wrote it down, as the service knew them."""
    way: Way
