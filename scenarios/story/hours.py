"""Hours of the day as a story writes them: shifts, and moments at which something happens."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import AS_DURATION, seconds

Span = tuple[float, float]
"""From when to when, POSIX seconds."""
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
AS_CLOCK = {
    "type": "string",
    "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$",
    "description": "an hour of the day",
    "examples": ["07:10"],
}


def clock(text: object) -> float:
    """Read an hour of the day, seconds since midnight: ``"07:10"``."""
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        quoted = " in quotes" if isinstance(text, int) else ""
        message = f"{text!r} is not an hour of the day: write it{quoted} as '07:10'"
        raise ValueError(message)
    return int(found[1]) * 3600.0 + int(found[2]) * 60.0


def moment(text: object) -> float | str:
    """Read when something happens: an hour of the day, or a span from the story's start."""
    if isinstance(text, int) or (isinstance(text, str) and ":" in text):
        clock(text)
        return str(text)
    return seconds(text)


Clock = Annotated[float, BeforeValidator(clock), WithJsonSchema(AS_CLOCK)]
"""Seconds since midnight."""
At = Annotated[float | str, BeforeValidator(moment), WithJsonSchema({"anyOf": [AS_CLOCK, AS_DURATION]})]
"""``"07:10"`` of the first day on which it comes, or seconds from the story's start."""


class Shift(StrictModel):
    """Every day from one hour to another; past midnight where the second is the earlier."""

    begins: Clock = Field(alias="from")
    ends: Clock = Field(alias="until")

    def spans(self, start: datetime, end_s: float) -> list[Span]:
        """Return when it is on duty, from the day before the start to the end."""
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        lasts = (self.ends - self.begins) % 86_400 or 86_400.0
        found: list[Span] = []
        while midnight.timestamp() < end_s:
            on = midnight.timestamp() + self.begins
            found.append((on, on + lasts))
            midnight += timedelta(days=1)
        return found


def daily(at: float, start: datetime, end_s: float) -> list[float]:
    """Return an hour of every day of a story, POSIX seconds. ``at``: seconds since midnight."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[float] = []
    while midnight.timestamp() < end_s:
        found.append(midnight.timestamp() + at)
        midnight += timedelta(days=1)
    return [one for one in found if start.timestamp() <= one < end_s]


def when(at: float | str, start: datetime) -> float:
    """Return when it is, POSIX seconds."""
    if isinstance(at, float):
        return start.timestamp() + at
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    today = midnight + clock(at)
    return today if today >= start.timestamp() else today + 86_400.0


def outside(on: list[Span], begin: float, end: float) -> list[Span]:
    """Return what lies between ``begin`` and ``end`` and in none of the spans."""
    found, free = list[Span](), begin
    for since, until in sorted(on):
        if since > free:
            found.append((free, min(since, end)))
        free = max(free, until)
        if free >= end:
            return found
    return [*found, (free, end)]


def merged(spans: list[Span]) -> list[Span]:
    """Return spans that overlap or touch as one, in order."""
    found = list[Span]()
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found
