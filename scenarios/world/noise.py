"""Errors of sensors, drawn by the thousand: one number at a time would cost more than the message it goes into."""

from __future__ import annotations

import numpy as np

_AT_ONCE = 8192


class Noise:
    """Standard normal numbers in an order that depends on the generator alone."""

    def __init__(self, dice: np.random.Generator) -> None:
        self._dice = dice
        self._drawn: list[float] = []

    def next(self) -> float:
        """Return the next number: mean 0, standard deviation 1."""
        if not self._drawn:
            self._drawn = self._dice.standard_normal(_AT_ONCE).tolist()
        return self._drawn.pop()
