"""Which part an episode is about: 15 of 100 about none, the rest half as often as in life and half all alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

HEALTHY = 0.15
"""Share of episodes about no fault."""


class Mix:
    """Parts and how often each is drawn."""

    def __init__(self, shares: Mapping[str, float]) -> None:
        whole = sum(shares.values())
        self._parts = list(shares)
        self._heights = np.cumsum([0.5 * share / whole + 0.5 / len(shares) for share in shares.values()])

    def draw(self, dice: np.random.Generator) -> str:
        """Return a part, or ``nothing``."""
        healthy, luck = dice.random(2).tolist()
        if healthy < HEALTHY:
            return "nothing"
        return self._parts[min(len(self._parts) - 1, int(np.searchsorted(self._heights, luck, side="right")))]
