"""Crews rest, shifts end, and trucks break down themselves: nobody who was promised one is left without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from dispatch.core.actions import ReassignTow
from dispatch.core.events import TruckReported
from dispatch.ledger.rows import Row, read
from gateway.finding import TruckReport
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story

MORNING = (
    "duration=7 h", "settle=90 min", "cars.count=150", "faults=[{part: battery_12v, count: 30, when: {until: 5 h}}]",
    "cars.departs={uniform: {low: 10 min, high: 110 min}}", "cars.trips=3", "cars.stays={uniform: {low: 30 min, high: 90 min}}",
    "network={}", "expect={}",
)  # fmt: skip
HOUR = 3_600.0


def played(trucks: str, *more: str) -> Result:
    """Play a morning with some trucks of one kind."""
    return run_story(
        open_story("winter_morning", [*MORNING, f"trucks=[{{skills: [battery, tow], {trucks}}}]", *more]), 5
    )


def reports(result: Result) -> Iterator[tuple[Row, TruckReport]]:
    """Iterate over what trucks said."""
    return ((row, said.report) for row in result.rows if isinstance(said := read(row), TruckReported))


def off_duty(result: Result, truck: str) -> list[tuple[float, float]]:
    """Return from when to when a truck was off duty, hours from the start."""
    begin, found, since = result.rows[0].at, list[tuple[float, float]](), None
    for row, report in reports(result):
        if report.truck == truck and not report.on_duty and since is None:
            since = (row.at - begin) / HOUR
        elif report.truck == truck and report.on_duty and since is not None:
            found.append((since, (row.at - begin) / HOUR))
            since = None
    return found


def jobs(result: Result, truck: str) -> list[tuple[float, float]]:
    """Return from when to when a truck had jobs, hours from the start."""
    begin, found, since = result.rows[0].at, list[tuple[float, float]](), 0.0
    for row, report in reports(result):
        if report.truck == truck and report.job_state == "accepted":
            since = (row.at - begin) / HOUR
        elif report.truck == truck and report.job_state in {"finished", "declined"} and since:
            found.append((since, (row.at - begin) / HOUR))
            since = 0.0
    return found


def test_a_crew_rests_when_it_has_no_job_after_so_long() -> None:
    """After two hours it takes none; what it has is finished first, and it rests for half an hour."""
    result = played("count: 4, breaks: {after: 2 h, lasts: 30 min}")
    for truck in {report.truck for _, report in reports(result)}:
        breaks, back = off_duty(result, truck), 0.0
        assert len(breaks) >= 2
        for begin, end in breaks:
            assert begin == pytest.approx(back + 2, abs=0.01)
            under_way = [job[1] for job in jobs(result, truck) if job[0] < begin < job[1]]
            assert end == pytest.approx(max([begin, *under_way]) + 0.5, abs=0.01)
            assert not [job for job in jobs(result, truck) if begin < job[0] < end]
            back = end
    assert (result.scorecard["lost"], result.scorecard["missed_share"]) == (0, 0.0)


def test_usually_nobody_rests_and_no_truck_breaks_down() -> None:
    """As before."""
    result = played("count: 4")
    assert all(report.on_duty and report.shift_end is None for _, report in reports(result))


def test_a_truck_that_breaks_down_hands_its_job_to_another() -> None:
    """It says no, is off duty until it is put right, and everybody is helped all the same."""
    result = played("count: 8, breaks_down: {every: 30 min, out_for: 1 h}")
    broken = [(row.at, report) for row, report in reports(result) if report.job_state == "declined"]
    assert len(broken) > 3
    moved = [said.from_truck for row in result.rows if isinstance(said := read(row), ReassignTow)]
    assert moved
    for truck in {report.truck for _, report in broken}:
        assert all(end - begin == pytest.approx(1.0) for begin, end in off_duty(result, truck))
    assert (result.scorecard["lost"], result.scorecard["duplicates"], result.scorecard["missed_share"]) == (0, 0, 0.0)


def test_a_truck_says_when_its_shift_ends() -> None:
    """The desk plans by it; off duty it says nothing."""
    result = played("count: 4, shift: {from: '05:00', until: '09:30'}", "duration=5 h", "settle=2 h")
    told = {report.shift_end for _, report in reports(result) if report.on_duty}
    hours = {
        datetime.fromtimestamp(at, open_story("winter_morning").start.tzinfo).strftime("%H:%M") for at in told if at
    }
    assert hours == {"09:30"}
    assert all(report.home is not None for _, report in reports(result) if report.shift_end is not None)
    assert any(not report.on_duty and report.shift_end is None for _, report in reports(result))


@pytest.mark.parametrize(
    ("trucks", "told"),
    [
        ("count: 1, breaks: {after: 0 h}", "trucks.0.breaks.after"),
        ("count: 1, breaks: {lasts: soon}", "trucks.0.breaks.lasts: 'soon' is not a duration"),
        ("count: 1, breaks_down: {every: 0 h}", "trucks.0.breaks_down.every"),
        ("count: 1, breaks_down: {mtbf: 3 h}", "trucks.0.breaks_down.mtbf"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_key(trucks: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError) as error:
        played(trucks)
    assert told in str(error.value)
