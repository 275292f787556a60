"""How conversations went, by group of agents, with intervals; and which groups differ by more than chance. No person is ranked.

Times are lognormal, as handling times are: their typical value (median) has a t interval on the logarithm. Shares have Wilson's.
Two groups are said to differ only where the interval of their difference excludes none, at a level that holds for all that is
compared at once (Holm 1979): Welch's for times, as a ratio, and for scores; Agresti and Caffo's (2000) for shares.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, takewhile

import numpy as np
from scipy import stats

from dispatch.views.survey_view import FEWEST_AGENTS
from scenarios.score.check_facts import CheckFacts
from scenarios.score.contact_facts import AgentContacts, ContactFacts
from scenarios.score.hint_facts import HintFacts
from scenarios.score.survey_facts import SurveyFacts

FEW = 20
"""A group with fewer conversations: too few to say [fit]."""
LEVEL = 0.05
"""So often at most anything is said to differ where nothing does."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a group, of ``count`` conversations. ``None``: too few to say."""

    count: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(slots=True)
class GroupSample:
    """What is known of a group's conversations."""

    group: str
    agents: set[str] = field(default_factory=set)
    handled_s: list[float] = field(default_factory=list)
    repeated: list[bool] = field(default_factory=list)
    """Did the customer turn to us again within a day? Of those of which that can be told."""
    first: list[bool] = field(default_factory=list)
    """Was it settled at the first contact: not before it, not behind it within a day, and not handed on? Likewise."""
    scores: list[int] = field(default_factory=list)
    """Given by who answered."""
    checks_s: list[float] = field(default_factory=list)
    """How long each talk was until it was known who speaks, where that was made sure of."""
    hinted: list[bool] = field(default_factory=list)
    """Did the agent speak from an article? Empty where the house has none."""

    @property
    def is_told(self) -> bool:
        """Are there so many agents that it says nothing of one?"""
        return len(self.agents) >= FEWEST_AGENTS


@dataclass(frozen=True, slots=True)
class GroupQuality:
    """A group of agents: what they are there for, and how their conversations went."""

    group: str
    agents: int
    conversations: int
    handling_s: Measured
    """Typical handling time, with what was left of the conversation."""
    repeat_share: Measured
    first_contact_share: Measured
    score: Measured
    """Mean of what was given by who answered, not corrected."""
    check_s: Measured | None = None
    """Typical time until it was known who speaks; ``None``: the house never makes sure."""
    hinted_share: Measured | None = None
    """Conversations in which an agent spoke from an article; ``None``: none was ever shown."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two groups that differ by more than chance."""

    figure: str
    one: str
    other: str
    value: float
    """Of times ``one`` to ``other``; else ``one`` less ``other``."""
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """All groups, and which differ. ``compared``: how many pairs of figures were looked at."""

    groups: tuple[GroupQuality, ...]
    differences: tuple[Difference, ...]
    compared: int


def quality(
    contacts: AgentContacts,
    surveys: Iterable[SurveyFacts],
    checks: CheckFacts | None = None,
    hints: HintFacts | None = None,
) -> Quality:
    """Return how conversations went."""
    found = samples(contacts, surveys)
    _beside({one.group: one for one in found}, contacts, checks or CheckFacts(), hints or HintFacts())
    pairs = list(_compared(found))
    return Quality(tuple(map(_of_group, found)), tuple(differing(pairs)), len(pairs))


def samples(contacts: AgentContacts, surveys: Iterable[SurveyFacts]) -> list[GroupSample]:
    """Return the groups by name."""
    groups: dict[str, GroupSample] = {}
    for one in contacts.held():
        _take(groups.setdefault(one.group, GroupSample(one.group)), contacts, one)
    for survey in surveys:
        if survey.about is not None and survey.score is not None and survey.about.group in groups:
            groups[survey.about.group].scores.append(survey.score)
    return [groups[name] for name in sorted(groups)]


def _take(group: GroupSample, contacts: AgentContacts, one: ContactFacts) -> None:
    group.agents.add(one.agent)
    group.handled_s.append(max(1.0, one.handled_s or 0.0))
    again = contacts.turned_again(one)
    if again is not None:
        group.repeated.append(again)
        group.first.append(one.settled and not again and not contacts.turned_before(one))


def _beside(groups: dict[str, GroupSample], contacts: AgentContacts, checks: CheckFacts, hints: HintFacts) -> None:
    """Note how long it took to know who speaks, and what agents spoke from."""
    spoken_from = {call for call, _ in hints.used}
    for one in contacts.held():
        check = checks.of_talk.get((one.call, one.attempt))
        if check is not None:
            groups[one.group].checks_s.append(max(1.0, check.took_s))
        if hints.shown:
            groups[one.group].hinted.append(one.call in spoken_from)


def _of_group(group: GroupSample) -> GroupQuality:
    return GroupQuality(
        group.group,
        len(group.agents),
        len(group.handled_s),
        _typical(group, group.handled_s),
        _share(group, group.repeated),
        _share(group, group.first),
        _mean(group),
        _typical(group, group.checks_s) if group.checks_s else None,
        _share(group, group.hinted) if group.hinted else None,
    )


def _typical(group: GroupSample, seconds: Sequence[float]) -> Measured:
    if not group.is_told or len(seconds) < FEW:
        return Measured(len(seconds))
    logs = np.log(seconds)
    half = float(stats.t.ppf(1 - LEVEL / 2, len(logs) - 1) * stats.sem(logs))
    mean = float(logs.mean())
    return Measured(len(logs), *(round(math.exp(mean + by), 1) for by in (0.0, -half, half)))


def _share(group: GroupSample, were: Sequence[bool]) -> Measured:
    if not group.is_told or len(were) < FEW:
        return Measured(len(were))
    found = stats.binomtest(sum(were), len(were)).proportion_ci(1 - LEVEL, method="wilson")
    return Measured(len(were), *(round(float(one), 4) for one in (sum(were) / len(were), found.low, found.high)))


def _mean(group: GroupSample) -> Measured:
    if not group.is_told or len(group.scores) < FEW:
        return Measured(len(group.scores))
    mean, half = float(np.mean(group.scores)), float(stats.t.ppf(1 - LEVEL / 2, len(group.scores) - 1))
    half *= float(stats.sem(group.scores))
    return Measured(len(group.scores), round(mean, 3), round(max(1.0, mean - half), 3), round(min(5.0, mean + half), 3))


# --- which groups differ ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """One figure of two groups: by how much they differ, on what scale, and how that is spread."""

    figure: str
    one: str
    other: str
    value: float
    error: float
    degrees: float
    """Of freedom; infinite: normal."""
    is_ratio: bool = False
    """``value`` and ``error`` are of the logarithm."""

    @property
    def chance(self) -> float:
        """How likely so large a difference is where there is none."""
        return float(2 * stats.t.sf(abs(self.value) / self.error, self.degrees))

    def at(self, level: float) -> Difference:
        """Return the difference with the interval that misses it once in ``1 / level``."""
        half = float(stats.t.isf(level / 2, self.degrees)) * self.error
        told = [self.value, self.value - half, self.value + half]
        return Difference(
            self.figure, self.one, self.other, *(round(math.exp(one) if self.is_ratio else one, 4) for one in told)
        )


def differing(pairs: Sequence[ComparedFigure]) -> Iterator[Difference]:
    """Yield the differences that are more than chance, by Holm: the surest first, until one is not sure enough."""
    ordered = sorted(pairs, key=lambda one: one.chance)
    levels = [LEVEL / (len(pairs) - number) for number in range(len(pairs))]
    for pair, level in takewhile(lambda one: one[0].chance < one[1], zip(ordered, levels, strict=True)):
        yield pair.at(level)


def _compared(groups: Sequence[GroupSample]) -> Iterator[ComparedFigure]:
    for one, other in combinations([group for group in groups if group.is_told], 2):
        names = one.group, other.group
        yield from _welch("handling_s", names, np.log(one.handled_s), np.log(other.handled_s), is_ratio=True)
        yield from _caffo("repeat_share", names, one.repeated, other.repeated)
        yield from _caffo("first_contact_share", names, one.first, other.first)
        yield from _welch("score", names, np.array(one.scores, float), np.array(other.scores, float))


def _welch(
    figure: str, names: tuple[str, str], one: np.ndarray, other: np.ndarray, *, is_ratio: bool = False
) -> Iterator[ComparedFigure]:
    if min(len(one), len(other)) < FEW:
        return
    found = stats.ttest_ind(one, other, equal_var=False)
    error = math.sqrt(float(one.var(ddof=1)) / len(one) + float(other.var(ddof=1)) / len(other))
    if error > 0:
        yield ComparedFigure(figure, *names, float(one.mean() - other.mean()), error, float(found.df), is_ratio)


def _caffo(figure: str, names: tuple[str, str], one: Sequence[bool], other: Sequence[bool]) -> Iterator[ComparedFigure]:
    if min(len(one), len(other)) < FEW:
        return
    shares = [(sum(were) + 1) / (len(were) + 2) for were in (one, other)]
    spread = [share * (1 - share) / (len(were) + 2) for share, were in zip(shares, (one, other), strict=True)]
    yield ComparedFigure(figure, *names, shares[0] - shares[1], math.sqrt(sum(spread)), math.inf)
