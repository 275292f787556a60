"""Many messages to one commit: where many come, the next batch waits a little for more. Pure: it is told the hour.

A commit costs as much processor as forty messages, however few are in it (``benchmarks/status_cost.py``). Nobody waits where few
come, nor where no more come before what is here is acknowledged, as from a broker that has only so many under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

MANY = 50
"""Of a batch of fewer nobody waits for the next."""
APART_S = 0.02
"""So far apart, of the wall, do batches begin at least while many come; a person or a fault among them waits as long at most."""
IN_VAIN_S = 0.01
"""Where nothing came for so long, nothing will before what is here is acknowledged."""
TRY_AGAIN_S = 0.2
"""So long after that nobody waits."""


@dataclass(slots=True)
class Gathering:
    """Hours are seconds of the wall, since any moment."""

    apart_s: float = APART_S
    _began: float = -inf
    """When the last batch was taken."""
    _many: bool = False
    """Whether it had many."""
    _again_from: float = -inf

    def wait_s(self, now: float) -> float:
        """Return for how long to wait for more, before what has come is taken."""
        if not self._many or now < self._again_from:
            return 0.0
        return max(0.0, self._began + self.apart_s - now)

    def took(self, count: int, now: float) -> None:
        """Note that a batch of so many begins."""
        self._many, self._began = count >= MANY, now

    def waited(self, wait_s: float, came: int, now: float) -> None:
        """Note how many came meanwhile."""
        if not came and wait_s >= IN_VAIN_S:
            self._again_from = now + TRY_AGAIN_S
