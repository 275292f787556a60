"""Shifts and incidents act in the world: who is away takes nothing, who has no network tells it later. Rates become numbers."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from dispatch.core.actions import AssignCall, QueueCall, ReassignTow, SendTow
from dispatch.core.events import FaultFound, TruckReported
from dispatch.ledger.rows import read
from scenarios.runner.cast import prepare
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.often import with_counts

TINY = (
    "duration=3 h", "settle=45 min", "cars.count=150", "faults=[{part: battery_12v, count: 14, when: {until: 2 h}}]",
    "cars.departs={uniform: {low: 10 min, high: 110 min}}", "network.fault_share=0%", "network.outage_share=0%",
    "agents=[{count: 4, languages: [lv, ru, en]}]", "trucks.0.count=6", "trucks.1.count=4",
)  # fmt: skip
CENTRE = "{latitude: 56.95, longitude: 24.1}"


def told(*settings: str) -> tuple[Story, Result]:
    """Play a tiny morning that begins at six."""
    story = open_story("winter_morning", [*TINY, *settings])
    return story, run_story(story, 5)


def hour(story: Story, at: float) -> float:
    """Return the hour of the day."""
    return (
        datetime.fromtimestamp(at, story.start.tzinfo).hour + datetime.fromtimestamp(at, story.start.tzinfo).minute / 60
    )


def test_agents_take_calls_within_their_shift_alone() -> None:
    """From seven to eight one of them is on duty, and another whose shift began yesterday is until half past six."""
    one, other = (
        "{count: 1, languages: [lv, ru, en], shift: {from: '07:00', until: '08:00'}}",
        "{from: '22:00', until: '06:30'}",
    )
    story, result = told(f"agents=[{one}, {{count: 1, languages: [lv, ru, en], shift: {other}}}]")
    calls = [(hour(story, row.at), item.agent) for row in result.rows if isinstance(item := read(row), AssignCall)]
    assert calls
    assert {agent for _, agent in calls} <= {"agent-01", "agent-02"}
    assert all(7 <= at < 8 if agent == "agent-01" else at < 6.5 for at, agent in calls)


def test_trucks_say_when_their_shift_ends() -> None:
    """From six to eight; one that is off duty, and one that works around the clock, say nothing of it."""
    story, result = told("trucks.0.shift={from: '06:00', until: '08:00'}")
    reports = [item.report for row in result.rows if isinstance(item := read(row), TruckReported)]
    ends = {(one.on_duty, one.shift_end and hour(story, one.shift_end)) for one in reports}
    assert ends == {(True, 8.0), (True, None), (False, None)}
    by_truck = {one.truck: {other.shift_end for other in reports if other.truck == one.truck} for one in reports}
    assert sorted(len(found - {None}) for found in by_truck.values()) == [0] * 4 + [1] * 6


def test_absent_agents_take_no_calls_meanwhile() -> None:
    """All four from half past six for half an hour."""
    story, result = told("incidents=[{at: '06:30', lasts: 30 min, agents_absent: 4}]")
    calls = [hour(story, row.at) for row in result.rows if row.type == "AssignCall"]
    assert calls
    assert not [at for at in calls if 6.51 <= at < 7]


def test_an_agent_without_the_skill_takes_only_what_is_overdue() -> None:
    """One knows fridges alone, and cars break down."""
    speak = "languages: [lv, ru, en]"
    story, result = told(
        f"agents=[{{count: 1, {speak}, skills: [appliance]}}, {{count: 1, {speak}, skills: [roadside]}}]"
    )
    assert story.agents[0].skills == ("appliance",)
    queued = {(item.call, item.attempt): item for row in result.rows if isinstance(item := read(row), QueueCall)}
    taken = [(row.at, item) for row in result.rows if isinstance(item := read(row), AssignCall) and item.case]
    early = {item.agent for at, item in taken if at < queued[item.call, item.attempt].due}
    assert early == {"agent-02"}


def test_trucks_of_a_closed_depot_are_not_sent() -> None:
    """The depot by name; the trucks of the other depot are."""
    depots = f"depots={{north: {CENTRE}, south: {{latitude: 56.9, longitude: 24.1}}}}"
    closed = "incidents=[{at: 0 min, lasts: 3 h, depot_closed: north}]"
    _, result = told(depots, "trucks.0.depots=[north]", "trucks.1.depots=[south]", closed)
    sent = {item.truck for row in result.rows if isinstance(item := read(row), SendTow | ReassignTow)}
    assert sent
    assert sent <= {f"roadhelp/truck-{number:02d}" for number in range(7, 11)}


def test_what_breaks_while_a_cell_site_is_down_is_told_later() -> None:
    """Everybody hangs on it: nothing is heard of any car until it is back, and nothing is lost."""
    story, result = told("incidents=[{at: 20 min, lasts: 60 min, cell_site: {share: 100%}}]")
    found = [row.at - story.start_s for row in result.rows if isinstance(read(row), FaultFound)]
    assert found
    assert not [at for at in found if 1_205 < at < 4_795]
    assert result.scorecard["lost"] == 0


def test_a_rate_becomes_a_number_by_devices_time_and_calendar() -> None:
    """9.4 per 1,000 and year of 100,000 cars in 2 h 15 min of a Monday in January; the mean of many draws is the expected."""
    rate = "faults=[{part: tyre, rate: '940 per 1,000 and year'}]"
    story = open_story("winter_morning", ["duration=3 h", "settle=45 min", "cars.count=100000", rate, "calendar=usual"])
    drawn = [with_counts(story, Streams(seed)).faults[0].count or 0 for seed in range(200)]
    expected = 100_000 * 0.94 * 2.25 / (365.25 * 24) * 1.08 * 1.25
    assert float(np.mean(drawn)) == pytest.approx(expected, rel=0.05)
    assert with_counts(story, Streams(3)) == with_counts(story, Streams(3))


def test_wear_breaks_old_devices_more() -> None:
    """A battery of the scale's age fails 3/7 a year (shape 3, scale 7 years); a young one hardly."""
    settings = ["duration=3 h", "settle=45 min", "cars.count=1000000"]
    wear = "faults=[{{part: battery_12v, weibull: {{shape: 3, scale: 7 years, age: {age} d}}}}]"
    old = with_counts(open_story("winter_morning", [*settings, wear.format(age=2557)]), Streams(1)).faults[0].count or 0
    new = with_counts(open_story("winter_morning", [*settings, wear.format(age=30)]), Streams(1)).faults[0].count or 0
    assert old == pytest.approx(1_000_000 * 3 / 7 * 2.25 / (365.25 * 24), rel=0.2)
    assert new < old / 100


def test_the_weather_turns_and_turns_back() -> None:
    """A turn that lasts is over after it; one that stays gives way to the next."""
    turns = "{at: '07:00', weather: {temperature: 2 °C}}, {at: '08:00', lasts: 30 min, weather: {temperature: 5 °C}}"
    story = open_story("winter_morning", [f"incidents=[{turns}]"])
    air = [story.air(story.start_s + hours * 3600) for hours in (0, 0.99, 1, 2, 2.49, 2.5, 7)]
    assert air == [-14, -14, 2, 5, 5, 2, 2]


def test_what_breaks_after_a_turn_breaks_in_its_air() -> None:
    """Nothing is decided otherwise until seven; after it, bodies that are as warm as a summer's day tell other things."""
    story, cold = told()
    _, mild = told("incidents=[{at: '07:00', weather: {temperature: 25 °C}}]")
    first = next(one for one, other in zip(cold.rows, mild.rows, strict=False) if one != other)
    assert 7 <= hour(story, first.at) < 8


def test_faults_come_at_the_hours_that_were_measured() -> None:
    """At the second in a fridge, with the first drive and the first start from then on in a car; each befalls another."""
    fridges = "faults=[{parts: {compressor: 1, stock: 1}, empirical: [2 h, 3 h 10 min, 3 h 10 min]}]"
    story = open_story("kitchen_week", [fridges])
    assert [fault.at - story.start_s for fault in prepare(story, 1)[2]] == [7200, 11400, 11400]
    for part, slack in (("tyre", 1), ("battery_12v", 60)):
        story = open_story("winter_morning", [f"faults=[{{part: {part}, empirical: [1 h, 1 h 20 min, 1 h 20 min]}}]"])
        found = prepare(story, 1)[2]
        late = [fault.at - story.start_s - at for fault, at in zip(found, (3600, 4800, 4800), strict=True)]
        assert len({fault.device for fault in found}) == 3
        assert all(0 <= one < slack for one in late)


def test_an_hour_at_which_nobody_is_left_is_named() -> None:
    """Two fridges cannot fail three times."""
    settings = ["fridges.count=2", "faults=[{part: compressor, empirical: [1 h, 2 h, 3 h]}]"]
    with pytest.raises(StoryError, match=r"faults\.0\.empirical\.2: from 3 h 00 min on no fridge that is left"):
        prepare(open_story("kitchen_week", settings), 1)
