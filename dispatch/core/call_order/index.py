"""The index: what it is worth to ring somebody next, ``w p P(phones within the next attempt) / E[S]``. Pure.

``w``: 3 for a car that must stop, else 1; ``p``: how likely they are to answer; ``E[S]``: how long the attempt takes on
average. One agent, exponential times and equal talks: the index is optimal. Where talks differ it is not quite, so the few
that stand highest are held against each other: whoever is to go first, the others following by the index, so that most are
spoken to before they phone (``callahead bench calls`` holds that against the exact optimum).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

STOP_WEIGHT = 3.0
"""Of a car that must stop, to any other."""
HOLDS_WEIGHT = 0.5
"""Of somebody who holds the line: hanging up they lose their wait, and four of five ring again [fit]."""
BACK_WEIGHT = 0.05
"""Of somebody who hung up and is rung back: they phoned already, most about a bill, and whoever is in need rings again [fit]."""
HIGHEST = 4
"""So many are held against each other."""
AHEAD = 12
"""With so many who would follow."""
BETTER = 1 + 1e-12
"""Less is no difference, but rounding."""


@dataclass(frozen=True, slots=True)
class Placeable:
    """A call that could be placed now."""

    name: str
    reward: float
    """Of being spoken to before they phone, times how likely they answer."""
    attempt_s: float
    """What it takes of an agent, on average."""
    phones: Callable[[float], float]
    """Returns the probability that they phone within so many seconds."""

    def index(self, horizon_s: float) -> float:
        """Return what placing it next is worth, for each second of an agent."""
        return self.reward * self.phones(horizon_s) / self.attempt_s


def by_index(calls: Sequence[Placeable]) -> list[Placeable]:
    """Return calls by their index, the highest first; alike ones as they came."""
    horizon_s = fmean(call.attempt_s for call in calls) if calls else 0.0
    return sorted(calls, key=lambda call: -call.index(horizon_s))


def in_order(calls: Sequence[Placeable], agents: int = 1) -> list[Placeable]:
    """Return calls as they are to be placed: who goes first of the highest, then the others by their index.

    ``agents``: how many place calls at a time.
    """
    ranked = by_index(calls)
    first = _first(ranked[:AHEAD], agents)
    return ranked if first is None else [first, *(call for call in ranked if call is not first)]


def _first(ranked: Sequence[Placeable], agents: int) -> Placeable | None:
    best, most = None, 0.0
    for call in ranked[:HIGHEST]:
        reached = _reached([call, *(other for other in ranked if other is not call)], agents)
        if best is None or reached > most * BETTER:
            best, most = call, reached
    return best


def _reached(calls: Sequence[Placeable], agents: int) -> float:
    """Return how many are spoken to before they phone, by weight, where one after the other is rung who has not phoned yet."""
    reached = at_s = 0.0
    for call in calls:
        waits = 1 - call.phones(at_s)
        reached += call.reward * waits
        at_s += waits * call.attempt_s / agents
    return reached
