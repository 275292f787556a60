"""Known by voice or by questions: what it saves on the same talks, whom it lets in, and that figures of voices follow theory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from scenarios.bench.voice.measured import equal_error
from scenarios.runner.virtual import Result, run_story
from scenarios.score.check_facts import SpokenCheck
from scenarios.score.ledger_facts import facts
from scenarios.story.loader import open_story
from scenarios.story.streams import Streams
from scenarios.story.voices import Likeness, Voices
from scenarios.world.identity import is_enrolled

SEEDS = (1, 2)


def played(identity: str, seed: int, **settings: Any) -> Result:
    """Play the story so."""
    changes = [
        f"policy.identity={identity}",
        *(f"{path.replace('__', '.')}={value}" for path, value in settings.items()),
    ]
    return run_story(open_story("known_by_voice", changes), seed)


def checks(result: Result) -> Mapping[tuple[str, int], SpokenCheck]:
    """Return how it was made sure in each talk."""
    return facts(result.rows).checks.of_talk


@pytest.mark.parametrize("seed", SEEDS)
def test_a_voice_saves_a_minute_where_they_enrolled(seed: int) -> None:
    """On the same talks: at least 55 s less in an enrolled call, 40 s less over all (issue 19)."""
    voice, asked = played("voice", seed), played("questions", seed)
    by_voice, by_questions = checks(voice), checks(asked)
    both = sorted(by_voice.keys() & by_questions.keys())
    assert len(both) > 200
    saved = {talk: by_questions[talk].took_s - by_voice[talk].took_s for talk in both}
    story = open_story("known_by_voice", [])
    enrolled = [talk for talk in both if is_enrolled(story, Streams(seed), by_voice[talk].customer)]
    assert np.mean([saved[talk] for talk in enrolled]) >= 55
    assert np.mean([*saved.values()]) >= 40
    assert len(enrolled) / len(both) == pytest.approx(0.75, abs=0.1)
    accepted = [by_voice[talk].took_s for talk in enrolled if by_voice[talk].by_voice]
    assert np.percentile(accepted, 95) <= 15
    assert voice.scorecard["voice_false_accept_share"] == 0
    assert "voice_false_accept_share" not in asked.scorecard
    assert asked.scorecard["check_enrolled_p50_s"] > voice.scorecard["check_enrolled_p50_s"] + 40  # type: ignore[operator]


def test_a_story_that_says_nothing_of_it_makes_sure_of_nobody() -> None:
    """It is the agents' own affair, as it always was."""
    result = played("agent", 1)
    assert not checks(result)
    assert "check_p50_s" not in result.scorecard


def test_voices_that_are_as_far_apart_as_d_prime_err_as_theory_says() -> None:
    """Normal scores of equal spread: the equal error rate is Phi(-d'/2), within three standard errors of what was drawn."""
    dice, spread, count = np.random.default_rng(7), 0.05, 20_000
    for d_prime in (1.0, 2.0, 3.0):
        own = Likeness(first=0.6 + d_prime * spread, last=0.9, spread=spread, spread_last=spread)
        others = Likeness(first=0.6, last=0.9, spread=spread, spread_last=spread)
        mine = np.array([own.after(4.0, away) for away in dice.standard_normal(count)])
        theirs = np.array([others.after(4.0, away) for away in dice.standard_normal(count)])
        expected = norm.cdf(-d_prime / 2)
        assert equal_error(mine, theirs) == pytest.approx(expected, abs=3 * np.sqrt(expected / count) + 0.002)


def test_what_stories_draw_is_what_was_measured() -> None:
    """By the service's own limits: own voices within seconds, others' never, and who says too little is neither."""
    voices, dice = Voices(), np.random.default_rng(3)
    draws = dice.standard_normal((4_000, 2))
    own = [voices.heard(voices.own, *map(float, draw)) for draw in draws]
    others = [voices.heard(voices.others, *map(float, draw)) for draw in draws]
    assert np.median([one.elapsed_s for one in own]) < 10
    assert max(one.likeness for one in others) < 0.885
    quiet = Voices(speaks=0.1).heard(voices.own, 0.0, 0.0)
    assert (quiet.elapsed_s, quiet.speech_s) == (30.0, 3.0)
