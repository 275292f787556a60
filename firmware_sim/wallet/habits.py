"""When a device pays, what and how much, by the habits of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast

import numpy as np

from firmware_sim.device.habit import PayingHabit

MONTH_S = 30 * 86_400.0
_WITHIN = 2 * 1.6449
"""Standard deviations from the fifth to the ninety-fifth percentile."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One payment that a device will ask for."""

    at: float
    """POSIX seconds."""
    habit: PayingHabit
    amount: str
    """Euros, a decimal string."""


def habits_of(kind: str) -> Sequence[PayingHabit]:
    """Return what devices of a kind pay for; none of a kind that pays nothing."""
    try:
        return cast("Sequence[PayingHabit]", import_module(f"firmware_sim.kinds.{kind}.habits").HABITS)
    except ModuleNotFoundError:
        return ()


def errands(habits: Sequence[PayingHabit], begin: float, end: float, dice: np.random.Generator) -> list[Errand]:
    """Draw what is paid from ``begin`` to ``end`` (POSIX seconds), by the hour: each habit as a Poisson process."""
    found = [one for habit in habits for one in _of(habit, begin, end, dice)]
    return sorted(found, key=lambda one: one.at)


def _of(habit: PayingHabit, begin: float, end: float, dice: np.random.Generator) -> list[Errand]:
    count = int(dice.poisson(habit.a_month * (end - begin) / MONTH_S))
    return [Errand(float(dice.uniform(begin, end)), habit, _amount(habit, dice)) for _ in range(count)]


def _amount(habit: PayingHabit, dice: np.random.Generator) -> str:
    low, high = np.log(habit.least), np.log(habit.most)
    return f"{np.exp(dice.normal((low + high) / 2, (high - low) / _WITHIN)):.2f}"
