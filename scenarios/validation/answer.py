"""What every known answer looks like, and what a run shows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scenarios.story.schema import Story


@dataclass(frozen=True, slots=True)
class Known:
    """A figure that is known."""

    value: float
    by: str
    """Whose formula it is."""
    grain: float = 1.0
    """What one observation more can add to the sum that the mean is taken of: seeds that agree by chance prove no more."""
    within: float = 0.0
    """An estimate of it may be off by so much: what was asked of it, where it is known not to be exact."""


@dataclass(frozen=True, slots=True)
class RunFigure:
    """The same figure in one run, a mean over ``of`` observations."""

    value: float
    of: int


@dataclass(frozen=True, slots=True)
class Answer:
    """``known`` computes figures from a story's parameters, by name; ``seen`` plays it with a seed and measures the same.

    Both raise ``StoryError`` where the story is none that the formula is about.
    """

    known: Callable[[Story], dict[str, Known]]
    seen: Callable[[Story, int], dict[str, RunFigure]]
