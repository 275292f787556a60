"""Contractors in a story: they answer as any partner does, send the trucks they have, and leave nobody behind who waits."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import pytest

from dispatch.core.actions import OpenCase, PlaceOrder
from dispatch.core.events import OrderAnswered, OrderFulfilled, TruckReported
from dispatch.core.ids import case_of_order
from dispatch.ledger.rows import read
from gateway.finding import Place
from scenarios.runner.in_process import asked_of
from scenarios.runner.network import asked_of as told_by_api
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.story.streams import Streams
from scenarios.world.plan import draw_plan

MORNING = (
    "duration=5 h", "settle=45 min", "cars.count=150", "faults=[{part: alternator, count: 14, when: {until: 2 h}}]",
    "cars.departs={uniform: {low: 10 min, high: 110 min}}", "network={}", "trucks=[{count: 1, skills: [tow]}]",
    "policy={contractor_late: 0 min}", "expect={}",
)  # fmt: skip


def played(contractors: str, *more: str, seed: int = 5) -> Result:
    """Play a morning with one truck of the house's own."""
    return run_story(open_story("winter_morning", [*MORNING, f"contractors=[{contractors}]", *more]), seed)


def answers(result: Result) -> list[OrderAnswered]:
    """Return what contractors said."""
    return [said for row in result.rows if isinstance(said := read(row), OrderAnswered)]


def done(result: Result) -> set[str]:
    """Return the orders that they saw through."""
    return {said.order for row in result.rows if isinstance(said := read(row), OrderFulfilled)}


def test_contractors_come_where_no_truck_is_in_time() -> None:
    """Each comes for whoever it said yes to, about when it said, and mends; the house's truck goes to the others."""
    result = played("{count: 3, trucks: 5, declines: 0}")
    yes = {one.order for one in answers(result) if one.accepted}
    assert len(yes) > 3
    assert yes == done(result)
    assert (result.scorecard["lost"], result.scorecard["duplicates"], result.scorecard["missed_share"]) == (0, 0, 0.0)
    faults = {case_of_order(order) for order in yes}
    opened = {said.case: said.device for row in result.rows if isinstance(said := read(row), OpenCase)}
    by_device = {fault.device: fault for fault in result.truth}
    came = [who for case in faults for _, who in by_device[opened[str(case)]].arrivals]
    assert came
    assert all(who.startswith("contractor-") for who in came)
    assert result.scorecard["response_p95_s"] < played("{count: 0}").scorecard["response_p95_s"]  # type: ignore[operator]


def test_whoever_declines_makes_the_next_be_asked_and_nobody_is_lost() -> None:
    """All decline: each is asked once for a case, and the one truck sees to everybody in the end."""
    result = played("{count: 3, declines: 100%}", "duration=16 h")
    assert not any(one.accepted for one in answers(result))
    asked = [said for row in result.rows if isinstance(said := read(row), PlaceOrder)]
    of_case = Counter(one.case for one in asked)
    assert set(of_case.values()) <= {1, 2, 3}
    assert 3 in of_case.values()
    assert len({(one.case, one.supplier) for one in asked}) == len(asked)
    assert (result.scorecard["lost"], result.scorecard["missed_share"]) == (0, 0.0)
    assert all(fault.mended_at is not None for fault in result.truth)


def test_a_contractor_has_no_more_trucks_than_it_has() -> None:
    """One truck: never is it out twice."""
    result = played("{count: 1, trucks: 1, declines: 0}")
    out = 0
    for said in map(read, result.rows):
        out += isinstance(said, OrderAnswered) and said.accepted
        out -= isinstance(said, OrderFulfilled)
        assert out in {0, 1}
    assert any(not one.accepted for one in answers(result))


def test_what_it_cannot_do_it_declines() -> None:
    """It sells tyres."""
    assert not any(one.accepted for one in answers(played("{count: 2, skills: [tyre], declines: 0}")))


def test_a_small_storm_has_all_of_it() -> None:
    """Contractors that decline, crews that find out what it takes, trucks that break down; nobody is lost."""
    few = ("cars.count=700", "faults.0.count=60", "faults.1.count=4", "duration=7 h", "contractors.0.count=3")
    trucks = ("trucks.0.count=8", "trucks.1.count=3", "trucks.2.count=3", "trucks.0.breaks_down.every=5 h")
    hours = (
        "settle=2 h 30 min",
        "faults.1.when.until=4 h",
        "incidents=[]",
        "cars.loads.all_wheels_up=60%",
        "cars.loads.registered=0%",
    )
    result = run_story(open_story("storm_day", [*few, *trucks, *hours]), 2)
    said = answers(result)
    assert {one.accepted for one in said} == {True, False}
    told = [read(row) for row in result.rows]
    reports = [one.report for one in told if isinstance(one, TruckReported)]
    assert any(not one.on_duty for one in reports)
    assert any(one.load for one in reports)
    assert (result.scorecard["lost"], result.scorecard["duplicates"]) == (0, 0)


def test_they_stand_at_depots_or_in_town() -> None:
    """Whom the story names no depot for is drawn from a stream of their own: nobody else moves."""
    story = open_story("gothenburg_winter", ["contractors=[{count: 3, depots: [hogsbo]}, {count: 1}]"])
    plan, before = (draw_plan(one, Streams(3)) for one in (story, open_story("gothenburg_winter")))
    assert [one.supplier for one in plan.suppliers] == [f"contractor-0{number}" for number in range(1, 5)]
    assert {(one.latitude, one.longitude) for one in plan.suppliers[:3]} == {(57.6638, 11.9404)}
    assert plan.workshops == before.workshops
    assert plan.trucks == before.trucks


@pytest.mark.parametrize(
    ("contractors", "told"),
    [
        ("{count: 1, depots: [nowhere]}", "contractors.0.depots.0: there is no depot 'nowhere'"),
        ("{count: 1, declines: 130%}", "contractors.0.declines"),
        ("{count: 1, trucks: 0}", "contractors.0.trucks"),
        ("{count: 1, lead: 2 h}", "contractors.0.lead"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_key(contractors: str, told: str) -> None:
    """By file, key and rule."""
    with pytest.raises(StoryError) as error:
        open_story("winter_morning", [f"contractors=[{contractors}]"])
    assert told in str(error.value)


def test_a_contractor_is_asked_alike_in_virtual_time_and_over_the_api() -> None:
    """What for, and what it must be able to do."""
    place = Place(56.9, 24.1, 5.0, 0.0, "gnss")
    order = PlaceOrder(
        "v/car-1/1-7", "v/car-1/1-7/order", 2, "contractor-01", "tow", "alternator", "tow", (), "simulated", place
    )
    assert asked_of(order) == told_by_api("PlaceOrder", asdict(order))
    assert (asked_of(order).what, asked_of(order).skill) == ("tow", "tow")
