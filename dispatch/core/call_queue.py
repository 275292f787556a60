"""The calls of one provenance that wait for an agent, in the order in which they are served. Pure.

Customers who rang in come first, for they hold the line; but once a call of ours is overdue, only so many of them in a row.
Without that an overloaded house would never ring anybody, and whoever it does not ring, rings in.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from dispatch.core.case import Call

Turn = tuple[int, float, str]
"""The order in which calls are served: priority, when due, name."""


@dataclass(slots=True)
class CallLine:
    """Who rang in and whom we are to ring, each in order."""

    rang_in: list[Turn] = field(default_factory=list)
    ours: list[Turn] = field(default_factory=list)
    passed: int = 0
    """How many who rang in were served in a row while one of ours was overdue."""

    def put(self, call: Call) -> None:
        """Have a call wait."""
        insort(self._side(call), _turn(call))

    def drop(self, call: Call) -> None:
        """Have a call wait no longer."""
        side = self._side(call)
        del side[bisect_left(side, _turn(call))]

    def served(self, call: Call, now: float) -> None:
        """Have a call wait no longer, and note whose turn it was."""
        self.drop(call)
        self.passed = self.passed + 1 if call.inbound and self._overdue(now) is not None else 0

    def in_turn(self, now: float, inbound_in_a_row: int) -> Iterator[str]:
        """Yield the names of the calls, whose turn it is first."""
        first = self._overdue(now) if self.passed >= inbound_in_a_row else None
        if first is not None:
            yield first
        for _, _, name in chain(self.rang_in, self.ours):
            yield name

    def names(self) -> list[str]:
        """Return the names of all who wait."""
        return [name for _, _, name in chain(self.rang_in, self.ours)]

    def overdue(self, now: float) -> bool:
        """Tell whether somebody waits for longer than they should."""
        return self._overdue(now) is not None or any(due <= now for _, due, _ in self.rang_in[:1])

    def _overdue(self, now: float) -> str | None:
        """Return the most urgent call of ours that is overdue: of each priority, only the first can be."""
        at = 0
        while at < len(self.ours):
            priority, due, name = self.ours[at]
            if due <= now:
                return name
            at = bisect_left(self.ours, (priority, math.inf, ""))
        return None

    def _side(self, call: Call) -> list[Turn]:
        return self.rang_in if call.inbound else self.ours


def _turn(call: Call) -> Turn:
    return call.priority, call.due, call.call
