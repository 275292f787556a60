"""Conditions: what readings say, now and over time. ``True`` it holds, ``False`` it does not, ``None`` nobody can know.

A test looks at the freshest reading, at the extreme of the last minutes, at how fast a reading changes, or at how far
several lie apart. What is not measured is neither for nor against anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Reading = float | int | str | bool
Readings = Mapping[str, Reading]
"""Published or derived name → value."""
Samples = Mapping[str, Sequence[tuple[float, float]]]
"""Name → (POSIX seconds, value), oldest first."""

WINDOW_S = 900.0
"""How far back ``lowest`` and ``highest`` look."""
SLOPE_NEEDS_S = 180.0
"""A change is told over at least so long a time: faster ones are noise."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The readings of one device now, and its kept samples. ``at``: POSIX seconds of the newest."""

    readings: Readings
    samples: Samples = field(default_factory=dict)
    at: float = 0.0


class Check(BaseModel):
    """One test of a condition."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    signal: str | None = None
    any: tuple[str, ...] = ()
    lowest: str | None = None
    highest: str | None = None
    slope: str | None = None
    spread: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None
    equals: bool | str | None = Field(None, alias="is")
    among: tuple[str, ...] = Field((), alias="in")

    @model_validator(mode="after")
    def _one_look_one_bound(self) -> Self:
        looks = [self.signal, self.any, self.lowest, self.highest, self.slope, self.spread]
        if sum(bool(look) for look in looks) != 1:
            raise ValueError("a test looks at one of signal, any, lowest, highest, slope, spread")
        bounds = (self.above is not None or self.below is not None) + (self.equals is not None) + bool(self.among)
        if bounds != 1:
            raise ValueError("a test has one bound: above and/or below, is, or in")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The signals it looks at."""
        single = self.signal or self.lowest or self.highest or self.slope
        return (single,) if single else self.any or self.spread

    @property
    def trend(self) -> str | None:
        """The signal of which it needs kept samples."""
        return self.lowest or self.highest or self.slope

    def holds(self, seen: Seen) -> bool | None:
        """Tell whether it holds; ``None`` where what it looks at is not known."""
        if self.signal is not None:
            value = seen.readings.get(self.signal)
            return None if value is None else self._within(value)
        if self.any:
            known = [seen.readings[name] for name in self.any if name in seen.readings]
            return any(map(self._within, known)) if known else None
        value = self._derived(seen)
        return None if value is None else self._within(value)

    def _derived(self, seen: Seen) -> float | None:
        if self.spread:
            return _spread(self.spread, seen.readings)
        if self.slope is not None:
            return _slope_per_hour(seen.samples.get(self.slope, ()))
        samples = seen.samples.get(self.lowest or self.highest or "", ())
        recent = [value for at, value in samples if at >= seen.at - WINDOW_S]
        if not recent:
            return None
        return min(recent) if self.lowest is not None else max(recent)

    def _within(self, value: Reading) -> bool:
        if self.equals is not None:
            return value == self.equals
        if self.among:
            return value in self.among
        if isinstance(value, str):
            return False
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


def _spread(names: Sequence[str], readings: Readings) -> float | None:
    known = [value for name in names if isinstance(value := readings.get(name), int | float)]
    return float(max(known) - min(known)) if len(known) > 1 else None


def _slope_per_hour(samples: Sequence[tuple[float, float]]) -> float | None:
    """Return the change per hour from the oldest kept sample to the newest."""
    if not samples or samples[-1][0] - samples[0][0] < SLOPE_NEEDS_S:
        return None
    (began, first), (ended, last) = samples[0], samples[-1]
    return (last - first) / (ended - began) * 3600


class Condition(BaseModel):
    """Tests that must all hold, and what people are told of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    """A reason for."""
    fails: str
    """A reason against, where it was looked at and does not hold."""
    false_alarm: Annotated[float, Field(gt=0, lt=1)]
    """P(it holds | no part broke that names it)."""
    measure: str
    """What one would measure to know it."""
    all: Annotated[tuple[Check, ...], Field(min_length=1)]

    def holds(self, seen: Seen) -> bool | None:
        """Tell whether every test holds; ``None`` where one cannot be known and none fails."""
        answer: bool | None = True
        for check in self.all:
            holds = check.holds(seen)
            if holds is False:
                return False
            if holds is None:
                answer = None
        return answer


class Symptom(BaseModel):
    """Something a driver tells."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str
    false_alarm: Annotated[float, Field(gt=0, lt=1)]
    """P(told | no part broke that names it)."""
