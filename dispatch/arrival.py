"""When a truck comes, said as it is: what was promised, how late it is, when it was last heard. Pure."""

from __future__ import annotations

from dispatch.casebook import HelpView
from dispatch.durations import ago, waited

TO_THE_MINUTE_S = 60.0
"""Hours are told to the minute: nobody is late within it."""


def late_by(help_: HelpView, now: float) -> float:
    """Return by how many seconds a truck that promised to come is late; 0: it is not."""
    over = now - help_.eta
    return over if help_.state == "promised" and over > TO_THE_MINUTE_S else 0.0


def arrival(help_: HelpView, heard_at: float | None, now: float) -> str:
    """Return ``ETA 12 min``, ``7 min late, last heard 6 min ago``, or nothing where no truck is awaited.

    ``heard_at``: when the truck last spoke, POSIX seconds; ``None``: it is not known.
    """
    if help_.state not in {"offered", "promised"}:
        return ""
    if now <= help_.eta:
        return f"ETA {waited(help_.eta - now)}"
    if help_.state == "promised" and not late_by(help_, now):
        return "due now"
    heard = "never heard" if heard_at is None else f"last heard {ago(now - heard_at)}"
    if help_.state == "offered":  # nobody has promised anything that could be late
        return f"no answer yet, {heard}"
    return f"{waited(now - help_.eta)} late, {heard}"
