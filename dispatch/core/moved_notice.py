"""What a customer is shown whose truck was sent on to where the car stands now. Pure."""

from __future__ import annotations

from dispatch.core.actions import MoveTow
from dispatch.words import say

TELLS_S = 5 * 60.0
"""A truck that comes so much later or earlier than was said: how long it takes is told anew."""


def moved_notice(move: MoveTow, promised: float | None, now: float, language: str) -> str:
    """Return the message. ``promised``: when the truck was to come before, POSIX seconds."""
    said = say("notice_sent_on", language)
    if promised is None or abs(move.eta - promised) <= TELLS_S:
        return f"{said} {say('notice_as_said', language)}"
    return f"{said} {say('notice_takes', language, minutes=max(1, round((move.eta - now) / 60)))}"
