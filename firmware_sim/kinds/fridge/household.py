"""What people, room and mains do to a fridge: doors opened at mealtimes, warm afternoons, a voltage that wanders."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from firmware_sim.kinds.fridge.body import Around
from firmware_sim.kinds.fridge.condition import Condition
from firmware_sim.wear.luck import Luck

DAY_S = 86_400.0
_MEALS = tuple(
    0.15 if hour < 6 else 2.2 if hour in {7, 8, 12, 18, 19, 20} else 1.2 if hour < 22 else 0.4 for hour in range(24)
)
"""Openings an hour by the hour of the day: about 25 a day [fit]."""


@dataclass(frozen=True, slots=True)
class Household:
    """One kitchen."""

    room_c: float
    swing_k: float
    """Half of the difference between afternoon and night."""
    habit: float
    """Openings, times the usual."""
    stays_s: float
    """Median of how long the door stays open."""
    mains: float
    """Voltage, share of nominal."""
    noon_s: float
    """The hour of the clock at POSIX second 0 of a day, as seconds: time zones differ."""

    def step(self, now: float, span: float, faulty: Condition, luck: Luck) -> Around:
        """Return what happens in the ``span`` seconds after ``now``."""
        clock = (now + self.noon_s) % DAY_S
        room = self.room_c + faulty.room_k + self.swing_k * math.sin(2 * math.pi * (clock - 32_400) / DAY_S)
        often = _MEALS[int(clock // 3600)] * self.habit * faulty.door_rate * span / 3600
        opened = min(span, self.stays_s * math.exp(0.7 * luck.normal())) if luck.even() < often else 0.0
        return Around(room, self.mains * faulty.mains, opened, faulty.door_gap)


def draw_household(dice: np.random.Generator) -> Household:
    """Draw a kitchen."""
    return Household(
        room_c=float(dice.normal(21.5, 2.0)),
        swing_k=float(dice.uniform(0.3, 2.5)),
        habit=float(dice.lognormal(0, 0.45)),
        stays_s=float(dice.uniform(8, 25)),
        mains=float(dice.normal(1.0, 0.018)),
        noon_s=float(dice.integers(-5, 6)) * 3600,
    )
