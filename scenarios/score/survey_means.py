"""What was given for talks, corrected by what a ledger knows of every talk that was asked about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from dispatch.core.conversation.channels import SPOKEN
from scenarios.score.nonresponse import Corrected, corrected
from scenarios.score.survey_facts import SurveyFacts
from scenarios.story.distributions import Numbers

MANY = 30
"""A language or a group of agents is told apart where so many were asked [fit]."""
MOST_MINUTES = 15.0


def survey_means(surveys: Sequence[SurveyFacts]) -> Corrected | None:
    """Return the mean with and without the correction; ``None``: too few answered."""
    if not surveys:
        return None
    return corrected([one.score for one in surveys], np.column_stack(list(_columns(surveys))))


def _columns(surveys: Sequence[SurveyFacts]) -> Iterator[Numbers]:
    """Yield what is known of all: how long they waited, whether they had turned to us before, how and with whom they spoke."""
    minutes = [0.0 if one.about is None else one.about.waited_s / 60 for one in surveys]
    yield np.array([min(MOST_MINUTES, one) for one in minutes])
    yield np.array([math.log1p(one) for one in minutes])
    yield np.array([float(one.had_turned) for one in surveys])
    yield np.array([float(one.about is not None and one.about.inbound) for one in surveys])
    yield np.array([float(one.asked.spoke_on in SPOKEN) for one in surveys])
    yield np.array([float(one.asked.case is not None) for one in surveys])
    yield from _levels(surveys, lambda one: one.asked.language)
    yield from _levels(surveys, lambda one: one.about.group if one.about is not None else "")


def _levels(surveys: Sequence[SurveyFacts], of: Callable[[SurveyFacts], str]) -> Iterator[Numbers]:
    named = Counter(map(of, surveys))
    for level in sorted(one for one, count in named.items() if MANY <= count < len(surveys)):
        yield np.array([float(of(one) == level) for one in surveys])
