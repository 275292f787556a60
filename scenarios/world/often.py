"""From a rate to a number of faults, and from hours to one fault at each, before it is drawn whom they befall."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scenarios.story.often import YEAR_S, Wear
from scenarios.story.schema import FaultProcess, Story
from scenarios.story.streams import Streams

AGES = 4_000
"""Devices whose ages are drawn to know how many of all fail."""


def with_counts(story: Story, streams: Streams) -> Story:
    """Return the story with every process that is told by a rate told by a number (Poisson).

    One that is told by hours has no faults of its own: for each hour there is one process more, at the end of the list.
    """
    if all(one.rate is None and one.weibull is None and one.empirical is None for one in story.faults):
        return story
    faults = [_counted(story, process, number, streams) for number, process in enumerate(story.faults)]
    for number, process in enumerate(story.faults):
        faults += _one_each(process, number, streams)
    return story.model_copy(update={"faults": tuple(faults)})


def _counted(story: Story, process: FaultProcess, number: int, streams: Streams) -> FaultProcess:
    if process.empirical is not None:
        return process.model_copy(update={"count": 0})
    if process.rate is None and process.weibull is None:
        return process
    there = story.devices(process.kind)
    dice = streams.keyed("faults", "how many", number)
    lasts = (story.duration - story.settle) if process.when.until is None else process.when.until
    lasts -= process.when.start
    each = _ages(process.weibull, lasts, dice) if process.weibull else (process.rate or 0.0) * lasts / YEAR_S
    expected = there * each * story.calendar.factor(story.start, story.duration)
    count = min(int(dice.poisson(expected)), there)
    return process.model_copy(update={"count": count, "rate": None, "weibull": None})


def _one_each(process: FaultProcess, number: int, streams: Streams) -> Iterator[FaultProcess]:
    """Yield one process for each hour, with one part: drawn here, so that no part is likelier for coming sooner."""
    hours, causes = process.empirical or (), process.causes
    shares = np.array(list(causes.values())) / sum(causes.values())
    parts = streams.keyed("faults", "which", number).choice(list(causes), size=len(hours), p=shares)
    for at, part in zip(hours, parts.tolist(), strict=True):
        yield process.model_copy(update={"count": 1, "empirical": (at,), "part": part, "parts": None})


def _ages(wear: Wear, lasts: float, dice: np.random.Generator) -> float:
    """Return P(a sound device fails within ``lasts``), over their ages: 1 - S(a + t)/S(a), S(a) = exp(-(a/scale)^shape)."""
    ages = wear.age.draw(dice, AGES)
    hazard = ((ages + lasts) / wear.scale) ** wear.shape - (ages / wear.scale) ** wear.shape
    return float(np.mean(-np.expm1(-hazard)))
