"""Looks articles up by what somebody says: SQLite's FTS5, one index for each language, in memory.

``bm25`` weighs rare words of that language more; the same words of another language have an index of their own, so that nobody's
everyday words are rare. What is looked up are ``dispatch.core.hints.words.terms``, which the tokenizer takes as they are.
Tried beside it: FTS5's own trigram tokenizer, which finds no Chinese word of two signs.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Protocol

from dispatch.channels.knowledge.articles import articles
from dispatch.core.hints.article import Article, ArticleText
from dispatch.core.hints.words import terms
from dispatch.words import LANGUAGES

OF_TITLE, OF_QUESTIONS, OF_ALSO, OF_TEXT = 3.0, 3.0, 2.0, 0.5
"""How much a word weighs by where it stands; tried on the tuned half of the bench."""
FULL = 2.2
"""The most that ``bm25`` gives for each unit of a word's rarity: 1 + k1, with SQLite's k1 of 1.2."""


LEAST = 12.0
"""So rare together are at least three words that mean something: one alone that is met by chance is no question."""


class Finder(Protocol):
    """Tells how well articles fit what is said."""

    def find(self, said: str) -> Mapping[str, float]:
        """Return article → 0 to 1, by words alone; what does not fit at all is left out."""


@cache
def full_text() -> FullText:
    """Return the index of the articles that are shipped. Raises ``ArticleError``."""
    return FullText(articles().values())


class FullText:
    """The index of all articles."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._store = sqlite3.connect(":memory:", check_same_thread=False)
        self._rarity: dict[str, dict[str, float]] = {}
        self._unheard: dict[str, float] = {}
        """How rare a word is that no article of a language has."""
        known = list(articles)
        for language in LANGUAGES:
            self._build(language, [(one.article, one.texts[language]) for one in known if language in one.texts])

    def find(self, said: str) -> Mapping[str, float]:
        """Look it up in every language: nobody knows in which somebody speaks. Of each article its best language counts."""
        asked = list(dict.fromkeys(terms(said)))
        best: dict[str, float] = {}
        for language, rarity in self._rarity.items():
            known = [one for one in asked if one in rarity]
            whole = sum(rarity.get(one, self._unheard[language]) for one in asked)
            for article, score in self._scores(language, known) if known else ():
                best[article] = max(best.get(article, 0.0), min(1.0, score / (FULL * max(LEAST, whole))))
        return best

    def _scores(self, language: str, asked: list[str]) -> list[tuple[str, float]]:
        wanted = " OR ".join(f'"{one}"' for one in asked)
        weights = f"0, {OF_TITLE}, {OF_QUESTIONS}, {OF_ALSO}, {OF_TEXT}"
        query = f"SELECT article, -bm25(in_{language}, {weights}) FROM in_{language} WHERE in_{language} MATCH ?"  # noqa: S608
        return self._store.execute(query, (wanted,)).fetchall()

    def _build(self, language: str, written: list[tuple[str, ArticleText]]) -> None:
        self._store.execute(
            f"CREATE VIRTUAL TABLE in_{language} USING fts5"
            "(article UNINDEXED, title, questions, also, text, tokenize='unicode61 remove_diacritics 0')"
        )
        rows = [(article, *map(_indexed, _columns(text))) for article, text in written]
        self._store.executemany(f"INSERT INTO in_{language} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608 - one of ours
        self._store.execute(f"CREATE VIRTUAL TABLE words_{language} USING fts5vocab(in_{language}, row)")
        words = self._store.execute(f"SELECT term, doc FROM words_{language}").fetchall()  # noqa: S608 - likewise
        self._rarity[language] = {term: _rarity(there, len(written)) for term, there in words}
        self._unheard[language] = _rarity(0, len(written))


def _columns(text: ArticleText) -> tuple[str, str, str, str]:
    read = " ".join([*text.answer, text.went_wrong, text.next_time])
    return text.title, " ".join(text.questions), text.also, read


def _indexed(text: str) -> str:
    return " ".join(terms(text))


def _rarity(there: int, of: int) -> float:
    """Return the inverse document frequency as ``bm25`` has it, for what stands in so many of so many articles."""
    return max(1e-6, math.log((of - there + 0.5) / (there + 0.5)))
