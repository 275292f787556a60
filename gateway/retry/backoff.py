"""Waits that double with each failure in a row, up to the longest."""

from __future__ import annotations

from dataclasses import dataclass

_ENOUGH = 1_000
"""Doublings after which every wait is the longest; more of them no float can hold."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds: ``first_s``, twice that, and so on, never more than ``most_s``. Whoever succeeds counts failures anew."""

    first_s: float
    most_s: float

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for waits that are none."""
        if not 0 < self.first_s <= self.most_s < float("inf"):
            raise ValueError(
                f"waits from {self.first_s} s up to {self.most_s} s: the first must be above 0 and the last finite"
            )

    def after(self, failures: int, jitter_s: float = 0.0) -> float:
        """Return how long to wait after so many failures in a row, 1 for the first; ``jitter_s`` is added before the limit."""
        return min(self.first_s * 2.0 ** min(max(failures - 1, 0), _ENOUGH) + jitter_s, self.most_s)
