"""A ledger folded without deciding: a desk that takes it up goes on as the one that decided."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Desk
from dispatch.core.events import Event
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Kind, Row, read
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story
from scenarios.story.schema import Story

FEW_CARS = ("duration=2h", "settle=10min", "cars.count=400", "faults.0.count=10", "faults.1.count=3", "faults.2.count=10",
            "faults.3.count=0", "faults.4.count=0", "trucks.0.count=5", "trucks.1.count=3")  # fmt: skip
FEW_FRIDGES = ("duration=3 days", "settle=10 h", "fridges.count=80", "faults.0.count=8", "faults.1.count=6",
               "faults.2.count=3", "faults.3.count=10")  # fmt: skip
TALKATIVE = ("duration=2 h", "settle=10min", "cars.count=300", "faults.1.count=12", "faults.1.when.until=90 min",
             "faults.2.count=6", "faults.2.when.until=90 min", "agents.0.count=3", "agents.1.count=2")  # fmt: skip
CUTS = 12


@pytest.mark.parametrize(
    ("story", "settings"),
    [
        ("winter_morning", FEW_CARS),
        ("winter_morning", (*FEW_CARS, "policy=reactive")),
        ("busy_morning", (*FEW_CARS, "agents.0.count=1", "agents.1.count=1")),
        ("seven_channels", TALKATIVE),
        ("kitchen_week", FEW_FRIDGES),
        ("card_outage", ("phones.count=150",)),
    ],
)
def test_a_desk_that_takes_up_a_fold_goes_on_the_same(story: str, settings: tuple[str, ...]) -> None:
    """Cut behind whichever input: every later decision is the recorded one, alarms that rang meanwhile included."""
    told = open_story(story, settings)
    rows = run_story(told, 3).rows
    inputs = [number for number, row in enumerate(rows) if row.kind is Kind.INPUT]
    for cut in inputs[5 :: max(1, len(inputs) // CUTS)]:
        assert _went_on(told, rows, cut) == [(row.type, row.key) for row in rows[cut:] if row.kind is Kind.ACTION]


def _went_on(told: Story, rows: list[Row], cut: int) -> list[tuple[str, str]]:
    fold, desk = Fold(told.policy.desk()), Desk(told.policy.desk())
    for row in rows[:cut]:
        fold.feed(row)
    desk.stand(fold.standing())
    decided = []
    for row in rows[cut:]:
        if row.kind is Kind.INPUT:
            event = read(row)
            assert isinstance(event, Event)
            decided += desk.handle(event, row.at)
    decided += desk.wake(rows[-1].at)
    return [(type(action).__name__, action.key) for _, action in decided]


def test_a_fold_that_goes_on_from_a_standing_forgets_nothing_of_it() -> None:
    """Member by member, what is seldom other than empty, too."""
    told = open_story("seven_channels", TALKATIVE)
    fold, rows = Fold(told.policy.desk()), run_story(told, 3).rows
    for row in rows[: len(rows) // 2]:
        fold.feed(row)
    stood = replace(fold.standing(), passed_calls={"real": 2}, manned=True, muted={"volta/car-1": 9e9}, replans=3)
    again = Fold.after(told.policy.desk(), stood, DECISIONS_VERSION).standing()
    for each in fields(stood):
        assert getattr(again, each.name) == getattr(stood, each.name), each.name
