"""When a truck comes, said as it is: what was promised, how late it is, when it was last heard. Pure."""

from __future__ import annotations

from dispatch.views.case_view import HelpView
from dispatch.views.durations import ago, waited

TO_THE_MINUTE_S = 60.0
"""Hours are told to the minute: nobody is late within it."""


def late_by(help_: HelpView, now: float) -> float:
    """Return by how many seconds a truck that promised to come is late; 0: it is not."""
    over = now - due_at(help_)
    return over if help_.state == "promised" and over > TO_THE_MINUTE_S else 0.0


def due_at(help_: HelpView) -> float:
    """Return when a truck is due: as was reckoned last, and of one that has gone silent as it promised. POSIX seconds."""
    return help_.eta if help_.promised_eta is None or not help_.silent_s else min(help_.eta, help_.promised_eta)


def behind_by(help_: HelpView) -> float:
    """Return by how many seconds a truck is now expected later than it promised; 0: it is not."""
    if help_.state != "promised" or help_.promised_eta is None:
        return 0.0
    over = help_.eta - help_.promised_eta
    return over if over > TO_THE_MINUTE_S else 0.0


def arrival(help_: HelpView, heard_at: float | None, now: float) -> str:
    """Return ``ETA 12 min``, ``ETA 12 min, 9 min later than promised``, ``7 min late, last heard 6 min ago``, or nothing.

    ``heard_at``: when the truck last spoke, POSIX seconds; ``None``: it is not known.
    """
    if help_.state not in {"offered", "promised"}:
        return ""
    if now <= due_at(help_):
        behind = f", {waited(behind_by(help_))} later than promised" if behind_by(help_) else ""
        return f"ETA {waited(help_.eta - now)}{behind}"
    if help_.state == "promised" and not late_by(help_, now):
        return "due now"
    heard = "never heard" if heard_at is None else f"last heard {ago(now - heard_at)}"
    if help_.state == "offered":  # nobody has promised anything that could be late
        return f"no answer yet, {heard}"
    return f"{waited(now - was_due_at(help_))} late, {heard}"


def was_due_at(help_: HelpView) -> float:
    """Return when a late truck was due: as it promised, or as was reckoned last where that is earlier. POSIX seconds."""
    return help_.eta if help_.promised_eta is None else min(help_.eta, help_.promised_eta)
