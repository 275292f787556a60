"""Readings that cannot both be true. Neither is used, the sender is told, and the rest of the event counts. Pure.

An event that tells of a fault is never refused for a sensor that lies: the broken sensor may be the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from gateway.contract.refusals import Refused, Rule

Reading = float | int | str | bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Two readings that contradict each other where ``test`` holds."""

    one: str
    other: str
    test: Callable[[Any, Any], bool]
    says: str


def apart(limit: float) -> Callable[[Any, Any], bool]:
    """Return what tells whether two readings of one thing lie further apart than ``limit``, in their unit."""
    return lambda one, other: abs(one - other) > limit


class Contradictions:
    """Those that a kind of device knows of. Each pair of readings is looked for once: most events tell few of them."""

    def __init__(self, clashes: tuple[Clash, ...]) -> None:
        self._clashes = clashes
        pairs = dict.fromkeys((clash.one, clash.other) for clash in clashes)
        self._tests = [(*pair, [each for each in clashes if (each.one, each.other) == pair]) for pair in pairs]

    def among(self, names: Collection[str]) -> Contradictions | None:
        """Return those that readings of some names can have; ``None``: none."""
        found = tuple(clash for clash in self._clashes if clash.one in names and clash.other in names)
        return Contradictions(found) if found else None

    def within(self, readings: Mapping[str, Reading]) -> tuple[Clash, ...]:
        """Return the contradictions within the readings of one event."""
        found: tuple[Clash, ...] = ()
        for one, other, clashes in self._tests:
            if one in readings and other in readings:
                found += tuple(clash for clash in clashes if clash.test(readings[one], readings[other]))
        return found

    def told_by(self, attributes: Mapping[str, str]) -> Callable[[object], bool]:
        """Return what tells whether an object has contradictory readings, which it has as ``attributes``, by name, all of them."""
        tests = [
            (attrgetter(attributes[one], attributes[other]), [clash.test for clash in clashes])
            for one, other, clashes in self._tests
        ]

        def contradict(told: object) -> bool:
            for pair_of, alike in tests:
                one, other = pair_of(told)
                for test in alike:
                    if test(one, other):
                        return True
            return False

        return contradict


@cache
def contradictions(clashes: tuple[Clash, ...]) -> Contradictions | None:
    """Return what looks for some, the same each time; ``None``: there are none to be looked for."""
    return Contradictions(clashes) if clashes else None


def refusal(found: tuple[Clash, ...], event_id: str) -> Refused:
    """Return what the sender is told of contradictory readings."""
    first = found[0]
    names = " and ".join(dict.fromkeys(name for clash in found for name in (clash.one, clash.other)))
    detail = f"{'; '.join(clash.says for clash in found)}: {names} were not used, the rest of the event was."
    return Refused(Rule.CONTRADICTION, detail, pointer=f"/data/…/{first.one}", event_id=event_id)
