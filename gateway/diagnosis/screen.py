"""Which conditions cannot hold, told at a glance: most readings of a sound device are quiet. Pure.

Each condition is watched through the most telling of its own tests. What that looks at is divided at the bounds of the
tests into cells, and of each cell it is known beforehand which conditions may hold there: in most of them none.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from gateway.diagnosis.conditions import Check, Condition, Reading, Seen

Names = tuple[str, ...]
Watch = tuple[str, Check]
"""A condition's name and the test that it is watched through."""
Look = Callable[[Seen], Reading | None]


Cells = tuple[list[float], list[Names]]
"""Bounds, and what may hold up to the first, from each up to the next, and above the last. An upper bound belongs to its cell."""


class Screen:
    """Watches some conditions of a catalogue."""

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._all = tuple(conditions)
        of_signal: dict[str, list[Watch]] = {}
        of_look: dict[object, list[Watch]] = {}
        for name, condition in conditions.items():
            check = most_telling(condition.all)
            if check.signal or check.any:
                for signal in check.names:
                    of_signal.setdefault(signal, []).append((name, check))
            else:
                of_look.setdefault(_what(check), []).append((name, check))
        numbers = {name for name, watches in of_signal.items() if not all(check.words for _, check in watches)}
        self._cells = {name: _cells(watches) for name, watches in of_signal.items() if name in numbers}
        self._words = {name: _words(watches) for name, watches in of_signal.items() if name not in numbers}
        self._looks: list[tuple[Look, Cells]] = [
            (watches[0][1].look(), _cells(watches)) for watches in of_look.values()
        ]

    def possible(self, seen: Seen) -> Sequence[str]:
        """Return the conditions that may hold, in no order; all of them where a word stands for a number."""
        try:
            return self._possible(seen)
        except TypeError:
            return self._all

    def _possible(self, seen: Seen) -> list[str]:
        found: list[str] = []
        cells_of, words_of = self._cells, self._words
        for name, value in seen.readings.items():
            if name in cells_of:
                bounds, names = cells_of[name]
                may_hold = names[bisect_left(bounds, value)]
            elif name in words_of:
                may_hold = words_of[name].get(value, ())
            else:
                continue
            if may_hold:
                found += may_hold
        for look, (bounds, names) in self._looks:
            looked = look(seen)
            if looked is not None:
                found += names[bisect_left(bounds, looked)]
        return found


def most_telling(checks: Iterable[Check]) -> Check:
    """Return a test that seldom holds and costs little."""
    return min(checks, key=_says_little)


def _says_little(check: Check) -> int:
    """Rank a test: numbers and words first, then what lies apart, then extremes, first those that are bound on both sides.

    That an engine runs, or any switch is as it is, says less than all of them, and that nothing was lower than a bound or
    higher than another says least.
    """
    if check.signal or check.any:
        return 5 if isinstance(check.equals, bool) else 0
    if check.spread:
        return 1
    if check.above is not None and check.below is not None:
        return 2
    return 3 if (check.below if check.lowest else check.above) is not None or check.slope else 6


def _what(check: Check) -> object:
    """Return what a test looks at: two that look at the same are asked once."""
    return check.lowest, check.highest, check.slope, check.spread, check.within_min


def _words(watches: Iterable[Watch]) -> dict[Reading, Names]:
    """Return, of each word or switch, what may hold where a reading is that."""
    found: dict[Reading, Names] = {}
    for name, check in watches:
        for word in check.words:
            found[word] = (*found.get(word, ()), name)
    return found


def _cells(watches: Iterable[Watch]) -> Cells:
    limits = {name: check.limits for name, check in watches}
    bounds = sorted({limit for both in limits.values() for limit in both if math.isfinite(limit)})
    names = [
        tuple(name for name, (least, most) in limits.items() if least < high and most > low)
        for low, high in pairwise([-math.inf, *bounds, math.inf])
    ]
    return bounds, names
