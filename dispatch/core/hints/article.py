"""Articles that agents read while they speak, in the languages of the house. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.words import LANGUAGES, spoken


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article in one language."""

    title: str
    questions: tuple[str, ...]
    """What people ask that it answers."""
    also: str
    """Other words that they say for it: looked up, never shown."""
    answer: tuple[str, ...]
    """To be read, a step or a fact each."""
    went_wrong: str
    next_time: str


@dataclass(frozen=True, slots=True)
class ShownText:
    """An article as somebody reads it."""

    language: str
    wanted: str
    """The language that was asked for; another than ``language``: there is no translation, and whoever reads it is told."""
    text: ArticleText


@dataclass(frozen=True, slots=True)
class Article:
    """What is known of one question, and what it is about."""

    article: str
    texts: Mapping[str, ArticleText]
    """Language → text; at least one."""
    kinds: tuple[str, ...] = ()
    """Catalogues of what breaks: of kinds of devices, and of payments."""
    parts: tuple[str, ...] = ()
    """Of these catalogues."""
    help: tuple[str, ...] = ()
    """Kinds of help that somebody waits for."""
    flows: tuple[str, ...] = ()
    """Of an app."""
    reasons: tuple[str, ...] = ()
    """Why somebody struggles with one, of ``gateway/apps/knowledge``."""

    def in_language(self, language: str) -> ShownText:
        """Return it in a language (BCP 47), or in the next of the house's in which it is written."""
        wanted = spoken(language)
        there = next(one for one in (wanted, *LANGUAGES) if one in self.texts)
        return ShownText(there, wanted, self.texts[there])
