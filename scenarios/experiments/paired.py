"""Paired differences: the same seeds on both sides, so that what both met alike falls out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.special import stdtrit

from scenarios.experiments.trial import Card
from scenarios.story.scorecard_keys import KEYS

CONFIDENCE = 0.95
NOT_COMPARED = {"ledger_sha256"}


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """One figure on both sides. ``low`` to ``high`` holds the mean difference with 95% confidence (paired t)."""

    key: str
    story: float
    """Mean over the pairs."""
    against: float
    difference: float
    """``story`` - ``against``."""
    low: float | None
    """``None``: fewer than two pairs."""
    high: float | None
    pairs: int
    """Seeds of which both sides have the figure."""

    @property
    def width(self) -> float:
        """Half the interval."""
        return math.inf if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def clear(self) -> bool:
        """Is there a difference, whichever way?"""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def differences(pairs: Sequence[tuple[Card, Card]]) -> list[PairedDifference]:
    """Return the difference in every figure that is a number on both sides of any pair."""
    found = (_difference(key, [(a.get(key), b.get(key)) for a, b in pairs]) for key in KEYS if key not in NOT_COMPARED)
    return [one for one in found if one is not None]


def interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float | None, float | None]:
    """Return the t interval of a mean: mean ± t·s/√n, t for n - 1 degrees of freedom. ``None``: there are fewer than two values."""
    if len(values) < 2:  # noqa: PLR2004 - one value has no spread
        return None, None
    mean, error = fmean(values), stdev(values) / math.sqrt(len(values))
    reach = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * error
    return mean - reach, mean + reach


def _difference(key: str, values: Iterable[tuple[object, object]]) -> PairedDifference | None:
    both = [(float(a), float(b)) for a, b in values if isinstance(a, (int, float)) and isinstance(b, (int, float))]
    if not both:
        return None
    gaps = [a - b for a, b in both]
    return PairedDifference(
        key, fmean(a for a, _ in both), fmean(b for _, b in both), fmean(gaps), *interval(gaps), len(both)
    )
