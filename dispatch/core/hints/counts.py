"""What became of articles, and how that moves them: a beta-binomial share for each, and for each beside what a call is about. Pure.

Changed by rows alone, so that a replay shows the same order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.hints.events import HintJudged, Verdict

_GOOD: dict[Verdict, bool] = {"used": True, "helpful": True, "overridden": False, "not_helpful": False}
ANYWHERE = ""
"""Of whatever a call is about."""
PRIOR = 4.0
"""So many verdicts the share over all contexts counts for in one context, and one half for the share over all [fit]."""
WEIGHT = 1.0
"""Of the learned log-odds beside those of words and context [fit]."""


@dataclass(slots=True)
class HintCount:
    """Verdicts about one article, where a call was about one thing."""

    article: str
    about: str
    good: int = 0
    bad: int = 0


class HintCounts:
    """Verdicts by article and by what calls were about."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], HintCount] = {}

    def judged(self, event: HintJudged) -> None:
        """Count a verdict."""
        for about in {event.about, ANYWHERE}:
            count = self._of.setdefault((event.article, about), HintCount(event.article, about))
            count.good += _GOOD[event.verdict]
            count.bad += not _GOOD[event.verdict]

    def favours(self, article: str, about: str) -> float:
        """Return by how much an article is likelier by what became of it, log-odds; 0 where nothing did."""
        anywhere = _share(self._of.get((article, ANYWHERE)), 0.5)
        share = _share(self._of.get((article, about)), anywhere) if about else anywhere
        return WEIGHT * math.log(share / (1 - share))

    def standing(self) -> list[HintCount]:
        """Return what is counted, to be written down."""
        return [self._of[name] for name in sorted(self._of)]

    def stand(self, counts: Iterable[HintCount]) -> None:
        """Take up what was written down."""
        self._of = {(one.article, one.about): one for one in counts}


def _share(count: HintCount | None, prior: float) -> float:
    """Return the posterior mean: what was seen, and ``PRIOR`` verdicts of the prior share."""
    good, bad = (count.good, count.bad) if count is not None else (0, 0)
    return (good + PRIOR * prior) / (good + bad + PRIOR)
