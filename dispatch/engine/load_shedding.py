"""Too much to do: which deliveries are looked at no more than they must be. Faults, states and jobs always are. Pure.

A device that sent three statuses in the backlog is where the last of them says; the two before count as heard, so that none
of them is missed, and cost a tenth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BACKLOG = 5_000
"""So many inputs waiting are more than a busy second: older statuses are overtaken from here on."""
AT_ONCE = 20_000
"""So much of the backlog is looked through for them in one go."""


@dataclass(slots=True)
class Overload:
    """Whether there is too much to do, and what became of it."""

    on: bool = False
    since: float | None = None
    """When it began, POSIX seconds."""
    thinned: int = 0
    """Statuses that were taken at a glance since the start."""

    def look(self, waiting: int, now: float) -> bool:
        """Note how many inputs wait, and return whether that is too much. It ends at half of where it begins."""
        on = waiting > (BACKLOG // 2 if self.on else BACKLOG)
        if on != self.on:
            self.on, self.since = on, now if on else None
        return on


@dataclass(slots=True)
class Newest:
    """The last delivery on each topic, by its place in the backlog."""

    place: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, topics: Sequence[str | None]) -> Newest:
        """Look through a backlog. ``None``: no delivery."""
        return cls({topic: number for number, topic in enumerate(topics) if topic is not None})

    def overtakes(self, number: int, topic: str) -> bool:
        """Is there a later one on its topic?"""
        return self.place[topic] > number
