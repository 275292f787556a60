"""Reads articles from TOML: one table each, what it is about, and a table for each language it is written in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from dispatch.core.hints.article import Article, ArticleText
from dispatch.words import LANGUAGES
from gateway.apps.messages import Flow
from gateway.apps.reasons import reasons
from gateway.diagnosis.catalogue import catalogue
from gateway.errors import AuthorError
from gateway.finding import Help
from gateway.kinds.registry import kinds
from gateway.payments.features import KNOWLEDGE as PAYMENTS

SHIPPED = Path(__file__).with_name("articles")
_ABOUT = ("kinds", "parts", "help", "flows", "reasons")
_LINES = ("questions", "answer")
_WORDS = ("title", "also", "went_wrong", "next_time")


class ArticleError(AuthorError):
    """The author's fault: file, entry and rule."""


@cache
def articles() -> Mapping[str, Article]:
    """Return the articles that are shipped, by name. Raises ``ArticleError``."""
    return read_articles(SHIPPED)


def read_articles(folder: Path) -> dict[str, Article]:
    """Read all files of a folder. Raises ``ArticleError`` naming file, entry and rule."""
    found: dict[str, Article] = {}
    there = _there()
    for path in sorted(folder.glob("*.toml")):
        for name, entry in _toml(path).items():
            for rule in _broken(name, entry, found, there):
                raise ArticleError(f"{path.name}: {name}: {rule}")
            found[name] = _article(name, entry)
    return found


def _article(name: str, entry: Mapping[str, Any]) -> Article:
    texts = {language: _text(entry[language]) for language in LANGUAGES if language in entry}
    return Article(name, texts, **{key: tuple(entry.get(key, ())) for key in _ABOUT})


def _text(entry: Mapping[str, Any]) -> ArticleText:
    written: dict[str, Any] = {key: tuple(value) if key in _LINES else value for key, value in entry.items()}
    return ArticleText(**written)


def _there() -> dict[str, frozenset[str]]:
    """Return what an article may be about."""
    catalogues = [PAYMENTS, *(kind.knowledge for kind in kinds() if kind.knowledge is not None)]
    return {
        "kinds": frozenset(one.name for one in catalogues),
        "parts": frozenset(part for one in catalogues for part in catalogue(one).parts),
        "help": frozenset(str(one) for one in Help),
        "flows": frozenset(get_args(Flow)),
        "reasons": frozenset(reasons()),
    }


def _broken(
    name: str, entry: object, found: Mapping[str, Article], there: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    """Yield which rules an entry breaks."""
    if name in found:
        yield "an article of that name was read already"
    if not isinstance(entry, dict):
        yield "must be a table: what it is about, and a table for each language"
        return
    unknown = sorted(entry.keys() - {*_ABOUT, *LANGUAGES})
    if unknown:
        yield f"{', '.join(unknown)}: neither a language of the house ({', '.join(LANGUAGES)}) nor one of {', '.join(_ABOUT)}"
    yield from _about_nothing(entry, there)
    written = [language for language in LANGUAGES if language in entry]
    if not written:
        yield f"is written in no language; one of {', '.join(LANGUAGES)} is needed"
    for language in written:
        yield from (f"{language}: {rule}" for rule in _unreadable(entry[language]))


def _about_nothing(entry: Mapping[str, Any], there: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for key in _ABOUT:
        names = entry.get(key, [])
        if not _is_list(names):
            yield f"{key}: must be a list of names"
            continue
        for one in names:
            if one not in there[key]:
                yield f"{key}: {one}: there is no such thing"


def _unreadable(text: object) -> Iterator[str]:
    if not isinstance(text, dict):
        yield "must be a table"
        return
    unknown = sorted(text.keys() - {*_LINES, *_WORDS})
    if unknown:
        yield f"{', '.join(unknown)}: is no part of an article"
    for key in (*_LINES, *_WORDS):
        holds = _is_list if key in _LINES else _is_words
        if key not in text:
            yield f"{key}: is missing"
        elif not holds(text[key]) or not text[key]:
            yield f"{key}: must be {'a list of sentences' if key in _LINES else 'a sentence'}, and not empty"


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(_is_words(one) for one in value)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArticleError(f"{path.name}: file: not TOML: {error}") from None
