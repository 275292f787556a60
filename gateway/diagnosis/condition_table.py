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
ANYWAY = 0
"""The number of no situation: what is judged whatever the situation."""
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
        self._conditions = conditions
        self._unknown: Answers = dict.fromkeys(conditions)
        needs = {name: _needs(one) for name, one in conditions.items()}
        self._situations = [(), *dict.fromkeys(needed for needed in needs.values() if needed)]
        numbers = {situation: number for number, situation in enumerate(self._situations)}
        self._judges = [judge(situation) for situation in self._situations if situation]
        self._situation_of = {name: numbers[needed] for name, needed in needs.items()}
        self._tests = {name: conditions[name].holds() if needed else tests[name] for name, needed in needs.items()}
        names = {name: _needed_names(one) for name, one in conditions.items()}
        self._by_all = [(name, all_of) for name, (all_of, one_of) in names.items() if not one_of]
        """Condition, and the readings without which it cannot be known."""
        self._by_some = [(name, all_of, one_of) for name, (all_of, one_of) in names.items() if one_of]
        """The same, and readings of which one at least has to be there."""
        self._bounds = {name: bound for name, all_of in self._by_all if (bound := conditions[name].bound_among(all_of))}
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
        """Return what is asked where readings of some names are there. Cars tell what their make does: there are many such sets."""
        known = [name for name, all_of in self._by_all if all_of <= names]
        bounds = {name: self._bounds[name] for name in known if name in self._bounds}
        for name, all_of, one_of in self._by_some:
            if all_of <= names and not any(some.isdisjoint(names) for some in one_of):
                known.append(name)
                if (bound := self._conditions[name].bound_among(names)) is not None:
                    bounds[name] = bound
        plain: list[list[tuple[str, str, float, float]]] = [[] for _ in self._situations]
        others: list[list[tuple[str, Test]]] = [[] for _ in self._situations]
        for name in known:
            number = self._situation_of[name]
            if name in bounds:
                plain[number].append((name, *bounds[name]))
            else:
                others[number].append((name, self._tests[name]))
        return _Asked(
            tuple(plain[ANYWAY]),
            tuple(others[ANYWAY]),
            tuple(
                (judged, tuple(bound), tuple(other))
                for judged, bound, other in zip(self._judges, plain[1:], others[1:], strict=True)
                if bound or other
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
