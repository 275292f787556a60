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
    """Have a supervisor listen in while they speak with an agent, so that calls get better."""
    PAYMENT = "payment"
    """Let their devices pay, within mandates."""
    APP_HELP = "app_help"
    """Watch the steps they take in an app, to offer help."""
    SPENDING = "spending"
    """Tell them each week what their devices paid, and advise them about money."""
    OFFERS = "offers"
    """Offer them what fits, once what they turned to us for is solved."""
    VOICE_PRINT = "voice_print"
    """Know them by their voice: biometric data (GDPR, Art. 9), never without their explicit word."""

    @property
    def asked_first(self) -> bool:
        """Must it be agreed to in so many words? The others hold until they are withdrawn."""
        return self not in {Purpose.CALL, Purpose.MESSAGE, Purpose.ORDER}


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
