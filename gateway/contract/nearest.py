"""Which of the words there are somebody may have meant: one rule for all that is read."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 100
"""Letters. Whoever writes more meant none of ours, and comparing takes the square of it."""


def nearest(word: str, known: Iterable[str], alike: float) -> str | None:
    """Return the word of ``known`` that is most like ``word``; ``None`` where none is: ``alike`` is between 0 and 1."""
    if len(word) > LONGEST:
        return None
    return next(iter(get_close_matches(word, known, 1, alike)), None)
