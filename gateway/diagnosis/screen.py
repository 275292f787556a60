"""Which conditions cannot hold, told at a glance: most readings of a sound device are quiet. Pure.

Each condition is watched through the most telling of its own tests. What that looks at is divided at the bounds of the
tests into cells, and of each cell it is known beforehand which conditions may hold there: in most of them none.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

from gateway.diagnosis.conditions import Check, Condition, Reading, Seen

Names = tuple[str, ...]
Watch = tuple[str, Check]
"""A condition's name and the test that it is watched through."""
Look = Callable[[Seen], Reading | None]


class Cells(NamedTuple):
    """What may hold where a number lies; the upper bound of a cell belongs to it."""

    bounds: list[float]
    names: list[Names]
    """Of the cell below the first bound, of each up to the next, and of the one above the last."""


class Screen:
    """Watches some conditions of a catalogue."""

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        of_signal: dict[str, list[Watch]] = {}
        of_look: dict[object, list[Watch]] = {}
        for name, condition in conditions.items():
            check = _most_telling(condition)
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

    def possible(self, seen: Seen) -> list[str]:
        """Return the conditions that may hold, in no order."""
        found: list[str] = []
        cells_of, words_of = self._cells, self._words
        for name, value in seen.readings.items():
            cells = cells_of.get(name)
            if cells is not None:
                found += cells.names[bisect_left(cells.bounds, value)]
            elif name in words_of:
                found += words_of[name].get(value, ())
        for look, cells in self._looks:
            looked = look(seen)
            if looked is not None:
                found += cells.names[bisect_left(cells.bounds, looked)]
        return found


def _most_telling(condition: Condition) -> Check:
    """Return a test that seldom holds and costs little: of those that look at readings the first, else the last.

    That an engine runs, or any switch is as it is, says less than a number does.
    """
    for check in condition.all:
        if (check.signal or check.any) and not isinstance(check.equals, bool):
            return check
    over_time = [check for check in condition.all if not (check.signal or check.any)]
    return over_time[-1] if over_time else condition.all[-1]


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
    return Cells(bounds, names)
