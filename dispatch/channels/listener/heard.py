"""What was said last on calls: for hints alone, in memory, never in the ledger. Of few calls, few sentences, for minutes."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Protocol

MOST_CALLS = 512
MOST_LINES = 6
KEPT_S = 120.0
"""So many sentences of a call are remembered, for so long: what somebody asks now, they say now [fit]."""


class Listener(Protocol):
    """Turns sound into words, of one call."""

    def hear(self, sound: bytes) -> str:
        """Take 16 bits mono at ``rate``; return a sentence that is over, or nothing yet."""

    def end(self) -> str:
        """The call is over; return what was being said."""


class HeardWords:
    """The last sentences of calls, the oldest call forgotten first."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def caption(self, call: str, text: str, now: float) -> None:
        """Remember a sentence, as whoever listens tells it: a caption of the exchange, or a recogniser's."""
        lines = self._of.setdefault(call, deque(maxlen=MOST_LINES))
        self._of.move_to_end(call)
        lines.append((now, text))
        oldest = next(iter(self._of.values()))
        while len(self._of) > MOST_CALLS or oldest[-1][0] < now - KEPT_S:
            self._of.popitem(last=False)
            oldest = next(iter(self._of.values()))

    def of(self, call: str, now: float) -> list[str]:
        """Return what was said last, the newest last."""
        return [text for at, text in self._of.get(call, ()) if at >= now - KEPT_S]
