"""How many callers are kept ringing. Whoever is not taken hears that we are engaged, and rings again; health says how many did.

Numbers that nobody knows are cheap to make up: they never take the room of customers, nor does one number all of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MOST_HELD, MOST_STRANGERS, MOST_OF_ONE = 100, 60, 5
"""At once: in all, of whom nobody knows the number, and from one number."""
TOLD_S = 600.0
"""So long health tells of those who were not taken."""
_REMEMBERED = 10_000


class OnTheLine(NamedTuple):
    """Who waits on the line."""

    number: str
    """Empty where it is withheld."""
    is_known: bool
    """It is a customer's."""


class LineRoom:
    """``take`` each caller whom there is room for."""

    def __init__(self) -> None:
        self._turned_away: deque[float] = deque(maxlen=_REMEMBERED)

    def take(self, caller: OnTheLine, held: Sequence[OnTheLine], now: float) -> bool:
        """Tell whether there is room for one more, beside those who are held. ``now``: POSIX seconds."""
        alike = sum(one.number == caller.number for one in held) if caller.number else 0
        strangers = 0 if caller.is_known else sum(not one.is_known for one in held)
        room = len(held) < MOST_HELD and strangers < MOST_STRANGERS and alike < MOST_OF_ONE
        if not room:
            self._turned_away.append(now)
        return room

    def told(self, now: float) -> Iterator[str]:
        """Yield what health says of it."""
        while self._turned_away and now - self._turned_away[0] > TOLD_S:
            self._turned_away.popleft()
        if self._turned_away:
            minutes = f"{TOLD_S / 60:.0f} minutes"
            yield f"{len(self._turned_away)} callers heard in {minutes} that we are engaged: too many wait on the line at once"
