"""A row and what it means go together: nobody reads again what was written a moment ago, and both say the same."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydantic import ValidationError

from dispatch.core.events import AgentLeft
from dispatch.ledger.rows import Pen, Row, body_of, read
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story
from tests.golden.record import SHORTENED


@pytest.fixture(scope="module", params=["winter_morning", "kitchen_week"])
def rows(request: pytest.FixtureRequest) -> Sequence[Row]:
    """A ledger as the control room wrote it."""
    return run_story(open_story(request.param, SHORTENED[request.param]), 1).rows


def test_what_a_row_carries_is_what_its_json_says(rows: Sequence[Row]) -> None:
    """Whoever reads the row from a store knows the same as whoever had it from the control room."""
    assert len({row.type for row in rows}) > 12
    for row in rows:
        assert read(replace(row)) == read(row), row.type
        assert body_of(read(replace(row))) == row.body


def test_it_is_read_once() -> None:
    """And as long as nobody asks, not at all."""
    row = Pen().write(AgentLeft("a-1"), 1.0)
    assert read(row) is read(row)
    bare = replace(row)
    assert not hasattr(bare, "said")
    assert read(bare) is read(bare) is not read(row)


def test_what_is_carried_is_no_part_of_the_row() -> None:
    """Neither compared nor handed to another process."""
    row = Pen().write(AgentLeft("a-1"), 1.0)
    again: Row = pickle.loads(pickle.dumps(row))  # noqa: S301 - our own
    assert again == row == replace(row)
    assert not hasattr(again, "said")


def test_a_row_of_another_body_says_what_that_says() -> None:
    """A row that was changed is not believed to say what it said."""
    row = Pen().write(AgentLeft("a-1"), 1.0)
    assert read(replace(row, body='{"agent":"a-2"}')) == AgentLeft("a-2")
    with pytest.raises(ValidationError):
        read(replace(row, body="{}"))
    with pytest.raises(KeyError):
        read(replace(row, type="NoSuchThing"))
