"""Who washes when, and what they put into the drum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmware_sim.kinds.washer.body import Load

DAY_S = 86_400.0
FIRST_H, LAST_H = 7.0, 19.0
"""Between which a programme is begun."""


@dataclass(frozen=True, slots=True)
class Household:
    """One home's laundry."""

    begins_s: float
    """When the day's first programme begins: seconds after midnight."""
    a_day: int
    """Programmes on a day on which they wash."""
    between_s: float
    """From one programme to the next."""

    def starts(self, midnight: float) -> list[float]:
        """Return when programmes begin on a day, POSIX seconds."""
        return [midnight + self.begins_s + number * self.between_s for number in range(self.a_day)]


def draw_household(dice: np.random.Generator) -> Household:
    """Draw a home: 165 programmes a year are usual in Europe (Pakula and Stamminger 2010); here is a washing day [fit]."""
    return Household(
        begins_s=3600 * float(dice.uniform(FIRST_H, LAST_H - 8)),
        a_day=int(dice.integers(1, 4)),
        between_s=3600 * float(dice.uniform(2.5, 4)),
    )


def draw_load(dice: np.random.Generator) -> Load:
    """Draw what is put in: two to six kilograms, a little of it on one side."""
    return Load(kg=float(dice.uniform(2.5, 5.5)), one_sided_kg=0.05 + 0.25 * float(dice.random()))
