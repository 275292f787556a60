"""Dice thrown by the hundred: one number at a time would cost more than the step it decides."""

from __future__ import annotations

import numpy as np

_AT_ONCE = 256


class Luck:
    """Numbers in an order that depends on the generator alone."""

    def __init__(self, dice: np.random.Generator) -> None:
        self._dice = dice
        self._even: list[float] = []
        self._normal: list[float] = []

    def even(self) -> float:
        """Return a number from 0 to 1, all alike."""
        if not self._even:
            self._even = self._dice.random(_AT_ONCE).tolist()
        return self._even.pop()

    def normal(self) -> float:
        """Return a number with mean 0 and standard deviation 1."""
        if not self._normal:
            self._normal = self._dice.standard_normal(_AT_ONCE).tolist()
        return self._normal.pop()
