"""Cars that not every truck takes along, in a story: whom the register knows gets the right truck, with others a crew finds out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dispatch.core.actions import ReassignTow, SendTow
from dispatch.core.events import TruckReported
from dispatch.ledger.rows import read
from gateway.finding import Load, TruckReport
from scenarios.kinds.car.load import load_of, registered
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.story.streams import Streams

TRUCKS = (
    "trucks=[{count: 4, skills: [tow], carries: {mass: 2500 kg}},"
    " {count: 2, skills: [tow], carries: {able: [all_wheels_up], mass: 3.5 t}}]"
)
MORNING = (
    "duration=6 h", "settle=45 min", "cars.count=150", "faults=[{part: alternator, count: 12, when: {until: 2 h}}]",
    "cars.departs={uniform: {low: 10 min, high: 110 min}}", "network={}", TRUCKS, "expect={}",
)  # fmt: skip


def played(loads: str) -> Result:
    """Play a morning."""
    return run_story(open_story("winter_morning", [*MORNING, f"cars.loads={loads}"]), 5)


def reports(result: Result) -> Iterator[TruckReport]:
    """Iterate over what trucks said of jobs."""
    return (said.report for row in result.rows if isinstance(said := read(row), TruckReported) and said.report.job)


def sent(result: Result) -> list[str]:
    """Return which trucks were sent."""
    return [said.truck for row in result.rows if isinstance(said := read(row), SendTow | ReassignTow)]


def test_whom_the_register_knows_gets_a_truck_that_can() -> None:
    """At once: nobody comes in vain, and the small trucks stay where they are."""
    result = played("{all_wheels_up: 100%}")
    assert {truck.rpartition("-")[2] for truck in sent(result)} == {"05", "06"}
    assert not any(one.load for one in reports(result))
    assert (result.scorecard["lost"], result.scorecard["missed_share"]) == (0, 0.0)


def test_with_the_others_the_crew_finds_it_out_and_a_second_truck_goes() -> None:
    """Everybody is helped; whoever came in vain is no arrival."""
    result = played("{all_wheels_up: 60%, heavy: 30%, registered: 0%}")
    found = [one for one in reports(result) if one.load]
    assert found
    assert {one.job_state for one in found} == {"declined"}
    assert {one.truck.rpartition("-")[2] for one in found} <= {"01", "02", "03", "04"}
    assert all(fault.mended_at is not None for fault in result.truth)
    in_vain = {one.truck for one in found} - {"05", "06"}
    came = {one.truck for one in reports(result) if one.job_state == "finished"}
    assert came
    assert in_vain
    assert (result.scorecard["lost"], result.scorecard["duplicates"], result.scorecard["missed_share"]) == (0, 0, 0.0)


def test_what_it_takes_is_drawn_for_each_car_alone() -> None:
    """Shares hold, and more of one thing moves no other."""
    story = open_story(
        "winter_morning", ["cars.loads={all_wheels_up: 30%, high_voltage: 10%, heavy: 5%, registered: 80%}"]
    )
    streams, cars = Streams(1), [f"volta/car-{number:04d}" for number in range(2_000)]
    drawn = [load_of(story, streams, car) for car in cars]
    assert sum("all_wheels_up" in load.needs for load in drawn) == pytest.approx(600, abs=90)
    assert sum("high_voltage" in load.needs for load in drawn) == pytest.approx(200, abs=60)
    assert sum(load.mass_kg > 0 for load in drawn) == pytest.approx(100, abs=45)
    known = [registered(story, streams, car) for car in cars]
    assert all(k in (load, Load()) for k, load in zip(known, drawn, strict=True))
    assert 0 < sum(map(bool, known)) < sum(map(bool, drawn))
    plain = open_story("winter_morning")
    assert not any(load_of(plain, streams, car) for car in cars)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (
            "trucks.0.carries={mass: 2500}",
            "trucks.0.carries.mass: 2500 is not a mass: write a number and its unit, as '2500 kg'",
        ),
        ("trucks.0.carries={able: [crane]}", "trucks.0.carries.able"),
        ("cars.loads={heavy: 120%}", "cars.loads.heavy"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_key(setting: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError) as error:
        open_story("winter_morning", [setting])
    assert told in str(error.value)
