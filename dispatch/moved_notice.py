"""What a customer is shown whose truck was sent on to where the car stands now. Pure."""

from __future__ import annotations

from dispatch.actions import MoveTow

TELLS_S = 5 * 60.0
"""A truck that comes so much later or earlier than was said: how long it takes is told anew."""


def moved_notice(move: MoveTow, promised: float | None, now: float) -> str:
    """Return the message. ``promised``: when the truck was to come before, POSIX seconds."""
    said = f"We have seen where your car stands now ({move.near}). The truck that is on its way to you comes there."
    if promised is None or abs(move.eta - promised) <= TELLS_S:
        return f"{said} It comes about when we said."
    return f"{said} It takes about {max(1, round((move.eta - now) / 60))} minutes from now."
