"""The phrase table: what is said, by key and language. Read from the TOML files beside it and checked before anything is said.

Each file is a set of entries; each entry has a text in every language, with the same ``{placeholders}``. What has to do with a
part names the parts.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.errors import AuthorError

LANGUAGES = ("en", "lv", "ru", "uk", "fa", "zh")
"""Every entry has a text in each. A customer of another language is spoken to in the first."""
OF_THREE = {
    "eng": "en",
    "lav": "lv",
    "lvs": "lv",
    "rus": "ru",
    "ukr": "uk",
    "fas": "fa",
    "per": "fa",
    "pes": "fa",
    "zho": "zh",
    "chi": "zh",
    "cmn": "zh",
}
"""ISO 639-2 and 639-3: a register that was filled by such codes had Latvians spoken to in English."""
_HERE = Path(__file__).parent


class PhraseError(AuthorError):
    """The author's fault: file, entry and rule."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing to say."""

    texts: Mapping[str, str]
    """Language → text."""
    parts: tuple[str, ...] = ()
    """Of the catalogue that it is said about; none: its key says when."""


def say(key: str, language: str, **values: object) -> str:
    """Return the phrase in a language (BCP 47), or in English where we do not speak that.

    Raises ``KeyError`` for a key that is not in the table, and for a placeholder that got no value.
    """
    return phrases()[key].texts[spoken(language)].format(**values)


def knows(key: str) -> bool:
    """Is there such a phrase?"""
    return key in phrases()


@cache
def beginning(with_: str) -> tuple[str, ...]:
    """Return the keys that begin so, in the order of the table."""
    return tuple(key for key in phrases() if key.startswith(with_))


def about(part: str, kind: str) -> list[str]:
    """Return the keys of one kind, ``kind_…``, that are to be said about a part, in the order of the table."""
    return [key for key, phrase in phrases().items() if part in phrase.parts and key.startswith(f"{kind}_")]


def spoken(language: str) -> str:
    """Return the language of the table that a customer is spoken to in. It may be told by its code of three letters, too."""
    first = language.replace("_", "-").partition("-")[0].lower()
    first = OF_THREE.get(first, first)
    return first if first in LANGUAGES else LANGUAGES[0]


@cache
def phrases() -> Mapping[str, Phrase]:
    """Load the table. Raises ``PhraseError``."""
    return read_phrases(_HERE)


def read_phrases(folder: Path) -> dict[str, Phrase]:
    """Read all files of a folder as one table. Raises ``PhraseError`` naming file, entry and rule."""
    found: dict[str, Phrase] = {}
    for path in sorted(folder.glob("*.toml")):
        for key, entry in _toml(path).items():
            for rule in _broken(key, entry, found):
                raise PhraseError(f"{path.name}: {key}: {rule}")
            texts = {language: entry[language] for language in LANGUAGES}
            found[key] = Phrase(texts, tuple(entry.get("parts", ())))
    return found


def _broken(key: str, entry: object, found: Mapping[str, Phrase]) -> Iterator[str]:
    """Yield which rules an entry breaks."""
    if key in found:
        yield "stands in the table already"
    if not isinstance(entry, dict):
        yield "must be a table of texts by language"
        return
    unknown = sorted(entry.keys() - {*LANGUAGES, "parts"})
    if unknown:
        yield f"{', '.join(unknown)}: no language of the table"
    missing = [one for one in LANGUAGES if not isinstance(entry.get(one), str) or not entry[one].strip()]
    if missing:
        yield f"a text is missing in {', '.join(missing)}"
        return
    for language in LANGUAGES[1:]:
        if placeholders(entry[language]) != placeholders(entry[LANGUAGES[0]]):
            yield f"the placeholders in {language} are not those in {LANGUAGES[0]}"


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PhraseError(f"{path.name}: file: not TOML: {error}") from None
