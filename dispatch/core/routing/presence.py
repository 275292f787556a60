"""Of which agents signs of life come, and of which none come any more. Pure. Who never gave one is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Sight:
    """One agent who gave signs of life."""

    agent: str
    unseen_since: float | None = None
    """POSIX seconds; ``None``: they are there."""
    holds: tuple[str, ...] = ()
    """Calls that their telephone carries on meanwhile."""
    number: int = 0
    """Of the time that they were lost sight of: an alarm about another is about nothing."""


class Presence:
    """Agents by name."""

    def __init__(self) -> None:
        self._of: dict[str, Sight] = {}

    def seen(self, agent: str, *, begins: bool) -> None:
        """An agent says something; ``begins``: signs of life are to be expected of them from now on."""
        known = self._of.get(agent)
        if known is not None:
            known.unseen_since, known.holds = None, ()
        elif begins:
            self._of[agent] = Sight(agent)

    def unseen(self, agent: str, holds: tuple[str, ...], now: float) -> Sight:
        """No sign of life comes any more."""
        sight = self._of.setdefault(agent, Sight(agent))
        sight.unseen_since, sight.holds, sight.number = now, holds, sight.number + 1
        return sight

    def everybody_unseen(self, now: float) -> list[Sight]:
        """Nobody could be heard for a while: lose sight of all who were there, until they are heard again."""
        there = [one.agent for one in self._of.values() if one.unseen_since is None]
        return [self.unseen(agent, (), now) for agent in there]

    def of(self, agent: str) -> Sight | None:
        """Return what is known of an agent; ``None``: they never gave a sign of life."""
        return self._of.get(agent)

    def is_there(self, agent: str) -> bool:
        """Tell whether they may be given a call, as far as can be seen."""
        known = self._of.get(agent)
        return known is None or known.unseen_since is None

    def gone(self, agent: str, number: int) -> Sight | None:
        """Return who is unseen since the time of that number; ``None``: they came back."""
        known = self._of.get(agent)
        return known if known is not None and known.unseen_since is not None and known.number == number else None

    def standing(self) -> list[Sight]:
        """Return what is known, to be written down."""
        return list(self._of.values())

    def stand(self, sights: Iterable[Sight]) -> None:
        """Take up what was written down."""
        self._of = {one.agent: one for one in sights}
