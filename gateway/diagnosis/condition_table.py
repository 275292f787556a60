"""All conditions of a catalogue, asked together: those that readings of some names can tell. Pure.

Plain bounds stand in one table that is gone through in one go. A situation (engine running, key at start) is judged once for all
conditions that need it; where it is not there, none of them is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.diagnosis.conditions import Check, Condition, Seen, Test, judge

NAME_SETS = 1_024
"""So many different sets of names are known by heart: a device tells the same names each time."""
Answers = dict[str, bool | None]
"""Condition → whether it holds; ``None`` where nobody can know."""
_Named = tuple[tuple[str, Test], ...]
_Plain = tuple[tuple[str, str, float, float], ...]
"""Conditions that are no more than a reading between two bounds: condition, reading, bounds."""


class _Asked(NamedTuple):
    """What is asked where readings of some names are there."""

    plain: _Plain
    others: _Named
    """Conditions by themselves."""
    situations: tuple[tuple[Test, _Plain, _Named], ...]
    """What has to be so, and the conditions that can be judged then."""


class ConditionTable:
    """Asks all conditions of a catalogue."""

    def __init__(self, conditions: Mapping[str, Condition], tests: Mapping[str, Test]) -> None:
        """``tests``: the conditions by name, each ready to be asked by itself."""
        self._tests = tests
        self._unknown: Answers = dict.fromkeys(conditions)
        numbers: dict[tuple[Check, ...], int] = {(): 0}
        self._known = [
            (name, one, numbers.setdefault(_needs(one), len(numbers)), *_needed_names(one))
            for name, one in conditions.items()
        ]
        """Of each condition, in the how manieth situation it is looked at, and what has to be told."""
        self._judges = [judge(needs) for needs in numbers]
        self._holds = {name: one.holds() for name, one, number, *_ in self._known if number}
        self._asked_by = lru_cache(NAME_SETS)(self._asked)

    def answers(self, seen: Seen) -> Answers:
        """Return whether each condition holds, in the catalogue's order."""
        answers, asked = self._unknown.copy(), self._asked_by(frozenset(seen.readings))
        _judge(asked.plain, asked.others, seen, answers)
        for judged, plain, others in asked.situations:
            if judged(seen):
                _judge(plain, others, seen, answers)
        return answers

    def _asked(self, names: frozenset[str]) -> _Asked:
        plain: dict[int, list[tuple[str, str, float, float]]] = {0: []}
        others: dict[int, list[tuple[str, Test]]] = {0: []}
        for name, one, number, all_of, some_of in self._known:
            if not all_of <= names or (some_of and any(some.isdisjoint(names) for some in some_of)):
                continue
            bound = one.bound_among(names)
            if bound is not None:
                plain.setdefault(number, []).append((name, *bound))
            else:
                test = self._holds[name] if number else self._tests[name]
                others.setdefault(number, []).append((name, test))
        situations = dict.fromkeys([*plain, *others])
        return _Asked(
            tuple(plain[0]),
            tuple(others[0]),
            tuple(
                (self._judges[number], tuple(plain.get(number, ())), tuple(others.get(number, ())))
                for number in situations
                if number
            ),
        )


def _judge(plain: _Plain, others: _Named, seen: Seen, answers: Answers) -> None:
    """Put in whether conditions hold."""
    readings = seen.readings
    for name, reading, least, most in plain:
        value = readings[reading]
        answers[name] = not isinstance(value, str) and least < value < most
    for name, test in others:
        answers[name] = test(seen)


def _needed_names(condition: Condition) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
    """Return the readings without which a condition cannot be known: all of the first, one at least of each of the others."""
    names = [check.names for check in condition.checks if not check.trend]
    all_of = frozenset(each[0] for each in names if len(each) == 1)
    return all_of, tuple(frozenset(each) for each in names if len(each) > 1)


def _needs(condition: Condition) -> tuple[Check, ...]:
    """Return the situation without which a condition is not looked at; empty: it is, whatever the situation."""
    return () if condition.outlasts else condition.needs
