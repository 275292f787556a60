"""How often things break, as statistics tell it, and on which days more."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from dispatch.policy_model.strict_model import StrictModel
from scenarios.story.distributions import Spans, uniform

YEAR_S = 365.25 * 86_400
_RATE = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s+per\s+1[, ]?000(?:\s+[a-z]+)?\s+and\s+year\s*")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip


def yearly(text: object) -> float:
    """Read ``9.4 per 1,000 and year``: how many break in a year, of one."""
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        message = f"{text!r} is not a rate of faults: write '9.4 per 1,000 and year'"
        raise ValueError(message)
    if float(found[1]) < 0:
        message = f"{text!r} is negative; a rate is 0 or more"
        raise ValueError(message)
    return float(found[1]) / 1_000


YearlyRate = Annotated[
    float,
    BeforeValidator(yearly),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s+per\s+1[, ]?000(\s+[a-z]+)?\s+and\s+year\s*$"}),
]
"""Of one device, a year."""
Factor = Annotated[float, Field(ge=0, le=100)]


def years(text: object) -> float:
    """Read ``7 years``, in seconds."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*years?\s*", text) if isinstance(text, str) else None
    if found is None or float(found[1]) <= 0:
        message = f"{text!r} is not a life: write '7 years'"
        raise ValueError(message)
    return float(found[1]) * YEAR_S


class Wear(StrictModel):
    """Failures by age: Weibull with ``shape`` and ``scale``, the devices' ages drawn."""

    shape: Annotated[float, Field(gt=0, le=20)]
    scale: Annotated[float, BeforeValidator(years), WithJsonSchema({"type": "string", "examples": ["7 years"]})]
    """By which 63% have failed."""
    age: Spans = uniform(0, 12 * YEAR_S)
    """[fit]."""


class Calendar(StrictModel):
    """On which days more breaks: factors on every ``rate`` and ``weibull``. ``usual``: as published."""

    days: dict[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], Factor] = Field(
        {}
    )
    months: dict[str, Factor] = Field({})
    peak: Factor = 1.0
    """On top, as on a peak day: ADAC counts up to twice the usual."""

    @model_validator(mode="before")
    @classmethod
    def _usual(cls, found: Any) -> Any:  # noqa: ANN401 - any YAML
        return USUAL if found == "usual" else found

    @model_validator(mode="after")
    def _months_exist(self) -> Calendar:
        for month in self.months:
            if month not in _MONTHS:
                message = f"'{month}' is no month; write january to december"
                raise ValueError(message)
        return self

    def factor(self, start: datetime, lasts: float) -> float:
        """Return the mean over a stretch, each day by how much of it belongs to it."""
        at, end, total = start, start + timedelta(seconds=lasts), 0.0
        while at < end:
            midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            here = (min(midnight, end) - at).total_seconds()
            total += here * self.days.get(_DAYS[at.weekday()], 1.0) * self.months.get(_MONTHS[at.month - 1], 1.0)  # type: ignore[call-overload] # a day's name
            at = midnight
        return total / lasts * self.peak


USUAL = {"days": {"monday": 1.08, "thursday": 0.93}, "months": {"january": 1.25}}
"""AA 2011 (days), ADAC 2024 (January)."""
