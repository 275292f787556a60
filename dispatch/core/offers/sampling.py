"""Which of the offers that fit is made: Thompson sampling with dice that are derived, and how likely each was. Pure.

Of each offer and segment it is known how often it was taken and how often not: a beta posterior (Thompson 1933; Chapelle and Li
2011). It is laid on a grid of ``CELLS`` equal steps, so that what is drawn from it and how likely each offer was to be chosen are
of one and the same distribution: the probability is an exact sum over the grid, and no estimate. The dice are digests of the
call's and the offer's names: a replay of the same rows draws the same.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

USUAL_YES, USUAL_NO = 1, 9
"""As if of ten offers one had been taken, before anything was heard [fit]."""
CELLS, WIDE = 256, 8.0
"""Of the grid, and how many standard deviations it reaches to both sides."""
UNSEEN = 1e-13
"""So little of a posterior shows in no probability of a row."""
PLACES = 9
"""Decimal places of a probability in a row: the same on every machine, whatever its logarithms' last digit."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How often an offer was taken in a segment, and how often not."""

    yes: int = 0
    no: int = 0


@dataclass(frozen=True, slots=True)
class Weighed:
    """One of the offers that could have been made, as it stood when one was chosen."""

    offer: str
    value: int
    """Minor units."""
    yes: int
    no: int
    propensity: float
    """How likely it was to be chosen of all that fit."""


@dataclass(frozen=True, slots=True)
class OfferCandidate:
    """An offer that fits, what it is worth, and how it was taken so far."""

    offer: str
    value: int
    tried: Tried = Tried()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which offer is made, and of which."""

    offer: str
    among: tuple[Weighed, ...]

    @property
    def propensity(self) -> float:
        """How likely just this one was."""
        return next(one.propensity for one in self.among if one.offer == self.offer)


@dataclass(frozen=True, slots=True)
class _Grid:
    """A beta posterior: the middle of each cell, how likely it is, and how likely all up to and with it are."""

    at: tuple[float, ...]
    share: tuple[float, ...]
    up_to: tuple[float, ...]


def choose(name: str, candidates: Sequence[OfferCandidate], explore: float) -> Chosen:
    """Return which of ``candidates`` is offered where the dice are called ``name``. At least one is needed."""
    among = weigh(candidates, explore)
    if drawn(name, "explore") < explore:
        number = int(drawn(name, "which") * len(candidates))
    else:
        scores = [_score(name, one) for one in candidates]
        number = scores.index(max(scores))
    return Chosen(candidates[number].offer, among)


def weigh(candidates: Sequence[OfferCandidate], explore: float) -> tuple[Weighed, ...]:
    """Return each candidate with how likely it is to be chosen."""
    likely = _likely(tuple((one.tried.yes, one.tried.no, one.value) for one in candidates), explore)
    return tuple(
        Weighed(one.offer, one.value, one.tried.yes, one.tried.no, share)
        for one, share in zip(candidates, likely, strict=True)
    )


def drawn(name: str, what: str) -> float:
    """Return a number from 0 up to 1 that hangs on names alone, and is spread as a die's."""
    digest = hashlib.sha256(f"{name}\x00{what}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def _score(name: str, one: OfferCandidate) -> float:
    grid = _grid(one.tried.yes, one.tried.no)
    cell = min(bisect_right(grid.up_to, drawn(name, one.offer)), CELLS - 1)
    return grid.at[cell] * one.value


@lru_cache(maxsize=4_096)
def _likely(candidates: tuple[tuple[int, int, int], ...], explore: float) -> tuple[float, ...]:
    """Return how likely each is chosen: ``yes``, ``no`` and ``value`` of each. Of equal scores the first one wins."""
    grids = [_grid(yes, no) for yes, no, _ in candidates]
    scores = [[at * value for at in grid.at] for grid, (_, _, value) in zip(grids, candidates, strict=True)]
    found = []
    for mine, grid in enumerate(grids):
        wins = 0.0
        for cell, score in enumerate(scores[mine]):
            share = grid.share[cell]
            if share < UNSEEN:
                continue
            for other, theirs in enumerate(scores):
                if other != mine:
                    below = bisect_left(theirs, score) if other < mine else bisect_right(theirs, score)
                    share *= grids[other].up_to[below - 1] if below else 0.0
            wins += share
        found.append(round(explore / len(candidates) + (1 - explore) * wins, PLACES))
    return tuple(found)


@lru_cache(maxsize=4_096)
def _grid(yes: int, no: int) -> _Grid:
    a, b = USUAL_YES + yes, USUAL_NO + no
    mean, spread = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
    low, high = max(0.0, mean - WIDE * spread), min(1.0, mean + WIDE * spread)
    at = tuple(low + (high - low) * (cell + 0.5) / CELLS for cell in range(CELLS))
    logs = [(a - 1) * math.log(one) + (b - 1) * math.log1p(-one) for one in at]
    most = max(logs)
    weights = [math.exp(one - most) for one in logs]
    whole, so_far, up_to = math.fsum(weights), 0.0, []
    for one in weights:
        so_far += one / whole
        up_to.append(so_far)
    up_to[-1] = 1.0
    return _Grid(at, tuple(one / whole for one in weights), tuple(up_to))
