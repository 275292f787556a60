"""Surveys that few answer, against what all would have given: the report's own correction, on people drawn as the world draws them.

``explained``: the less somebody waited and the more was settled at once, the less likely they answer, whatever they would give.
``hidden``: those who would give little answer more often than others who met with the same, as ``customers.channels.surveys`` has
it. No weight finds the latter whole: the mean is to lie within a tenth of the truth all the same, and the bounds are to hold it.
The expected means are counted through all that can be given; only what people met with is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from scenarios.kinds.car.section import Cars
from scenarios.score.nonresponse import corrected
from scenarios.story.habits import Habits, SurveyHabit
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.validation.answer import Answer, Known, RunFigure
from scenarios.world.surveys import chance, expected, score_of
from scenarios.world.world import LastTalk

SAMPLES = 6
"""In each run; each is a house's month."""
DRAWN = 10_000
"""Talks over which what is known is counted."""
WITHIN = 0.1
"""So far off the corrected mean may be where silence hides something: the figure that was asked for."""
SCORES = range(1, 6)
SPREADS = NormalDist()
BUSY_SHARE, WAITED_S, AGAIN, TWICE = 0.6, 480.0, 0.35, 0.1
"""A bad month: three in five rang in and waited for eight minutes, every third had to ring again."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Somebody who is asked: how likely they would give what, and how likely they answer then."""

    talk: LastTalk
    gives: Sequence[float]
    """Of 1 to 5."""
    answers: Sequence[float]


def known(story: Story) -> dict[str, Known]:
    """Return what all would have given, and what those who answer do. Raises ``StoryError``."""
    found: dict[str, Known] = {}
    for way in ("explained", "hidden"):
        people = _people(story, Streams(0), DRAWN, way)
        truth = sum(_mean(one.gives) for one in people) / len(people)
        weights = [[give * say for give, say in zip(one.gives, one.answers, strict=True)] for one in people]
        raw = sum(score * row[score - 1] for row in weights for score in SCORES) / sum(map(sum, weights))
        found[f"raw mean, {way}"] = Known(raw, "all that can be", within=RAW_ROOM)
        found[f"corrected mean, {way}"] = Known(
            truth, "all that can be", within=WITHIN if way == "hidden" else RAW_ROOM
        )
    found["intervals that hold it, explained"] = Known(0.95, "what they say", within=COVERAGE_ROOM)
    found["bounds that hold it, hidden"] = Known(1.0, "what they say", within=COVERAGE_ROOM)
    return found


RAW_ROOM = 0.03
"""Of a mean of some hundreds of answers: what a ratio of sums and a ridge take."""
COVERAGE_ROOM = 0.05


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Draw people, have them answer or not, and correct what they gave."""
    found: dict[str, list[float]] = {}
    streams = Streams(seed)
    for way in ("explained", "hidden"):
        for sample in range(SAMPLES):
            _sample(story, streams, way, sample, found)
    return {name: RunFigure(sum(values) / len(values), len(values)) for name, values in found.items()}


def _sample(story: Story, streams: Streams, way: str, sample: int, found: dict[str, list[float]]) -> None:
    people = _people(story, streams, _asked(story), way, sample)
    dice = streams.keyed("silence answers", way, sample)
    luck = zip(people, dice.standard_normal(len(people)), dice.random(len(people)), strict=True)
    scores = [(one, score_of(one.talk, float(normal)), says) for one, normal, says in luck]
    given = [score if says < one.answers[score - 1] else None for one, score, says in scores]
    means = corrected(given, np.array([_row(one.talk) for one in people]))
    if means is None:
        raise StoryError("cars.count: of so few who are asked too few answer")
    truth = sum(_mean(one.gives) for one in people) / len(people)
    low, high = means.bounds[2.0]
    figures = {
        f"raw mean, {way}": means.raw.value,
        f"corrected mean, {way}": means.weighted.value,
        "intervals that hold it, explained": float(means.weighted.low <= truth <= means.weighted.high),
        "bounds that hold it, hidden": float(low <= truth <= high),
    }
    for name, value in figures.items():
        if name.endswith(way):
            found.setdefault(name, []).append(value)


def _people(story: Story, streams: Streams, count: int, way: str, sample: int = 0) -> list[Surveyed]:
    habit, dice = (story.habits or Habits()).surveys, streams.keyed("silence talks", sample)
    waits, luck = dice.exponential(WAITED_S, count), dice.random((count, 3))
    people = []
    for waited, (rang, again, twice) in zip(waits, luck, strict=True):
        inbound = bool(rang < BUSY_SHARE)
        talk = LastTalk(float(waited) if inbound else 0.0, bool(again < AGAIN), bool(twice < TWICE), not inbound)
        gives = _gives(talk)
        people.append(Surveyed(talk, gives, _answers(habit, gives, way)))
    return people


def _gives(talk: LastTalk) -> list[float]:
    """Return how likely somebody would give 1 to 5 (``world.surveys.score_of``)."""
    middle, spread = expected(talk)
    upto = [0.0, *(SPREADS.cdf((score + 0.5 - middle) / spread) for score in range(1, 5)), 1.0]
    return [after - before for before, after in pairwise(upto)]


def _answers(habit: SurveyHabit, gives: Sequence[float], way: str) -> list[float]:
    if way == "hidden":
        return [chance(habit, score) for score in SCORES]
    return [sum(give * chance(habit, score) for give, score in zip(gives, SCORES, strict=True))] * len(SCORES)


def _row(talk: LastTalk) -> tuple[float, ...]:
    """Return what a ledger knows of a talk, as ``survey_means`` has it."""
    minutes = talk.waited_s / 60
    return min(15.0, minutes), math.log1p(minutes), float(talk.again), float(not talk.called_first)


def _mean(gives: Sequence[float]) -> float:
    return sum(score * give for score, give in zip(SCORES, gives, strict=True))


def _asked(story: Story) -> int:
    return story.section(Cars).count


SILENCE = Answer(known, seen)
