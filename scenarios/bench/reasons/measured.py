"""How well it was known why customers turn to us: how often the likeliest was true, and whether who was sure was right.

Intervals of shares are Clopper and Pearson's (Biometrika 1934), those of all else are bootstrapped over the contacts, 95%.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from dispatch.core.reasons.model import SURE
from scenarios.bench.reasons.played import Contact

Floats = npt.NDArray[np.float64]
BINS, RESAMPLED = 10, 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and between what it lies with 95%; of ``of`` contacts."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class ReasonFigures:
    """What the bench comes to."""

    contacts: int
    open_case: int
    top1: Estimate
    top1_open_case: Estimate
    top1_where_known: Estimate
    """Of those of whom the agent is told a reason: it is as likely as not, or likelier."""
    ece: Estimate
    """Expected calibration error: how far what was said to be sure is from how often it was right, ten bins."""
    log_loss: Estimate
    log_loss_base_rates: Estimate
    """Of who knows nothing but how often each reason is told in these very worlds."""
    of_reason: dict[str, tuple[int, int]]
    """Reason → how many turned to us for it, and of how many that was thought."""


def judged(contacts: Sequence[Contact]) -> ReasonFigures:
    """Judge them."""
    known = [one for one in contacts if one.expects.chances[0].p >= SURE]
    with_case = [one for one in contacts if one.open_case]
    truths = Counter(one.truth for one in contacts)

    return ReasonFigures(
        len(contacts),
        len(with_case),
        _share(contacts),
        _share(with_case),
        _share(known),
        _resampled(_sure_and_right(contacts), ece),
        _resampled(np.array([-math.log(one.p(one.truth)) for one in contacts]), _mean),
        _resampled(np.array([-math.log(truths[one.truth] / len(contacts)) for one in contacts]), _mean),
        {str(reason): (count, _rightly(contacts, reason)) for reason, count in truths.most_common()},
    )


def ece(sure_and_right: Floats) -> float:
    """Return the expected calibration error. A row a contact: how likely the likeliest was thought, and 1 where it was true."""
    sure, right = sure_and_right.T
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    return float(np.sum(np.abs(np.bincount(place, sure - right, minlength=BINS)))) / len(sure)


def _sure_and_right(contacts: Sequence[Contact]) -> Floats:
    return np.array([[one.expects.chances[0].p, float(_is_right(one))] for one in contacts])


def _is_right(one: Contact) -> bool:
    return one.expects.chances[0].reason is one.truth


def _rightly(contacts: Sequence[Contact], reason: str) -> int:
    return sum(_is_right(one) for one in contacts if one.truth == reason)


def _share(contacts: Sequence[Contact]) -> Estimate:
    right = sum(map(_is_right, contacts))
    interval = binomtest(right, max(1, len(contacts))).proportion_ci(0.95, method="exact")
    return Estimate(right / max(1, len(contacts)), float(interval.low), float(interval.high), len(contacts))


def _mean(values: Floats) -> float:
    return float(values.mean())


def _resampled(of_each: Floats, figure: Callable[[Floats], float]) -> Estimate:
    dice = np.random.Generator(np.random.PCG64(1))
    found = [figure(of_each[dice.integers(len(of_each), size=len(of_each))]) for _ in range(RESAMPLED)]
    low, high = np.percentile(found, [2.5, 97.5])
    return Estimate(figure(of_each), float(low), float(high), len(of_each))
