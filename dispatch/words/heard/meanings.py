"""The lists of what customers write, by what it is taken for: read once, checked before anything is heard."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dispatch.words.phrases import LANGUAGES, PhraseError

_HERE = Path(__file__).parent
_NO_SPACES = "zh"
_WHOLE = "$"
_MARKS = ("'", "\N{RIGHT SINGLE QUOTATION MARK}", "\N{ZERO WIDTH NON-JOINER}")
"""Within words."""


class WordPart(NamedTuple):
    """A word of a pattern, or how it begins; where no words are written apart, characters that stand anywhere."""

    letters: str
    whole: bool
    apart: bool

    def stands(self, words: list[str], text: str) -> bool:
        """Does it stand in a plain text?"""
        if not self.apart:
            return self.letters in text
        return self.letters in words if self.whole else any(word.startswith(self.letters) for word in words)


Pattern = tuple[WordPart, ...]
"""All of it has to stand in a text, in any order."""


def plain(text: str) -> str:
    """Return a text without capitals, marks and spaces that mean nothing."""
    folded = unicodedata.normalize("NFKC", text).lower()
    for mark in _MARKS:
        folded = folded.replace(mark, "")
    return " ".join("".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in folded).split())


def meant(text: str) -> dict[str, int]:
    """Return what a plain text may mean: meaning → how many letters say so. ``text``: as ``plain`` returns it."""
    words = text.split()
    found: dict[str, int] = {}
    for meaning, patterns in meanings().items():
        weights = [
            sum(len(part.letters) for part in one) for one in patterns if all(part.stands(words, text) for part in one)
        ]
        if weights:
            found[meaning] = max(weights)
    return found


@cache
def meanings() -> Mapping[str, tuple[Pattern, ...]]:
    """Load the lists: meaning → its patterns in all languages. Raises ``PhraseError``."""
    return read_meanings(_HERE / "robots.toml")


def read_meanings(path: Path) -> dict[str, tuple[Pattern, ...]]:
    """Read one file. Raises ``PhraseError`` naming file, entry and rule."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PhraseError(f"{path.name}: file: not TOML: {error}") from None
    for meaning, lists in told.items():
        for rule in _broken(lists):
            raise PhraseError(f"{path.name}: {meaning}: {rule}")
    return {meaning: tuple(_patterns(lists)) for meaning, lists in told.items()}


def _patterns(lists: Mapping[str, list[str]]) -> Iterator[Pattern]:
    for language, lines in lists.items():
        apart = language != _NO_SPACES
        for line in lines:
            yield tuple(WordPart(plain(one), one.endswith(_WHOLE), apart) for one in line.split())


def _broken(lists: object) -> Iterator[str]:
    """Yield which rules an entry breaks."""
    if not isinstance(lists, dict) or set(lists) != set(LANGUAGES):
        yield f"needs a list of {', '.join(LANGUAGES)}, and of nothing else"
        return
    for language, lines in lists.items():
        if not isinstance(lines, list) or not lines or not all(_is_line(one) for one in lines):
            yield f"{language}: needs one line at least, each of words with letters"
        elif len(set(map(_same, lines))) < len(lines):
            yield f"{language}: a line stands there twice"


def _is_line(line: object) -> bool:
    return isinstance(line, str) and bool(line.split()) and all(len(plain(one).split()) == 1 for one in line.split())


def _same(line: str) -> str:
    return " ".join(sorted(map(plain, line.split())))
