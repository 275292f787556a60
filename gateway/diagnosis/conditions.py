"""Conditions: what readings say, now and over time. ``True`` it holds, ``False`` it does not, ``None`` nobody can know.

A test looks at the freshest reading, at the extreme of the last minutes, at how fast a reading changes, or at how far
several lie apart. What is not measured is neither for nor against anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Reading = float | int | str | bool
Readings = Mapping[str, Reading]
"""Published or derived name → value."""
Samples = Mapping[str, Sequence[tuple[float, float]]]
"""Name → (POSIX seconds, value), oldest first."""

WINDOW_S = 900.0
"""How far back ``lowest`` and ``highest`` look."""
_NUMBERS = (int, float)
SLOPE_NEEDS_S = 180.0
"""A change is told over at least so long a time: faster ones are noise."""


class Seen(NamedTuple):
    """The readings of one device now, and its kept samples. ``at``: POSIX seconds of the newest."""

    readings: Readings
    samples: Samples = MappingProxyType({})
    at: float = 0.0


Test = Callable[[Seen], bool | None]
"""A condition, ready to be asked."""
Between = tuple[str, float, float]
"""A reading that has to lie between two numbers; exclusive."""


class Check(BaseModel):
    """One test of a condition."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

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
    within_min: float | None = Field(None, gt=0)
    """How far back an extreme looks (a quarter of an hour where it is left out), or a slope (all kept samples)."""

    @model_validator(mode="after")
    def _one_look_one_bound(self) -> Self:
        looks = [self.signal, self.any, self.lowest, self.highest, self.slope, self.spread]
        if sum(bool(look) for look in looks) != 1:
            raise ValueError("a test looks at one of signal, any, lowest, highest, slope, spread")
        bounds = (self.above is not None or self.below is not None) + (self.equals is not None) + bool(self.among)
        if bounds != 1:
            raise ValueError("a test has one bound: above and/or below, is, or in")
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The signals it looks at."""
        single = self.signal or self.lowest or self.highest or self.slope
        return (single,) if single else self.any or self.spread

    @property
    def trend(self) -> str | None:
        """The signal of which it needs kept samples."""
        return self.lowest or self.highest or self.slope

    @property
    def extreme(self) -> bool:
        """It looks at the extreme of the last minutes."""
        return self.lowest is not None or self.highest is not None

    @property
    def words(self) -> tuple[bool | str, ...]:
        """What the reading has to be one of; empty for a test with bounds."""
        return self.among if self.equals is None else (self.equals,)

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Between which the reading has to be; exclusive."""
        return -math.inf if self.above is None else self.above, math.inf if self.below is None else self.below

    def compiled(self) -> Test:
        """Return the test as a function: whether it holds, ``None`` where what it looks at is not known."""
        if self.signal is not None:
            return _one_of(self.signal, self.words) if self.words else _between(self.signal, *self.limits)
        within = self._bound()
        if self.any:
            return _any_of(self.any, within)
        look = self.look()

        def test(seen: Seen) -> bool | None:
            value = look(seen)
            return None if value is None else within(value)

        return test

    def look(self) -> Callable[[Seen], Reading | None]:
        """Return how to get at what it looks at; ``None`` where that is not known. Not for ``any``, which looks at several."""
        if self.signal is not None:
            name = self.signal
            return lambda seen: seen.readings.get(name)
        if self.spread:
            return _spread_of(self.spread)
        if self.slope is not None:
            sloped, reach = self.slope, math.inf if self.within_min is None else self.within_min * 60
            return lambda seen: _slope_per_hour(seen.samples.get(sloped, ()), seen.at - reach)
        extreme, name = (min, self.lowest) if self.lowest is not None else (max, self.highest or "")

        window = WINDOW_S if self.within_min is None else self.within_min * 60

        def look(seen: Seen) -> Reading | None:
            since = seen.at - window
            samples = seen.samples.get(name)
            values = [value for at, value in samples if at >= since] if samples else None
            return extreme(values) if values else None

        return look

    def _bound(self) -> Callable[[Reading], bool]:
        if self.equals is not None:
            wanted = self.equals
            return lambda value: value == wanted
        if self.among:
            among = frozenset(self.among)
            return lambda value: value in among
        least, most = self.limits
        return lambda value: not isinstance(value, str) and least < value < most


def _one_of(name: str, words: Collection[bool | str]) -> Test:
    def test(seen: Seen) -> bool | None:
        value = seen.readings.get(name)
        return None if value is None else value in words

    return test


def _between(name: str, least: float, most: float) -> Test:
    def test(seen: Seen) -> bool | None:
        value = seen.readings.get(name)
        return None if value is None else not isinstance(value, str) and least < value < most

    return test


def _any_of(names: Sequence[str], within: Callable[[Reading], bool]) -> Test:
    def test(seen: Seen) -> bool | None:
        readings = seen.readings
        answer: bool | None = None
        for name in names:
            value = readings.get(name)
            if value is not None:
                if within(value):
                    return True
                answer = False
        return answer

    return test


def _spread_of(names: Sequence[str]) -> Callable[[Seen], Reading | None]:
    def look(seen: Seen) -> float | None:
        readings = seen.readings
        known = [value for name in names if isinstance(value := readings.get(name), _NUMBERS)]
        return float(max(known) - min(known)) if len(known) > 1 else None

    return look


def _slope_per_hour(samples: Sequence[tuple[float, float]], since: float) -> float | None:
    """Return the change per hour from the oldest sample that is not before ``since`` to the newest."""
    if not samples:
        return None
    ended, last = samples[-1]
    began, first = next((one for one in samples if one[0] >= since), samples[-1])
    return None if ended - began < SLOPE_NEEDS_S else (last - first) / (ended - began) * 3600


class Condition(BaseModel):
    """Tests that must all hold, in which situation they say anything, and what people are told of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    says: str
    """A reason for."""
    fails: str
    """A reason against, where it was looked at and does not hold."""
    false_alarm: Annotated[float, Field(gt=0, lt=1)]
    """P(it holds | it was looked at, no part broke that names it)."""
    measure: str
    """What one would measure to know it."""
    needs: tuple[Check, ...] = ()
    """The situation in which it can be judged (engine running, key at start): elsewhere it is not known, neither for nor
    against anything. What is told by the extremes of the last minutes alone still holds once the situation has passed."""
    alarms: bool = False
    """Where it holds, a diagnosis is made although nothing complains. Cars choose such conditions by their figures."""
    all: Annotated[tuple[Check, ...], Field(min_length=1)]

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every test: of the situation, and of the condition itself."""
        return (*self.needs, *self.all)

    @cached_property
    def looked_for(self) -> tuple[frozenset[str], tuple[tuple[tuple[str, ...], int], ...]]:
        """Return without which readings it cannot hold: all of the first, and of each of the others so many at least."""
        judged = () if all(check.extreme for check in self.all) else self.needs
        checks = [(check.names, 2 if check.spread else 1) for check in (*self.all, *judged)]
        alone = frozenset(names[0] for names, least in checks if len(names) == least == 1)
        return alone, tuple((names, least) for names, least in checks if len(names) > 1 or least > 1)

    @cached_property
    def of_one_look(self) -> tuple[tuple[str, ...], tuple[float, float]] | None:
        """Return what it comes to in its situation where it is one look at a number: one of some readings between two bounds."""
        check, *more = self.all
        return None if more or check.words or not (check.signal or check.any) else (check.names, check.limits)

    @property
    def of_codes(self) -> bool:
        """It looks at the codes that are stored, not at a reading."""
        return any(name.startswith("codes.") for check in self.checks for name in check.names)

    def bound_among(self, names: Collection[str]) -> Between | None:
        """Return what it comes to in its situation where readings of some names are told, and no others.

        ``None``: it is more than one of them between two bounds.
        """
        if self.of_one_look is None:
            return None
        looked_at, limits = self.of_one_look
        told = looked_at if len(looked_at) == 1 else [name for name in looked_at if name in names]
        return (told[0], *limits) if len(told) == 1 and told[0] in names else None

    @property
    def outlasts(self) -> bool:
        """Once it holds it does so whatever the situation is by now: the last minutes tell it."""
        return bool(self.needs) and all(check.extreme for check in self.all)

    def holds(self) -> Test:
        """Return a function that tells whether every test holds, in whatever situation; ``None``: one is not known, none fails."""
        return _every([check.compiled() for check in self.all])

    def compiled(self) -> Test:
        """Return a function that tells whether it holds; ``None`` where that cannot be known or judged."""
        holds = self.holds()
        if not self.needs:
            return holds
        judged = judge(self.needs)
        if not self.outlasts:
            return lambda seen: holds(seen) if judged(seen) else None

        def test(seen: Seen) -> bool | None:
            answer = holds(seen)
            return answer if answer or judged(seen) else None

        return test


def judge(needs: Sequence[Check]) -> Test:
    """Return a function that tells whether a situation is there in which something can be judged."""
    tests = [check.compiled() for check in needs]
    if len(tests) == 1:
        return tests[0]

    def test(seen: Seen) -> bool:
        for one in tests:  # noqa: SIM110 - it is asked with each diagnosis, and this is faster
            if not one(seen):
                return False
        return True

    return test


def _every(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(seen: Seen) -> bool | None:
        answer: bool | None = True
        for one in tests:
            holds = one(seen)
            if holds is False:
                return False
            if holds is None:
                answer = None
        return answer

    return test


class Symptom(BaseModel):
    """Something a driver tells."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    says: str
    false_alarm: Annotated[float, Field(gt=0, lt=1)]
    """P(told | no part broke that names it)."""
