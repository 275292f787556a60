"""Distributions hit their figures, and streams are independent of each other and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios.story.distributions import Spans
from scenarios.story.streams import Streams

DRAWS = 200_000


@pytest.mark.parametrize(
    ("named", "median", "mean"),
    [
        ({"lognormal": {"median": "5 min", "sigma": 0.8}}, 300, 300 * np.exp(0.32)),
        ({"lognormal": {"mean": "300 s", "cv": 1.0}}, 300 / np.sqrt(2), 300),
        ({"exponential": {"mean": "380 s"}}, 380 * np.log(2), 380),
        ({"uniform": {"low": "1 min", "high": "3 min"}}, 120, 120),
        ({"weibull": {"shape": 2, "scale": "10 min"}}, 600 * np.sqrt(np.log(2)), 600 * np.sqrt(np.pi) / 2),
        ({"gamma": {"shape": 1, "mean": "380 s"}}, 380 * np.log(2), 380),
        ({"triangular": {"low": "0 s", "mode": "30 s", "high": "60 s"}}, 30, 30),
        ({"empirical": ["1 min", "2 min", "2 min", "5 min"]}, 120, 150),
        ("15 s", 15, 15),
    ],
)
def test_a_distribution_has_the_median_and_mean_it_is_named_by(named: object, median: float, mean: float) -> None:
    """Within 2% over 200,000 draws."""
    drawn = Spans.model_validate(named).draw(np.random.default_rng(7), DRAWS)
    assert float(np.median(drawn)) == pytest.approx(median, rel=0.02)
    assert float(np.mean(drawn)) == pytest.approx(mean, rel=0.02)


def test_streams_are_the_same_for_the_same_seed_and_differ_by_purpose() -> None:
    """One seed, many purposes."""
    once, again = Streams(4), Streams(4)
    assert once.stream("trucks").random() == again.stream("trucks").random()
    assert once.stream("people").random() != again.stream("trucks").random()
    assert Streams(5).stream("trucks").random() != Streams(4).stream("trucks").random()


def test_what_one_purpose_draws_moves_no_other() -> None:
    """A world with more trucks has the same people."""
    quiet, busy = Streams(4), Streams(4)
    busy.stream("trucks").random(1000)
    assert quiet.stream("people").random() == busy.stream("people").random()


def test_keyed_dice_do_not_depend_on_when_they_are_thrown() -> None:
    """Live and virtual runs ask in different orders and meet the same people."""
    early, late = Streams(4), Streams(4)
    late.keyed("answers", "c00002").random()
    assert early.keyed("answers", "c00001", 1).random() == late.keyed("answers", "c00001", 1).random()


def test_cheap_dice_and_numbers_depend_on_their_key_alone() -> None:
    """In any order, as often as wanted; another key, purpose or seed gives others."""
    once, again = Streams(4), Streams(4)
    again.hashed("body", "other").random()
    assert once.hashed("body", "car", 7).random() == again.hashed("body", "car", 7).random()
    assert once.uniforms("fix", "car", 1.5) == again.uniforms("fix", "car", 1.5)
    others = [
        once.uniforms("fix", "car", 2.5),
        once.uniforms("gap", "car", 1.5),
        Streams(5).uniforms("fix", "car", 1.5),
    ]
    assert len({once.uniforms("fix", "car", 1.5), *others}) == 4


def test_cheap_numbers_are_even() -> None:
    """Mean and variance of a uniform within four standard errors, and the two of a pair do not hang together."""
    pairs = np.array([Streams(1).uniforms("test", number) for number in range(4000)])
    assert np.allclose(pairs.mean(axis=0), 0.5, atol=4 * np.sqrt(1 / 12 / 4000))
    assert np.allclose(pairs.var(axis=0), 1 / 12, rtol=0.1)
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 4 / np.sqrt(4000)
