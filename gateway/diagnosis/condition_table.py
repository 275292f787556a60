"""All conditions of a catalogue, asked together: those that readings of some names can tell. Pure.

Plain bounds stand in one table that is gone through in one go. A situation (engine running, key at start) is judged once for all
conditions that need it; where it is not there, none of them is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.diagnosis.conditions import Check, Condition, Seen, Test, judge

NAME_SETS = 1_024
"""So many different sets of names are known by heart: a device tells the same names each time."""
Answers = dict[str, bool | None]
"""Condition → whether it holds; ``None`` where nobody can know."""
_Named = tuple[tuple[str, Test], ...]


class _Asked(NamedTuple):
    """What is asked where readings of some names are there."""

    bounds: tuple[tuple[str, str, float, float], ...]
    """Condition, reading, and the bounds between which it holds."""
    others: _Named
    """Conditions by themselves."""
    situations: tuple[tuple[Test, _Named], ...]
    """What has to be so, and the conditions that can be judged then."""


class ConditionTable:
    """Asks all conditions of a catalogue."""

    def __init__(self, conditions: Mapping[str, Condition], tests: Mapping[str, Test]) -> None:
        """``tests``: the conditions by name, each ready to be asked by itself."""
        self._conditions, self._tests = conditions, tests
        self._unknown: Answers = dict.fromkeys(conditions)
        self._holds = {name: one.holds() for name, one in conditions.items() if _needs(one)}
        self._judges = {needs: judge(needs) for one in conditions.values() if (needs := _needs(one))}
        self._asked_by = lru_cache(NAME_SETS)(self._asked)

    def answers(self, seen: Seen) -> Answers:
        """Return whether each condition holds, in the catalogue's order."""
        answers, readings = self._unknown.copy(), seen.readings
        asked = self._asked_by(frozenset(readings))
        for name, reading, least, most in asked.bounds:
            value = readings[reading]
            answers[name] = not isinstance(value, str) and least < value < most
        for name, test in asked.others:
            answers[name] = test(seen)
        for judged, tests in asked.situations:
            if judged(seen):
                for name, test in tests:
                    answers[name] = test(seen)
        return answers

    def _asked(self, names: Collection[str]) -> _Asked:
        known = {name: one for name, one in self._conditions.items() if one.can_be_known(names)}
        bounds = {name: one.bound for name, one in known.items()}
        situations: dict[tuple[Check, ...], list[tuple[str, Test]]] = {}
        for name, one in known.items():
            if needs := _needs(one):
                situations.setdefault(needs, []).append((name, self._holds[name]))
        return _Asked(
            tuple((name, *bound) for name, bound in bounds.items() if bound),
            tuple((name, self._tests[name]) for name, one in known.items() if not bounds[name] and not _needs(one)),
            tuple((self._judges[needs], tuple(tests)) for needs, tests in situations.items()),
        )


def _needs(condition: Condition) -> tuple[Check, ...]:
    """Return the situation without which a condition is not looked at; empty: it is, whatever the situation."""
    return () if condition.outlasts else condition.needs
