"""When one person can take the phone: who cannot now, in a meeting or under the shower, cannot in fifteen seconds either.

A process with two states in time, drawn for each person whatever the service does: two policies, and a live and a virtual
run, meet the same person at the same moment.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate

import numpy as np

LOOKS_S = 20.0
"""From when somebody is back at the phone until they have seen who rang, found the number and dialled it [fit]."""
SPELLS = 64
"""Drawn at once."""


class Availability:
    """Spells in which one can take the phone and spells in which one cannot follow each other, exponential both.

    ``share``: of all time in which one can; ``away_s``: mean of a spell in which one cannot, seconds; from ``begins``
    (POSIX seconds) on, where the process is in its long run already.
    """

    def __init__(self, dice: np.random.Generator, share: float, away_s: float, begins: float) -> None:
        self._share, self._dice = share, dice
        self._at_first = float(dice.random()) < share
        self._means = (away_s * share / (1 - share) if share < 1 else math.inf, away_s)
        """Of a spell in which one can, and of one in which one cannot."""
        self._changes = [begins]
        """When the first spell began, and when each of the next did."""

    def since(self, at: float) -> float:
        """Return the first moment from ``at`` on at which one can take the phone; infinite: never. POSIX seconds."""
        if self._share in {0.0, 1.0}:
            return at if self._share else math.inf
        while self._changes[-1] <= at:
            self._draw()
        spell = bisect_right(self._changes, at) - 1
        return at if self._can(spell) else self._changes[spell + 1]

    def phones(self, at: float) -> float:
        """Return when one who wants to phone from ``at`` on does: whoever cannot take the phone cannot phone either.

        Who was away first looks at what came meanwhile, for ``LOOKS_S``. One who never takes the phone phones all the same.
        """
        if not self._share:
            return at
        can = self.since(at)
        return at if can == at else can + LOOKS_S

    def _can(self, spell: int) -> bool:
        return (spell % 2 == 0) is self._at_first

    def _draw(self) -> None:
        """Draw more spells. A spell's rest is distributed like a whole one, so that the first needs no other care."""
        first = len(self._changes) - 1
        lasts = self._dice.standard_exponential(SPELLS).tolist()
        spans = (span * self._means[not self._can(first + number)] for number, span in enumerate(lasts))
        self._changes += list(accumulate(spans, initial=self._changes[-1]))[1:]
