"""One story played with one seed: what a worker is given, and what it brings back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.runner.cast import may_sleep, prepare
from scenarios.runner.virtual import run_story
from scenarios.score.scorecard import Figure
from scenarios.story.loader import StoryError
from scenarios.story.schema import Story

Card = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is played. ``label`` tells whose it is: a side of a comparison, a point of a sweep."""

    label: str
    story: Story
    seed: int


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What it came to."""

    label: str
    seed: int
    scorecard: Card


def must_be_playable(stories: Sequence[Story], seed: int) -> None:
    """Draw who is there and what breaks once, so that a story that cannot be played is told before anything runs."""
    for one in stories:
        try:
            prepare(one, seed, sleepers=may_sleep(one))
        except StoryError as error:
            message = f"{one.name}: {error}"
            raise StoryError(message) from None


def play(trial: Trial) -> TrialOutcome:
    """Play it here. Raises ``StoryError`` where the story asks for more than can happen."""
    return TrialOutcome(trial.label, trial.seed, run_story(trial.story, trial.seed).scorecard)
