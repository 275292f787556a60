"""One story played with one seed: what a worker is given, and what it brings back."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.runner.virtual import run_story
from scenarios.score.scorecard import Figure
from scenarios.story.schema import Story

Card = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is played. ``label`` tells whose it is: a side of a comparison, a point of a sweep."""

    label: str
    story: Story
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it came to."""

    label: str
    seed: int
    scorecard: Card


def play(trial: Trial) -> Outcome:
    """Play it here. Raises ``StoryError`` where the story asks for more than can happen."""
    return Outcome(trial.label, trial.seed, run_story(trial.story, trial.seed).scorecard)
