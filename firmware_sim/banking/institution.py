"""A bank or a processor: whether it is up, and what it says when it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from firmware_sim.banking.troubles import CARELESS, CODES, HUSHED, MAY_WAIT, Trouble

Status = Literal["ACSC", "PDNG", "RJCT"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the phone is told."""

    status: Status
    reason: str | None = None


SETTLED = Answer("ACSC")
FAITHFUL = 0.875
"""Share of answers that are the usual one [fit]."""
DISCREET = 0.2


@dataclass(slots=True)
class Outage:
    """A stretch in which it fails. POSIX seconds."""

    begins: float
    ends: float
    fails: float
    """Share of the payments that it fails."""


@dataclass(slots=True)
class Institution:
    """One bank (named by its BIC) or processor. It answers the same trouble mostly alike."""

    name: str
    carelessness: float
    """Share of troubles for which it has no fitting word."""
    is_discreet: bool
    cut_off_hour: float
    """UTC; later payments in that day are too late."""
    manner: list[list[float]]
    """Of each trouble, three numbers from 0 to 1 that its usual answer hangs on."""
    outages: list[Outage] = field(default_factory=list)
    habits: dict[Trouble, Answer] = field(default_factory=dict)
    """Its usual answers so far; others may be laid down before."""

    def fails_now(self, now: float, dice: np.random.Generator) -> bool:
        """Tell whether it fails a payment at ``now``."""
        return any(one.begins <= now < one.ends and dice.random() < one.fails for one in self.outages)

    def refuse(self, trouble: Trouble, dice: np.random.Generator) -> Answer:
        """Say no, by habit; one answer in eight is another than usual."""
        if trouble not in self.habits:
            self.habits[trouble] = self._word(trouble, self.manner[trouble.value - 1])
        luck = dice.random(4).tolist()
        return self.habits[trouble] if luck[3] < FAITHFUL else self._word(trouble, luck)

    def _word(self, trouble: Trouble, luck: list[float]) -> Answer:
        if luck[0] < MAY_WAIT.get(trouble, 0.0):
            return Answer("PDNG")
        if self.is_discreet and trouble in HUSHED:
            return Answer("RJCT", "MS03")
        words = CARELESS if luck[1] < self.carelessness else CODES[trouble]
        return Answer("RJCT", weighted(words, luck[2]) or None)


def draw_institution(name: str, dice: np.random.Generator) -> Institution:
    """Draw how exact, discreet and late it is: mean carelessness 0.2, one in five discreet [fit]."""
    return Institution(
        name,
        carelessness=float(dice.beta(1.2, 4.8)),
        is_discreet=bool(dice.random() < DISCREET),
        cut_off_hour=float(dice.uniform(14, 20)),
        manner=dice.random((len(Trouble), 3)).tolist(),
    )


def weighted(weights: dict[str, float], luck: float) -> str:
    """Return the word on which ``luck``, 0 to 1, falls."""
    left = luck * sum(weights.values())
    for word, weight in weights.items():
        left -= weight
        if left < 0:
            return word
    return next(reversed(weights))
