"""What was said last on each call: for hints alone, in memory, never in the ledger, and gone with the call."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Protocol

MOST_CALLS = 512
MOST_LINES = 6
"""So many sentences of a call are remembered: what somebody asks now, they say now [fit]."""


class Listener(Protocol):
    """Turns sound into words, of one call."""

    def hear(self, sound: bytes) -> str:
        """Take 16 bits mono at ``rate``; return a sentence that is over, or nothing yet."""

    def end(self) -> str:
        """The call is over; return what was being said."""


class HeardWords:
    """The last sentences of calls, the oldest call forgotten first."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, deque[str]] = OrderedDict()

    def caption(self, call: str, text: str) -> None:
        """Remember a sentence, as whoever listens tells it: a caption of the exchange, or a recogniser's."""
        if not text.strip():
            return
        lines = self._of.setdefault(call, deque(maxlen=MOST_LINES))
        self._of.move_to_end(call)
        lines.append(text)
        while len(self._of) > MOST_CALLS:
            self._of.popitem(last=False)

    def of(self, call: str) -> list[str]:
        """Return what was said last, the newest last."""
        return list(self._of.get(call, ()))

    def forget(self, call: str) -> None:
        """Nobody needs it any more."""
        self._of.pop(call, None)
