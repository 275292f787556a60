"""Reading from a store that is away for a moment."""

from __future__ import annotations

import pytest

from dispatch.store.errors import JournalFailed
from dispatch.store.read_retry import patiently


def test_it_reads_again_until_the_store_is_back() -> None:
    """What is half decided is neither lost nor begun anew."""
    tries = iter([False, False, True])

    def read() -> str:
        if not next(tries):
            raise JournalFailed("the store cannot be read: it starts up")
        return "found"

    assert patiently(read) == "found"


def test_a_store_that_stays_away_ends_it() -> None:
    """With what the store said last."""

    def read() -> str:
        raise JournalFailed("the store cannot be read: nobody is there")

    with pytest.raises(JournalFailed, match="nobody is there"):
        patiently(read, within_s=0)
