"""Hours within a sentence of the timeline, told by another clock than UTC. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from dispatch.views.durations import moment

_HOUR = re.compile(r"\b(\d\d):(\d\d) UTC\b(?: on (\d{4}-\d\d-\d\d)\b)?")
_HALF_DAY = timedelta(hours=12)


def by_clock(text: str, at: float, zone: tzinfo) -> str:
    """Return the sentence with its hours by the clock of ``zone``; ``at``, POSIX seconds: when it was written.

    An hour without a day is that of the day that lies nearest to ``at`` (``durations.clock``).
    """
    written = moment(at, UTC)
    if written is None:
        return text
    return _HOUR.sub(lambda found: _told(written, found, zone), text)


def _told(written: datetime, found: re.Match[str], zone: tzinfo) -> str:
    if found[3] is None:
        return f"{_near(written, found).astimezone(zone):%H:%M}"
    try:
        said = datetime.fromisoformat(f"{found[3]}T{found[1]}:{found[2]}+00:00")
    except ValueError:  # somebody's words that look like it
        return found[0]
    return f"{said.astimezone(zone):%H:%M on %Y-%m-%d}"


def _near(written: datetime, found: re.Match[str]) -> datetime:
    said = written.replace(hour=int(found[1]), minute=int(found[2]))
    if said - written > _HALF_DAY:
        return said - timedelta(days=1)
    return said + timedelta(days=1) if written - said > _HALF_DAY else said
