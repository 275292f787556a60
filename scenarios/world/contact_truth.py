"""What people who wrote to us really wanted, and how it ended for them: for the scorecard alone, the service never sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class ContactTruth:
    """One of them. Times in POSIX seconds, ``None``: it has not happened."""

    ref: str
    customer: str
    wish: str
    """``other``: none that a robot sees to."""
    at: float
    """They wrote the first time."""
    channel: str
    robot_at: float | None = None
    """They had their answer from a robot, and it was enough."""
    person_at: float | None = None
    """They wanted a person, were handed over to one, or rang."""
    came_back_at: float | None = None
    """They turned to us again, for it was not enough."""

    @property
    def simple(self) -> bool:
        """Is it what a robot sees to?"""
        return self.wish != "other"


def by_people(contacts: Sequence[ContactTruth]) -> int:
    """Return how many needed a person in the end."""
    return sum(one.robot_at is None or one.came_back_at is not None for one in contacts)
