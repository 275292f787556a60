"""The cases that wait for a truck, by the skill they need, in the order they are served. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from heapq import merge

from dispatch.core.case import Case

Turn = tuple[int, float, str]
"""The most urgent first, then the longest waiting: urgency, when the case was opened, its name."""


@dataclass(slots=True)
class Waiting:
    """Cases in their order. ``put`` a case again whenever its finding changed."""

    _lines: dict[str, list[Turn]] = field(default_factory=dict)
    """By skill."""
    _cases: dict[str, tuple[str, Turn, Case]] = field(default_factory=dict)
    _pins: dict[str, Case] = field(default_factory=dict)
    """Truck → the case that waits for it and for no other."""
    _instead: dict[Turn, Case] = field(default_factory=dict)
    """Those that a truck that tows shall take since no other can: few, and asked for with each report of a truck."""

    def __len__(self) -> int:
        """How many wait."""
        return len(self._cases)

    def put(self, case: Case) -> None:
        """Let a case wait, or wait where it now belongs."""
        self.drop(case)
        skill, turn = case.skill, (case.urgency, case.opened_at, case.case)
        insort(self._lines.setdefault(skill, []), turn)
        self._cases[case.case] = (skill, turn, case)
        if case.care.pinned is not None:
            self._pins[case.care.pinned] = case
        if case.tow_instead:
            self._instead[turn] = case

    def drop(self, case: Case) -> None:
        """Let a case wait no longer; one that does not is no matter."""
        held = self._cases.pop(case.case, None)
        if held is not None:
            line = self._lines[held[0]]
            del line[bisect_left(line, held[1])]
            self._instead.pop(held[1], None)
            for truck in [truck for truck, pinned in self._pins.items() if pinned is case]:
                del self._pins[truck]

    def waits_for(self, truck: str) -> Case | None:
        """Return the case that waits for this truck and for no other."""
        return self._pins.get(truck)

    def towed_instead(self) -> list[Case]:
        """Return those that a truck that tows shall take since no other can, in the order they are served."""
        return [self._instead[turn] for turn in sorted(self._instead)]

    def in_order(self) -> list[Case]:
        """Return all that wait, in the order they are served."""
        return list(self.in_turn(self._lines))

    def in_turn(self, skills: Collection[str]) -> Iterator[Case]:
        """Iterate over those that need one of these skills; meanwhile they may stop waiting."""
        for _, _, name in merge(*[list(self._lines[skill]) for skill in skills if skill in self._lines]):
            yield self._cases[name][2]
