"""Too much to do: which deliveries are looked at no more than they must be. Faults, states and jobs always are. Pure.

A device that sent three statuses in the backlog is where the last of them says; the two before count as heard, so that none
of them is missed, and cost a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass

BACKLOG = 5_000
"""So many inputs waiting are more than a busy second: older statuses are overtaken from here on."""
MANY, LATE_S = 1_000, 1.0
"""Or so many, of which one has waited for so long, seconds of the wall: on a machine that has little time for us."""
AT_LEAST, ROOM = 200, 2
"""So many runs of a backlog are taken in one go, or so many times what there was time for the last time: what is put back is looked
at twice."""


@dataclass(slots=True)
class Overload:
    """Whether there is too much to do, and what became of it."""

    on: bool = False
    since: float | None = None
    """When it began, POSIX seconds."""
    thinned: int = 0
    """Statuses that were overtaken since the start."""

    def look(self, waiting: int, oldest_s: float, now: float) -> bool:
        """Note how many inputs wait, and the oldest for how long; return whether that is too much.

        It ends well below where it begins.
        """
        if self.on:
            on = waiting > BACKLOG // 2 or (waiting > MANY // 2 and oldest_s > LATE_S / 2)
        else:
            on = waiting > BACKLOG or (waiting > MANY and oldest_s > LATE_S)
        if on != self.on:
            self.on, self.since = on, now if on else None
        return on
