"""What another way of choosing offers would have brought, reckoned from the log before it runs.

Each logged offer counts by how likely the other way would have made it, to how likely it was made (inverse propensity weighting,
Horvitz and Thompson 1952); self-normalised (Swaminathan and Joachims 2015) by the sum of the weights, which is steadier and a
little off. Beside each a 95% interval. What is not answered brought nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from dispatch.core.ids import attempt_key
from dispatch.core.offers.actions import ProposeOffer
from dispatch.core.offers.events import OfferAnswered
from dispatch.core.offers.sampling import USUAL_NO, USUAL_YES, Weighed
from dispatch.ledger.rows import Row, read

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class LoggedOffer:
    """One offer that was made, and what it brought."""

    segment: str
    offer: str
    propensity: float
    among: tuple[Weighed, ...]
    brought: float
    """Minor units: its worth to the house where it was taken, else 0."""


OfferChoice = Callable[[Sequence[Weighed]], Mapping[str, float]]
"""How likely each of the offers that fit is made."""


@dataclass(frozen=True, slots=True)
class EstimatedValue:
    """A mean for each offer, minor units, and its 95% interval."""

    value: float
    low: float
    high: float

    def covers(self, truth: float) -> bool:
        """Does the interval hold the truth?"""
        return self.low <= truth <= self.high


def largest_value(among: Sequence[Weighed]) -> Mapping[str, float]:
    """Whatever is worth most to the house, however seldom it is taken."""
    return {max(among, key=lambda one: one.value).offer: 1.0}


def each_alike(among: Sequence[Weighed]) -> Mapping[str, float]:
    """Any of those that fit."""
    return {one.offer: 1 / len(among) for one in among}


def best_so_far(among: Sequence[Weighed]) -> Mapping[str, float]:
    """Whatever promises most by what was heard until then, and nothing else."""
    return {max(among, key=_promises).offer: 1.0}


def _promises(one: Weighed) -> float:
    return one.value * (USUAL_YES + one.yes) / (USUAL_YES + USUAL_NO + one.yes + one.no)


CHOICES: Mapping[str, OfferChoice] = {
    "largest value": largest_value,
    "each alike": each_alike,
    "best so far": best_so_far,
}
"""Ways of choosing that are judged."""


def logged_offers(rows: Iterable[Row]) -> list[LoggedOffer]:
    """Read the offers of a ledger, in the order in which they were made."""
    made: dict[str, ProposeOffer] = {}
    answers: dict[str, str] = {}
    for row in rows:
        if row.type not in {ProposeOffer.__name__, OfferAnswered.__name__}:
            continue
        said = read(row)
        if isinstance(said, ProposeOffer):
            made[attempt_key(said.call, said.attempt)] = said
        elif isinstance(said, OfferAnswered):
            answers.setdefault(attempt_key(said.call, said.attempt), said.answer)
    return [_logged(one, taken=answers.get(name) == "yes") for name, one in made.items()]


def _logged(made: ProposeOffer, *, taken: bool) -> LoggedOffer:
    value = next(one.value for one in made.among if one.offer == made.offer)
    return LoggedOffer(made.segment, made.offer, made.propensity, made.among, float(value) if taken else 0.0)


def weighted(log: Sequence[LoggedOffer], choice: OfferChoice) -> EstimatedValue:
    """Return what a way of choosing would bring for each offer, by inverse propensity weighting. Two offers at least."""
    mean = float((_weights(log, choice) * _brought(log)).mean())
    return _estimate(mean, _variance(log, choice, 0.0) - mean**2, len(log))


def self_normalised(log: Sequence[LoggedOffer], choice: OfferChoice) -> EstimatedValue:
    """Return the same, by the sum of the weights. Its spread is by the delta method; without any weight: nothing is known."""
    weights, brought = _weights(log, choice), _brought(log)
    if not weights.any():
        return EstimatedValue(math.nan, -math.inf, math.inf)
    mean = float((weights * brought).sum() / weights.sum())
    return _estimate(mean, _variance(log, choice, mean), len(log))


def _variance(log: Sequence[LoggedOffer], choice: OfferChoice, less: float) -> float:
    """Return the mean square of terms, each a weight times what was brought ``less`` so much.

    Reckoned over all that could have been offered, by the propensities that were logged and by how often each was taken: what was
    made by chance alone, and seldom, says little of how far a mean may be off, and hardly ever that it may be far off.
    """
    taken, whole = _taken(log), 0.0
    for one in log:
        likely = choice(one.among)
        for fit in one.among:
            weight = likely.get(fit.offer, 0.0) / fit.propensity
            yes = taken.get((one.segment, fit.offer), USUAL_YES / (USUAL_YES + USUAL_NO))
            whole += fit.propensity * weight**2 * (yes * (fit.value - less) ** 2 + (1 - yes) * less**2)
    return whole / len(log)


def _taken(log: Sequence[LoggedOffer]) -> dict[tuple[str, str], float]:
    """Return how often each offer was taken in each segment: as a house believes that has seen the log."""
    counts: dict[tuple[str, str], list[int]] = {}
    for one in log:
        made = counts.setdefault((one.segment, one.offer), [0, 0])
        made[0] += one.brought > 0
        made[1] += 1
    return {name: (USUAL_YES + yes) / (USUAL_YES + USUAL_NO + made) for name, (yes, made) in counts.items()}


def _estimate(mean: float, variance: float, count: int) -> EstimatedValue:
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * math.sqrt(max(0.0, variance) / count)
    return EstimatedValue(mean, mean - half, mean + half)


def _weights(log: Sequence[LoggedOffer], choice: OfferChoice) -> np.ndarray:
    return np.array([choice(one.among).get(one.offer, 0.0) / one.propensity for one in log])


def _brought(log: Sequence[LoggedOffer]) -> np.ndarray:
    return np.array([one.brought for one in log])
