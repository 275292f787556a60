"""The mean of what few gave, corrected for who said nothing: as far as what is known of all who were asked tells them apart.

Each answer counts for as many as would have had to be asked for it: one over the probability to answer, a logistic regression on
what is known of every talk (inverse probability weighting, Hájek's mean). Its interval is the linearised one that knows that the
weights were estimated (Robins, Rotnitzky and Zhao 1994; Lunceford and Davidian 2004). Who says nothing *because* of what they would
say, and is like others in all that is known, no weight finds: what that could do is bounded instead, for the odds to answer being
up to ``odds`` times what was estimated (the marginal sensitivity model: Tan 2006; Zhao, Small and Bhattacharya 2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scenarios.story.distributions import Numbers

FEW = 10
"""Of fewer answers nothing is said [fit]."""
CONFIDENCE = 0.95
ODDS = (1.5, 2.0)
RIDGE = 1.0
"""Holds coefficients of few answers back: a normal prior of variance one, but for the intercept [ours]."""
STEPS, CLOSE = 50, 1e-9
LEAST, MOST = 1.0, 5.0


class Interval(NamedTuple):
    """A figure and what it may be as well."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Corrected:
    """A mean from 1 to 5, as it was given and corrected; intervals of 95%."""

    asked: int
    answered: int
    raw: Interval
    """Of those who answered alone."""
    weighted: Interval
    bounds: dict[float, tuple[float, float]]
    """Odds → between what the corrected mean lies, were the odds to answer off by so much because of what would be given."""


def corrected(scores: Sequence[float | None], known: Numbers) -> Corrected | None:
    """Return the mean; ``None``: too few answered. ``known``: a row for each who was asked, what is known of them, without ones."""
    given = np.array([math.nan if one is None else float(one) for one in scores])
    answers = ~np.isnan(given)
    count = int(answers.sum())
    if count < FEW:
        return None
    known = np.column_stack([np.ones(len(given)), _standard(known)])
    likely = _likely(known, answers)
    return Corrected(
        len(given),
        count,
        _within(float(given[answers].mean()), float(given[answers].std(ddof=1)) / math.sqrt(count), count),
        _hajek(given, answers, likely, known),
        {odds: bounds(given[answers], likely[answers], odds) for odds in ODDS},
    )


def _standard(known: Numbers) -> Numbers:
    """Return columns of mean 0 and spread 1; without those that are the same for everybody."""
    spread = known.std(axis=0)
    return np.asarray((known - known.mean(axis=0))[:, spread > 0] / spread[spread > 0])


def _likely(known: Numbers, answers: Numbers) -> Numbers:
    """Return how likely each answers: logistic regression by Newton's steps, held back by a ridge."""
    penalty = np.full(known.shape[1], RIDGE)
    penalty[0] = 0.0
    weights = np.zeros(known.shape[1])
    weights[0] = math.log(answers.mean() / (1 - answers.mean() + CLOSE))
    for _ in range(STEPS):
        likely = _logistic(known @ weights)
        slope = known.T @ (answers - likely) - penalty * weights
        bend = (known * (likely * (1 - likely))[:, None]).T @ known + np.diag(penalty + CLOSE)
        step = np.linalg.solve(bend, slope)
        weights += step
        if float(np.abs(step).max()) < CLOSE:
            break
    return _logistic(known @ weights)


def _logistic(at: Numbers) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.clip(at, -30, 30))))


def _hajek(given: Numbers, answers: Numbers, likely: Numbers, known: Numbers) -> Interval:
    """Return the weighted mean, with the interval of an estimate whose weights are estimates."""
    weights = np.where(answers, 1 / likely, 0.0)
    values = np.where(answers, given, 0.0)
    mean = float((weights * values).sum() / weights.sum())
    off = weights * (values - mean)
    bend = (known * (likely * (1 - likely))[:, None]).T @ known + CLOSE * np.eye(known.shape[1])
    pull = np.linalg.solve(bend, known.T @ (off * (1 - likely)))
    moves = off - (answers - likely) * (known @ pull)
    error = math.sqrt(float((moves**2).sum())) / float(weights.sum())
    return _within(mean, error, int(answers.sum()))


def _within(mean: float, error: float, count: int) -> Interval:
    from scipy import stats  # noqa: PLC0415 - a third of a second, for who has surveys alone

    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * error
    return Interval(mean, max(LEAST, mean - half), min(MOST, mean + half))


def bounds(given: Numbers, likely: Numbers, odds: float) -> tuple[float, float]:
    """Return between what the weighted mean of answers lies, were the odds of each to answer up to ``odds`` times as high or low.

    The extremes give the most weight to all answers above some score, and the least to those below.
    """
    order = np.argsort(given)
    values, rest = given[order], (1 / likely - 1)[order]
    least, most = 1 + rest / odds, 1 + rest * odds
    return min(_cuts(values, below=most, above=least)), max(_cuts(values, below=least, above=most))


def _cuts(values: Numbers, *, below: Numbers, above: Numbers) -> list[float]:
    """Return the mean for each cut between the scores, with these weights on its sides."""
    weight = np.append(0.0, np.cumsum(below)) + np.append(np.cumsum(above[::-1])[::-1], 0.0)
    whole = np.append(0.0, np.cumsum(below * values)) + np.append(np.cumsum((above * values)[::-1])[::-1], 0.0)
    found: list[float] = (whole / weight).tolist()
    return found
