"""Which articles an agent is shown: by words, by what the call is about, and by what became of them; or none. Pure.

One softmax over all articles and over "none of them" gives the probability of each: two that fit alike make each other doubtful,
and what fits badly leaves "none" likeliest. Then nothing is shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dispatch.core.hints.article import Article
from dispatch.core.hints.context import HintContext
from dispatch.core.hints.counts import HintCounts

MOST = 3
"""So many are shown."""
OF_WORDS = 40.0
"""Log-odds for a score of words of 1; fitted to the tuned half of the bench and what nobody answers beside it."""
OF_NONE = 6.0
"""Log-odds of "none of them" [fitted likewise]."""
SURE = 0.5
"""From here on the first is shown: it is likelier that it helps than that it does not."""
POSSIBLE = 0.02
"""From here on others are shown below it."""


@dataclass(frozen=True, slots=True)
class Hint:
    """An article that may help."""

    article: Article
    sure: float
    """P(it answers what is asked)."""


def hints(
    articles: Iterable[Article], words: Mapping[str, float], context: HintContext, counts: HintCounts
) -> list[Hint]:
    """Return at most three, the likeliest first; none where it is likelier that none fits.

    ``words``: article → how well it fits what is said, 0 to 1; left out where it does not at all.
    """
    found = ordered(articles, words, context, counts)
    if not found or found[0].sure < SURE:
        return []
    return [one for one in found[:MOST] if one.sure >= POSSIBLE]


def ordered(
    articles: Iterable[Article], words: Mapping[str, float], context: HintContext, counts: HintCounts
) -> list[Hint]:
    """Return all articles, the likeliest first."""
    odds = [(one, _log_odds(one, words, context, counts)) for one in articles]
    top = max([OF_NONE, *(at for _, at in odds)])
    whole = math.exp(OF_NONE - top) + sum(math.exp(at - top) for _, at in odds)
    found = [Hint(one, math.exp(at - top) / whole) for one, at in odds]
    return sorted(found, key=lambda hint: (-hint.sure, hint.article.article))


def _log_odds(article: Article, words: Mapping[str, float], context: HintContext, counts: HintCounts) -> float:
    """What became of an article moves it among those that fit, and brings up none that does not."""
    said = OF_WORDS * words.get(article.article, 0.0) + context.favours(article)
    return said + counts.favours(article.article, context.name) if said else 0.0
