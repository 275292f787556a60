"""Causes of breakdowns against the shares that the story asks for: Pearson's chi-square of what the world drew."""

from __future__ import annotations

from collections import Counter

from scenarios.runner.cast import prepare
from scenarios.story.loader import StoryError
from scenarios.story.schema import FaultProcess, Story
from scenarios.validation.answer import Answer, Known, RunFigure


def known(story: Story) -> dict[str, Known]:
    """Return each cause's share, and the mean of chi-square, which is exactly the number of causes less one."""
    shares = shares_of(story)
    figures = {f"share of {part}": Known(share, "the story") for part, share in shares.items()}
    return {"chi-square": Known(len(shares) - 1.0, "Pearson", 0.0)} | figures


def seen(story: Story, seed: int) -> dict[str, RunFigure]:
    """Draw the faults of one seed and measure the same; nothing that happens later changes what broke."""
    drawn = Counter(fault.part for fault in prepare(story, seed)[2])
    return measured(drawn, shares_of(story))


def measured(drawn: Counter[str], shares: dict[str, float]) -> dict[str, RunFigure]:
    """Compare what was drawn with the shares it was to be drawn by."""
    total = drawn.total()
    chi = sum((drawn[part] - total * share) ** 2 / (total * share) for part, share in shares.items())
    figures = {f"share of {part}": RunFigure(drawn[part] / total, total) for part in shares}
    return {"chi-square": RunFigure(chi, total)} | figures


def shares_of(story: Story) -> dict[str, float]:
    """Return the causes of the story's only fault process, as shares that add up to 1. Raises ``StoryError``."""
    process = _only(story)
    whole = sum(process.causes.values())
    shares = {part: weight / whole for part, weight in process.causes.items() if weight}
    if len(shares) < 2 or not (process.count or process.share):  # noqa: PLR2004 - one alone has no share to miss
        message = "faults.0.parts: chi-square compares two causes or more, and some faults"
        raise StoryError(message)
    return shares


def _only(story: Story) -> FaultProcess:
    if len(story.faults) != 1:
        message = "faults: chi-square is known for one fault process with its parts"
        raise StoryError(message)
    return story.faults[0]


SHARES = Answer(known, seen)
