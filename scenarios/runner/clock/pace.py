"""How fast a story is played: as asked for while the machine keeps up, down to half of it while it does not. Pure."""

from __future__ import annotations

from dataclasses import dataclass

BEHIND_S = 0.25
"""Seconds of the wall that an event or an answer may take: a quarter of the minute in which a truck has to answer, at 60 to 1."""
KEEPS_UP_S = 0.1
"""With no more than this, the machine has room."""
SLOWER_AFTER_S, FASTER_AFTER_S = 0.25, 2.0
"""So long it must have been one or the other."""
SLOWER, FASTER = 0.75, 1.15
SLOWEST = 0.5
STANDS_S = 1.0
"""What takes so long is waited for."""
GRACE_S = 10.0
"""So long a story may stand still, beside what half the speed costs."""


@dataclass(slots=True)
class Pace:
    """Told again and again how far everything is behind. Times in seconds of the wall, from any moment.

    The service is waited for so long that the story takes twice its time and ``GRACE_S``, and no longer.
    """

    began: float
    factor: float = 1.0
    """Of the speed asked for."""
    slowest: float = 1.0
    """The least it was so far."""
    stands: bool = False
    """The time is to stand still for a moment: something is far behind, and must not pay for it."""
    _since: float | None = None
    """Since when it is behind, or keeps up."""
    _behind: bool = False

    def look(self, behind_s: float, played_s: float, at: float) -> bool:
        """Note how far behind everything is at ``at``, and return whether the story becomes slower than it ever was.

        ``played_s``: what the part of the story that was played takes at full speed.
        """
        room = at - self.began <= GRACE_S + played_s / SLOWEST
        self.stands = behind_s > STANDS_S and room
        if KEEPS_UP_S < behind_s <= BEHIND_S:
            self._since = None
            return False
        behind = behind_s > BEHIND_S
        if self._since is None or behind is not self._behind:
            self._since, self._behind = at, behind
        if at - self._since < (SLOWER_AFTER_S if behind else FASTER_AFTER_S):
            return False
        self._since = at
        self.factor = max(SLOWEST, self.factor * SLOWER) if behind else min(1.0, self.factor * FASTER)
        before, self.slowest = self.slowest, min(self.slowest, self.factor)
        return self.slowest < before
