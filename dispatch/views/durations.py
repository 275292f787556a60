"""Durations and hours as people read them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

UNKNOWN_HOUR = "an unknown hour"
HALF_DAY_S = 12 * 3600.0
"""Within it an hour is that of the day that lies nearest."""


def waited(seconds: float) -> str:
    """Return a duration, ``12 s``, ``4 min``, ``3 h``; what clocks that disagree make negative is none."""
    if seconds < 90:  # noqa: PLR2004 - up to here seconds are what one wants to know
        return f"{max(0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"  # noqa: PLR2004


def moment(at: float, zone: tzinfo) -> datetime | None:
    """Return a time, POSIX seconds, as a date; ``None`` where the calendar has none for it: it was told wrong."""
    try:
        return datetime.fromtimestamp(at, zone)
    except (ValueError, OverflowError, OSError):
        return None


def hour_in(at: float, zone: tzinfo, form: str) -> str:
    """Return a time as ``form`` has it (``strftime``); in words where the calendar has none for it."""
    then = moment(at, zone)
    return UNKNOWN_HOUR if then is None else then.strftime(form)


def clock(at: float | None, now: float) -> str:
    """Return the hour of a time, UTC, as ``06:14 UTC``; with its day where another is nearer to ``now``, POSIX seconds both."""
    if at is None:
        return UNKNOWN_HOUR
    return hour_in(at, UTC, "%H:%M UTC" if abs(at - now) <= HALF_DAY_S else "%H:%M UTC on %Y-%m-%d")


def ago(seconds: float) -> str:
    """Return how long ago something was, ``just now``, ``6 min ago``."""
    return "just now" if seconds < 90 else f"{waited(seconds)} ago"  # noqa: PLR2004 - what people call just now


def rfc3339(at: float | None) -> str:
    """Return a time, POSIX seconds, as RFC 3339 has it, in UTC; empty where there is none, or the calendar has none for it."""
    then = None if at is None else moment(at, UTC)
    return "" if then is None else then.isoformat(timespec="seconds").replace("+00:00", "Z")
