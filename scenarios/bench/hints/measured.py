"""Labelled questions, asked of the search as the service asks it: with no context, which a real call has beside the words."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

import numpy as np

from dispatch.channels.knowledge.articles import articles
from dispatch.channels.knowledge.index import Finder
from dispatch.core.hints.article import Article
from dispatch.core.hints.context import HintContext
from dispatch.core.hints.counts import HintCounts
from dispatch.core.hints.ranking import MOST, Hint, hints, ordered
from gateway.errors import AuthorError

FILE = Path(__file__).with_name("questions.toml")
NOBODY = "nobody"
HALVES = ("tuned", "held")


class QuestionsError(AuthorError):
    """The questions of the bench are wrong: file, entry and rule."""


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """One question."""

    language: str
    half: str
    said: str
    article: str
    """Which answers it; empty: none does, and nothing is to be shown."""


@dataclass(frozen=True, slots=True)
class HalfFigures:
    """Of one half of the questions. Shares from 0 to 1."""

    questions: int
    top1: float
    top3: float
    shown: float
    """Where anything is shown at all."""
    right_if_shown: float
    """The first, where anything is shown."""
    silent_where_nobody_answers: float


@dataclass(frozen=True, slots=True)
class HintFigures:
    """Of all questions that have an answer: the right article is first, or among the first three, whether shown or not."""

    articles: int
    questions: int
    top1: float
    top3: float
    p95_ms: float
    """To find and rank, of the wall."""
    languages: dict[str, float]
    """Language → top-1."""
    tuned: HalfFigures
    held: HalfFigures


def read_questions(file: Path = FILE) -> list[LabelledQuestion]:
    """Read the labelled questions. Raises ``QuestionsError``."""
    tables = tomllib.loads(file.read_text("utf-8"))
    nobody = tables.pop(NOBODY)
    found = [LabelledQuestion("", half, said, "") for half in HALVES for said in nobody[half]]
    for language, halves in tables.items():
        found += [
            LabelledQuestion(language, half, said, name) for half in HALVES for said, name in halves[half].items()
        ]
    for one in found:
        if one.article and one.article not in articles():
            raise QuestionsError(
                f"{file.name}: {one.language}.{one.half}: {one.said!r}: there is no article {one.article!r}"
            )
    return found


def measured(finder: Finder, known: Mapping[str, Article], asked: list[LabelledQuestion]) -> HintFigures:
    """Ask all of it."""
    context, counts = HintContext(), HintCounts()
    took, found = [], []
    for one in asked:
        begun = time.perf_counter()
        words = finder.find(one.said)
        shown = hints(known.values(), words, context, counts)
        took.append(time.perf_counter() - begun)
        found.append((one, ordered(known.values(), words, context, counts)[:MOST], shown))
    answered = [one for one in found if one[0].article]
    languages = sorted({one.language for one, _, _ in answered})
    of = {language: [one for one in answered if one[0].language == language] for language in languages}
    return HintFigures(
        len(known),
        len(answered),
        _share(answered, _is_first),
        _share(answered, _is_among),
        float(np.percentile(took, 95)) * 1000,
        {language: _share(some, _is_first) for language, some in of.items()},
        *(_half([one for one in found if one[0].half == half]) for half in HALVES),
    )


Found = tuple[LabelledQuestion, list[Hint], list[Hint]]
"""A question, the likeliest articles, and what is shown."""


def _half(found: list[Found]) -> HalfFigures:
    answered = [one for one in found if one[0].article]
    shown = [one for one in answered if one[2]]
    return HalfFigures(
        len(answered),
        _share(answered, _is_first),
        _share(answered, _is_among),
        len(shown) / len(answered),
        _share(shown, _is_first),
        _share([one for one in found if not one[0].article], lambda one: not one[2]),
    )


def _share(found: list[Found], holds: Callable[[Found], bool]) -> float:
    return fmean(map(holds, found))


def _is_within(most: int, found: Found) -> bool:
    asked, likeliest, _ = found
    return asked.article in [hint.article.article for hint in likeliest[:most]]


_is_first = partial(_is_within, 1)
_is_among = partial(_is_within, MOST)
