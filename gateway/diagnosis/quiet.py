"""Between which readings none of a catalogue's conditions can hold, worked out beforehand for one set of names. Pure.

A device tells the same names each time. For these it is known which conditions can be judged at all, and at which bounds each
reading may begin to say something (``Screen`` asks the same of any readings): what lies between them is quiet, and nothing has to
be looked at.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from gateway.diagnosis.conditions import Check, Condition, Reading
from gateway.diagnosis.screen import most_telling

Span = tuple[float, float]
"""Above the first number, up to the second."""
SPANS_KNOWN = 1_024
"""Of so many sets of spans it is known by heart what lies between."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """A reading whose lowest or highest within ``conditions.WINDOW_S`` is looked at."""

    name: str
    highest: bool
    quiet: tuple[Span, ...]
    """Where it says nothing."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Readings of which it is looked at how far they lie apart."""

    names: tuple[str, ...]
    quiet: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """Where the readings of some names are quiet."""

    numbers: Mapping[str, tuple[Span, ...]]
    """Name → where a number is quiet. Names that are left out say nothing at any value."""
    words: Mapping[str, frozenset[Reading]]
    """Name → the words that say something."""
    extremes: tuple[Extreme, ...]
    spreads: tuple[Spread, ...]
    asked: tuple[Condition, ...]
    """What looks at nothing but what is worked out of readings: it has to be asked of them."""


@dataclass(slots=True)
class _Gathered:
    """What the telling tests of all conditions look at."""

    numbers: dict[str, list[Span]] = field(default_factory=dict)
    words: dict[str, set[Reading]] = field(default_factory=dict)
    extremes: dict[tuple[str, bool], list[Span]] = field(default_factory=dict)
    spreads: dict[tuple[str, ...], list[Span]] = field(default_factory=dict)

    def take(self, check: Check, told: Collection[str]) -> bool:
        """Note where a test may hold; ``False``: that cannot be told of it beforehand."""
        names = [name for name in check.names if name in told]
        if check.signal or check.any:
            for name in names:
                if check.words:
                    self.words.setdefault(name, set()).update(check.words)
                else:
                    self.numbers.setdefault(name, []).append(check.limits)
            return True
        if check.spread:
            self.spreads.setdefault(tuple(names), []).append(check.limits)
            return True
        if not check.extreme or check.within_min is not None:
            return False
        self.extremes.setdefault((names[0], check.highest is not None), []).append(check.limits)
        return True


def quiet_of(conditions: Iterable[Condition], told: frozenset[str], derived: Collection[str]) -> Quiet | None:
    """Return where readings of the names ``told``, and of no others, are quiet; ``None``: that cannot be told of them.

    ``derived``: what is worked out from them.
    """
    gathered, known, asked = _Gathered(), {*told, *derived}, list[Condition]()
    for condition in conditions:
        if not _can_hold(condition, known):
            continue
        checks = [check for check in condition.all if not told.isdisjoint(check.names)]
        if not checks:
            asked.append(condition)
        elif not gathered.take(most_telling(checks), told):
            return None
    return Quiet(
        {name: _between(tuple(spans)) for name, spans in gathered.numbers.items()},
        {name: frozenset(words) for name, words in gathered.words.items()},
        tuple(Extreme(*what, _between(tuple(spans))) for what, spans in gathered.extremes.items()),
        tuple(Spread(names, _between(tuple(spans))) for names, spans in gathered.spreads.items()),
        tuple(asked),
    )


def _can_hold(condition: Condition, known: set[str]) -> bool:
    all_of, some_of = condition.looked_for
    return all_of <= known and not (some_of and any(len(known.intersection(names)) < least for names, least in some_of))


@lru_cache(SPANS_KNOWN)
def _between(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return what lies in none of some open spans, as spans above their first number and up to their second.

    A span's own bounds lie in none, so that a quiet one begins just below its first number.
    """
    bounds = sorted({bound for span in spans for bound in span if math.isfinite(bound)})
    quiet: list[Span] = []
    for low, high in pairwise([-math.inf, *bounds, math.inf]):
        if any(least < high and most > low for least, most in spans):
            continue
        if quiet and quiet[-1][1] == low:
            quiet[-1] = (quiet[-1][0], high)
        else:
            quiet.append((low, high))
    return tuple(quiet)
