"""What SIP's final answers mean for a call: whose fault it is that nobody speaks. Pure."""

from __future__ import annotations

from dispatch.channels.telephony import LegEnding

_OURS = frozenset({400, 401, 402, 403, 405, 406, 407, 413, 415, 416, 420, 421, 481, 482, 483, 485, 488, 491, 493, 606})
"""Of 4xx and 6xx, those that tell of the line or of us, never of whom it rang for: they are not to count as unanswered."""
_SILENT = ("rtp", "stream error")
_DIGITS = 3


def ending_of(text: str, *, answered: bool, incoming: bool) -> LegEnding:
    """Return what a leg ended with. ``text``: ``486 Busy Here``, or an error's words where there was no answer."""
    if answered:
        return LegEnding.LOST if any(word in text.lower() for word in _SILENT) else LegEnding.HUNG_UP
    if incoming:
        return LegEnding.HUNG_UP
    status = _status(text)
    if status is None:
        return LegEnding.LINE
    return LegEnding.UNANSWERED if is_of_the_called(status) else LegEnding.LINE


def is_of_the_called(status: int) -> bool:
    """Tell whether an answer is that of the telephone that was rung: 486, 408, 480, 603, 404 …, but no 503 of a trunk."""
    return (400 <= status < 500 or 600 <= status < 700) and status not in _OURS  # noqa: PLR2004 - SIP's classes


def _status(text: str) -> int | None:
    head = text.partition(" ")[0]
    return int(head) if len(head) == _DIGITS and head.isdigit() else None
