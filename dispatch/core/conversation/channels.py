"""The channels of a conversation. Pure."""

from __future__ import annotations

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


SPOKEN = frozenset({Channel.PHONE, Channel.IVR, Channel.VIDEO, Channel.BRANCH})
"""On which somebody holds the line, or stands there: one at a time."""
