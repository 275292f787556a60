"""Every story, shortened, is decided as it was, row for row: while the house is put in order nothing may change."""

from __future__ import annotations

from itertools import zip_longest

import pytest

from tests.golden.record import HERE, SHORTENED, played

MOST_BYTES = 400 * 1024


@pytest.mark.parametrize("name", SHORTENED)
def test_a_story_is_decided_as_it_was(name: str) -> None:
    """The first row that differs is shown."""
    kept = (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    for was, now in zip_longest(kept, played(name)):
        assert now == was


def test_every_story_has_one_of_a_size_that_can_be_read() -> None:
    """None is forgotten, and none is left over."""
    found = {path.stem: path.stat().st_size for path in HERE.glob("*.jsonl")}
    assert found.keys() == SHORTENED.keys()
    assert max(found.values()) <= MOST_BYTES
