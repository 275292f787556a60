"""What is told of a live story: in order of time, and never an empty reason."""

from __future__ import annotations

import re
from dataclasses import replace

from dispatch.core.events import FaultFound
from dispatch.ledger.rows import Pen, Row, read
from scenarios.runner.narrator import Narrator
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story

RUN = run_story(
    open_story(
        "winter_morning",
        ["duration=2 h", "cars.count=300", "faults=[{part: battery_12v, count: 20}, {part: tyre, count: 20}]"],
    ),
    1,
)
STORY = open_story("winter_morning", ())


def told(rows: list[Row]) -> list[str]:
    """Return every line."""
    narrator = Narrator(RUN.truth, STORY.start.tzinfo)
    return [line for row in rows for line in narrator.feed(row)]


def test_lines_stand_in_order_of_time() -> None:
    """However long ago a fault was heard: a line's hour is the hour of what it tells."""
    hours = [line[:8] for line in told(RUN.rows)]
    assert len(hours) > 15
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", hour) for hour in hours)
    assert hours == sorted(hours)


def test_each_line_has_a_reason_and_an_end() -> None:
    """Also where a finding gives none."""
    lines = told(RUN.rows)
    assert not [line for line in lines if re.search(r"heard\s+→|heard\s*$|closed: *$|→\s*$", line)]
    bare = told(without_reasons(RUN.rows))
    assert len(bare) == len(lines)
    assert all(re.search(r"heard \w+", line) for line in bare)


def without_reasons(rows: list[Row]) -> list[Row]:
    """Return the ledger as it would be had no finding given a reason."""
    pen, found = Pen(), []
    for row in rows:
        item = read(row)
        if isinstance(item, FaultFound):
            item = replace(item, finding=replace(item.finding, why=()))
        found.append(pen.write(item, row.at, cause=row.cause))
    return found
