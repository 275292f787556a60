"""Trouble codes and what the knowledge files write for several of them: ``P0300``, ``P0300..P0312``, ``U01*``.

SAE J2012: a letter for the system, then four hexadecimal digits, so that codes of one letter are counted in hexadecimal.
Payment reasons (ISO 20022) and names such as ``symptom:squeal`` are written exactly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_CODE = re.compile(r"^[PCBU][0-3][0-9A-F]{3}$|^SPN[0-9]+-FMI[0-9]+$")
_RANGE = re.compile(r"^([PCBU][0-3][0-9A-F]{3})\.\.([PCBU][0-3][0-9A-F]{3})$")
_FAMILY = re.compile(r"^[PCBU][0-3]?[0-9A-F]{0,3}\*$|^[A-Z]{2}[0-9]{0,2}\*$")
_LONGEST = 4
"""Of the beginnings that a family may have: letters."""


def is_code(text: str) -> bool:
    """Tell whether ``text`` is a trouble code: by SAE J2012, or one of SAE J1939 for which there is none of those."""
    return _CODE.match(text) is not None


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one entry of a knowledge file stands for."""

    text: str
    first: str
    last: str
    """Of a range; both the same for one exact name."""
    prefix: str | None = None
    """Of a family."""

    @property
    def several(self) -> bool:
        """It stands for a family, or a range."""
        return self.prefix is not None or self.first != self.last

    @property
    def size(self) -> int:
        """How many codes it stands for; a family counts as many as its open digits allow."""
        if self.prefix is not None:
            return int(16 ** max(1, 5 - len(self.prefix)))
        return 1 if self.first == self.last else int(self.last[1:], 16) - int(self.first[1:], 16) + 1

    def matches(self, code: str) -> bool:
        """Tell whether ``code`` is meant."""
        if self.prefix is not None:
            return code.startswith(self.prefix)
        if self.first == self.last:
            return code == self.first
        return len(code) == len(self.first) and code[0] == self.first[0] and self.first <= code <= self.last


@lru_cache(maxsize=4_096)
def pattern(text: str) -> Pattern:
    """Read one entry. Raises ``ValueError`` saying what is wrong with it."""
    if text.endswith("*"):
        if _FAMILY.match(text) is None:
            raise ValueError(f"{text!r} is no family of codes: a beginning of a code and a star, as U01*")
        return Pattern(text, text, text, prefix=text[:-1])
    if ".." in text:
        return _range(text)
    return Pattern(text, text, text)


def _range(text: str) -> Pattern:
    found = _RANGE.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no range of codes: two trouble codes with two dots between, as P0300..P0312")
    first, last = found.groups()
    if first[0] != last[0] or first > last:
        raise ValueError(f"{text!r}: the first code must come before the last, in the same system")
    return Pattern(text, first, last)
