"""Plays stories whose answers are known, seed by seed on all cores, and judges each figure by its 99% interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from scipy import stats

from scenarios.story.loader import StoryError
from scenarios.story.schema import Story
from scenarios.validation.answer import Answer, Known, RunFigure
from scenarios.validation.distance import DISTANCE
from scenarios.validation.hypercube import HYPERCUBE
from scenarios.validation.learned_order import LEARNED_ORDER
from scenarios.validation.offers import OFFERS_FORBIDDEN, OFFERS_JUDGED
from scenarios.validation.queueing import QUEUE
from scenarios.validation.shares import SHARES
from scenarios.validation.silence import SILENCE
from scenarios.validation.skills import SKILLS

CONFIDENCE = 0.99
ANSWERS: dict[str, Answer] = {
    "queue": QUEUE,
    "distance": DISTANCE,
    "shares": SHARES,
    "hypercube": HYPERCUBE,
    "skills": SKILLS,
    "order": LEARNED_ORDER,
    "silence": SILENCE,
    "offers": OFFERS_JUDGED,
    "forbidden_offers": OFFERS_FORBIDDEN,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One figure: what is known, what the seeds' mean is, and whether the interval around it holds what is known."""

    story: str
    name: str
    by: str
    formula: float
    simulated: float
    ci99_low: float
    ci99_high: float
    holds: bool


def answer_of(story: Story) -> Answer:
    """Return what the story is held against. Raises ``StoryError`` where it says of nothing that its answer is known."""
    if story.answers is None:
        message = f"answers: is missing; say which known answer the story has: {', '.join(ANSWERS)}"
        raise StoryError(message)
    return ANSWERS[story.answers]


def validate(stories: Sequence[Story], seeds: Sequence[int], *, cores: int = -1) -> list[Check]:
    """Play every story with every seed and compare. Raises ``StoryError`` before anything is played where it can."""
    known = [answer_of(story).known(story) for story in stories]
    tasks = [(story, seed) for story in stories for seed in seeds]
    found = Parallel(n_jobs=cores)(delayed(_play)(story, seed) for story, seed in tasks)
    seen = [found[number * len(seeds) : (number + 1) * len(seeds)] for number in range(len(stories))]
    return [
        judge(story.name, name, figure, [one[name] for one in runs])
        for story, figures, runs in zip(stories, known, seen, strict=True)
        for name, figure in figures.items()
    ]


def _play(story: Story, seed: int) -> dict[str, RunFigure]:
    return answer_of(story).seen(story, seed)


def judge(story: str, name: str, known: Known, runs: Sequence[RunFigure]) -> Check:
    """Judge one figure by the t interval over the seeds' values: each seed is a world of its own.

    The interval is never narrower than one observation among all of them could move the mean, nor than what was asked.
    """
    values = np.array([run.value for run in runs])
    half = (
        float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * float(values.std(ddof=1)) / math.sqrt(len(values))
    )
    half = max(half, known.within, known.grain / max(1, sum(run.of for run in runs)))
    mean = float(values.mean())
    holds = mean - half <= known.value <= mean + half
    return Check(story, name, known.by, known.value, mean, mean - half, mean + half, holds)
