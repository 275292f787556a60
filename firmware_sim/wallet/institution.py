"""A bank or a processor: whether it is up, and what it says when it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from firmware_sim.wallet.troubles import (
    BLUNT,
    CARELESS,
    CODES,
    HUSHED,
    MAY_WAIT,
    NOT_HONOURED,
    RESPONSES,
    Trouble,
)

Status = Literal["ACSC", "PDNG", "RJCT"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the phone is told."""

    status: Status
    reason: str | None = None
    response: str | None = None
    """Of a card's bank, ISO 8583 field 39."""
    by: str | None = None
    """BIC of the bank that refused."""


SETTLED = Answer("ACSC")
FAITHFUL = 0.875
"""Share of answers that are the usual one [fit]."""


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
    """Of each trouble, five numbers from 0 to 1 that its usual answer hangs on."""
    bluntness: float = 0.0
    """Share of the troubles with cards that it answers with a bare 05."""
    outages: list[Outage] = field(default_factory=list)
    habits: dict[tuple[Trouble, bool], Answer] = field(default_factory=dict)
    """Trouble and whether it is with a card → its usual answer so far; others may be laid down before."""

    def fails_now(self, now: float, dice: np.random.Generator) -> bool:
        """Tell whether it fails a payment at ``now``."""
        return any(one.begins <= now < one.ends and dice.random() < one.fails for one in self.outages)

    def refuse(self, trouble: Trouble, dice: np.random.Generator, *, by_card: bool = False) -> Answer:
        """Say no, by habit; one answer in eight is another than usual."""
        asked = (trouble, by_card)
        if asked not in self.habits:
            self.habits[asked] = self._word(trouble, self.manner[trouble.value - 1], by_card=by_card)
        *luck, faith = dice.random(6).tolist()
        return self.habits[asked] if faith < FAITHFUL else self._word(trouble, luck, by_card=by_card)

    def _word(self, trouble: Trouble, luck: list[float], *, by_card: bool) -> Answer:
        if luck[0] < MAY_WAIT.get(trouble, 0.0):
            return Answer("PDNG")
        is_blunt = by_card and trouble in BLUNT and luck[3] < self.bluntness
        if self.is_discreet and trouble in HUSHED and not by_card:
            return Answer("RJCT", "MS03")
        words = NOT_HONOURED if is_blunt else CODES[trouble]
        if luck[1] < self.carelessness:
            words = CARELESS
        response = None
        if by_card and trouble in RESPONSES:
            response = "05" if is_blunt else weighted(RESPONSES[trouble], luck[4])
        return Answer("RJCT", weighted(words, luck[2]) or None, response)


MEAN_CARELESSNESS, DISCREET, MEAN_BLUNTNESS = 0.09, 0.11, 0.14
"""Fitted, under the realistic half of the mix, to the shares of codes among first failures that we have [weak]: a reason that
says nothing (MS02, MS03) 17%; 05 is 10 to 60% of refused card payments (Adyen 2024), the low end where schemes fine it."""


def draw_institution(name: str, dice: np.random.Generator) -> Institution:
    """Draw how exact, discreet, blunt and late it is [fit]."""
    return Institution(
        name,
        carelessness=float(dice.beta(1.2, 1.2 / MEAN_CARELESSNESS - 1.2)),
        is_discreet=bool(dice.random() < DISCREET),
        cut_off_hour=float(dice.uniform(14, 20)),
        manner=dice.random((len(Trouble), 5)).tolist(),
        bluntness=float(dice.beta(1.2, 1.2 / MEAN_BLUNTNESS - 1.2)),
    )


def weighted(weights: dict[str, float], luck: float) -> str:
    """Return the word on which ``luck``, 0 to 1, falls."""
    left = luck * sum(weights.values())
    for word, weight in weights.items():
        left -= weight
        if left < 0:
            return word
    return next(reversed(weights))
