"""Surveys as people see them: who was asked about which talk, what they gave, and what a group of agents was given. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

from dispatch.core.surveys.model import LEAST, MOST

LOOKED_BACK_S = 30 * 86_400.0
"""Of so long scores are shown."""
FEW = 5
"""Fewer scores say nothing of anybody [fit]."""
FEWEST_AGENTS = 3
"""What is told of a group of fewer would be told of a person."""
_Z = NormalDist().inv_cdf(0.975)


@dataclass(slots=True)
class SurveyView:
    """One survey. Times are POSIX seconds."""

    survey: str
    call: str
    """The talk that it is about: whoever learns from scores goes by it."""
    customer: str
    agent: str
    group: str
    """What the agent was there for, as they had said last (``group_of``)."""
    case: str | None
    asked_at: float
    score: int | None = None
    words: str = ""
    answered_at: float | None = None
    state: str = "asked"
    """asked, counted, late."""
    spoken_again: str = ""
    """The call with who gave little."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What was given for some talks by whoever answered. Not corrected for who did not: that a report does."""

    asked: int
    answered: int
    mean: float | None
    """1 to 5; ``None``: too few to say."""
    low: float | None
    high: float | None
    """Of 95%."""


def scores_of(surveys: Iterable[SurveyView]) -> Scores:
    """Return what was given, with a Wilson interval of the mean on the scale from 1 to 5.

    Scores that lie on a scale differ no more than a coin between its ends does: the interval holds at least 95%.
    """
    found = list(surveys)
    given = [one.score for one in found if one.score is not None and one.state == "counted"]
    if len(given) < FEW:
        return Scores(len(found), len(given), None, None, None)
    mean = sum(given) / len(given)
    low, high = _wilson((mean - LEAST) / (MOST - LEAST), len(given))
    span = MOST - LEAST
    return Scores(len(found), len(given), round(mean, 2), round(LEAST + span * low, 2), round(LEAST + span * high, 2))


def by_group(surveys: Iterable[SurveyView]) -> Iterator[tuple[str, Scores]]:
    """Yield what each group of agents was given, by name: of no single agent."""
    groups: dict[str, list[SurveyView]] = {}
    for one in surveys:
        groups.setdefault(one.group, []).append(one)
    for group in sorted(groups):
        found = scores_of(groups[group])
        many = len({one.agent for one in groups[group]}) >= FEWEST_AGENTS
        yield group, found if many else replace(found, mean=None, low=None, high=None)


def group_of(languages: Iterable[str], skills: Iterable[str]) -> str:
    """Return what a group of agents is called: what they talk about, and in which languages."""
    return f"{', '.join(sorted(skills)) or 'everything'} ({', '.join(sorted(languages))})"


def _wilson(share: float, count: int) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927)."""
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * (share * (1 - share) / count + _Z**2 / (4 * count**2)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)
