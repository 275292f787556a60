"""Stories with roads: who lives on streets, who drives on roads, how long that takes, and what the house reckons with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from typer.testing import CliRunner

from dispatch.core.actions import SendTow
from dispatch.core.desk import Desk
from dispatch.core.events import TruckReported
from dispatch.ledger.replay import restore
from dispatch.ledger.rows import read
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.roads.file import read_roads
from dispatch.roads.nearest import Nearest
from dispatch.roads.traffic import Surface
from dispatch.service.policy_file import desk_policy, house_of, read_policy, write_policy
from scenarios.commands.roads import roads_app
from scenarios.runner import run_notes
from scenarios.runner.cast import prepare
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.story.roads import jams, surface
from scenarios.story.schema import Story
from scenarios.world.plan import Plan
from scenarios.world.roads import RoadTown
from scenarios.world.town import Point, Straight, Town, metres

SMALL = (
    "duration=100 min", "cars.count=300", "faults.0.count=10", "faults.1.count=2", "faults.2.count=12", "faults.3.count=0",
    "faults.4.count=0", "trucks.0.count=6", "trucks.1.count=6", "agents.0.count=3", "agents.1.count=1",
)  # fmt: skip
HERE, THERE = Point(57.7089, 11.9733), Point(57.7370, 11.9760)
"""The central station, and across the river."""


def told(*settings: str) -> Story:
    """Return the morning in Gothenburg, smaller."""
    return open_story("gothenburg_winter", [*SMALL, *settings])


@cache
def played() -> Result:
    """Return how it went."""
    return run_story(told(), 3)


@cache
def nearest() -> Nearest:
    """Return what finds the nearest road."""
    return Nearest(read_roads("gothenburg"))


def off_m(*places: Point) -> np.ndarray:
    """Return how far places are from the nearest road, metres."""
    return nearest().of([(one.latitude, one.longitude) for one in places]).off_m


def planned(*settings: str, every: bool = False) -> Plan:
    """Return who lives there; with ``every`` one of them all."""
    return prepare(told(*settings), 3, sleepers=not every)[1]


def minutes(at_hour: float, *settings: str, start: Point = HERE, end: Point = THERE) -> float:
    """Return how long a truck drives, without luck."""
    story = told("roads={graph: gothenburg, scatter: 0%}", *settings)
    town = prepare(story, 3, sleepers=True)[1].town
    return town.journey("truck", start, end, story.start_s + (at_hour - 6) * 3600, story.trucks[0]).lasts / 60


# --- the story as it is written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("roads=atlantis", "roads: atlantis: No such file"),
        ("roads={grpah: gothenburg}", "roads"),
        ("place.latitude=59", "place: no street of gothenburg lies within its radius"),
        ("depots.hogsbo.latitude=57.5", r"depots\.hogsbo: lies 1\d\.\d km from the nearest road of gothenburg"),
        ("trucks.0.speed=40 km/h", r"trucks\.0\.speed: the roads say how fast one drives; leave it out"),
        ("trucks.1.circuity=1.2", r"trucks\.1\.circuity: the roads say"),
        ("roads=null", r"incidents\.0\.jam: the story has no roads; write them as roads: gothenburg"),
        ("weather.road=mud", r"weather\.road"),
        ("incidents.0.jam.speed=0%", r"incidents\.0\.jam\.speed"),
        ("policy.road_pace=0%", r"policy\.road_pace"),
        ("policy.road_pace=120%", r"policy\.road_pace"),
    ],
)
def test_what_cannot_be_is_told(setting: str, why: str) -> None:
    """By key, before anything starts."""
    with pytest.raises(StoryError, match=why):
        prepare(told(setting), 3, sleepers=True)


def test_the_house_reckons_by_the_roads_of_its_story() -> None:
    """Unless its policy says otherwise; the policy is written down whole, for a service of its own and for a replay."""
    assert told().policy.roads == told("policy=proactive").policy.roads == "gothenburg"
    assert told("policy.roads=null").policy.roads is None
    assert open_story("winter_morning").policy.roads is None
    unusual = run_notes.unusual(told().policy.desk())
    roads = {"roads": "gothenburg", "road_pace": 0.65, "setting_out_s": 10.0}
    assert unusual == roads | {"call_back_abandoned": True}  # which a house does, and a bare desk does not
    assert run_notes.usual_but(unusual) == told().policy.desk()


def test_a_policy_with_roads_can_be_deployed(tmp_path: Path) -> None:
    """By its file, and by ``--roads``; roads that are none are told before anything starts."""
    path = tmp_path / "policy.yaml"
    write_policy(path, told().policy)
    assert path.read_text("utf-8") == "roads: gothenburg\nroad_pace: 0.65\nsetting_out: 10.0 s\n"
    assert read_policy(path) == told().policy
    assert house_of(path, None, "town.roads").roads == "town.roads"
    assert house_of(None, None) == HousePolicy()


def test_what_lies_on_the_roads_turns_with_the_weather() -> None:
    """As the latest turn has it that says so; jams are there while they last."""
    story = told(
        "incidents=[{at: '07:00', weather: {temperature: 1 °C, road: wet}}, {at: '08:00', weather: {temperature: 2 °C}}]"
    )
    hours = [story.start_s + hour * 3600 for hour in (0.5, 1.5, 2.5)]
    assert [surface(story.weather, story.incidents, story.start, at) for at in hours] == [
        Surface.SNOW,
        Surface.WET,
        Surface.WET,
    ]
    story = told()
    assert [
        len(list(jams(story.incidents, story.start, at))) for at in (hours[0], hours[1] + 600, hours[2] + 3600)
    ] == [0, 1, 0]


# --- the world --------------------------------------------------------------------------------------------------------


def test_everybody_lives_on_a_street_and_drives_on_roads() -> None:
    """Homes, workshops, ends of trips, and everything between; of a town without roads nothing of this."""
    plan = planned(every=True)
    assert isinstance(plan.town, RoadTown)
    homes = [home.point for home in plan.homes]
    shops = [Point(one.latitude, one.longitude) for one in plan.workshops]
    assert off_m(*homes, *shops).max() < 0.5
    assert max(metres(one, plan.town.centre) for one in homes) < plan.town.radius * 1.01
    trips = [trip for home in plan.homes[:40] for trip in home.trips]
    assert off_m(*(trip.end for trip in trips)).max() < 0.5
    spots = [
        trip.place(trip.depart + share * (trip.arrive - trip.depart)) for trip in trips for share in (0.1, 0.5, 0.9)
    ]
    assert off_m(*spots).max() < 0.5
    plain = prepare(open_story("winter_morning"), 3, sleepers=True)[1].town
    assert type(plain) is Town
    assert isinstance(plain.way(HERE, THERE), Straight)


def test_a_drive_takes_as_long_as_hour_and_weather_make_it() -> None:
    """Rush hour, snow, a jam in the tunnel: each makes it longer, and whoever can drives round a jam."""
    dry = minutes(6, "weather.road=dry")
    assert 4 < dry < 15
    assert minutes(6) == pytest.approx(dry / 0.65, rel=0.01)
    assert minutes(8.5, "incidents=[]") > 1.15 * minutes(6)
    away = (
        "incidents=[{at: '06:01', lasts: 8 h, jam: {latitude: 57.722, longitude: 11.9868, within: 300 m, speed: 10%}}]"
    )
    assert 1.01 * minutes(8.5, "incidents=[]") < minutes(8.5, away) < 1.5 * minutes(8.5, "incidents=[]")


def test_luck_is_a_drives_own() -> None:
    """The same truck at the same moment has the same; a tenth up or down is usual."""
    story, town = told(), planned().town
    lasts = [town.journey(f"truck-{n}", HERE, THERE, story.start_s, story.trucks[0]).lasts for n in range(60)]
    assert lasts[7] == town.journey("truck-7", HERE, THERE, story.start_s, story.trucks[0]).lasts
    assert np.log(lasts).std() == pytest.approx(0.1, abs=0.03)


def test_navigation_knows_of_the_jam_and_not_of_luck() -> None:
    """All are told the same, about what it takes on the average; and more than without the jam."""
    story, town = told(), planned().town
    ways = [town.journey(f"truck-{n}", HERE, THERE, story.start_s, story.trucks[0]) for n in range(60)]
    assert len({way.expected for way in ways}) == 1
    assert ways[0].expected == pytest.approx(np.mean([way.lasts for way in ways]), rel=0.05)


def test_a_crew_with_navigation_says_when_it_comes() -> None:
    """With its yes and on the way, and never without a job; the house believes it."""
    reports = [said.report for row in played().rows if isinstance(said := read(row), TruckReported)]
    said_yes = [one for one in reports if one.job_state == "accepted"]
    assert said_yes
    assert all(one.eta is not None for one in said_yes)
    assert not any(one.eta for one in reports if one.job_state in {"arrived", "finished", "declined"})
    silent = run_story(told("trucks.0.navigates=false", "trucks.1.navigates=false"), 3)
    heard = [said for row in silent.rows if isinstance(said := read(row), TruckReported)]
    assert not any(said.report.eta for said in heard)


def test_trucks_are_on_roads_wherever_they_are_heard() -> None:
    """But for the error of their receivers, and their depot's yard."""
    reports = [said.report for row in played().rows if isinstance(said := read(row), TruckReported)]
    places = [Point(one.place.latitude, one.place.longitude) for one in reports]
    assert len({one.latitude for one in places}) > 100
    assert np.quantile(off_m(*places), 0.99) < 80
    assert np.quantile(off_m(*places), 0.9) < 15


def test_the_house_knows_when_a_truck_will_be_there() -> None:
    """By the roads; by great circle it is out by far more in a snowy rush hour. Replayed, it decides the same."""
    assert not restore(played().rows, Desk(desk_policy(told().policy)))
    by_road = _eta_errors(played())
    by_air = _eta_errors(run_story(told("policy.roads=null"), 3))
    assert median(by_road) < 0.12
    assert median(by_air) > 0.3


def _eta_errors(result: Result) -> list[float]:
    """Return by what share of its drive each truck came earlier or later than it was expected when it was sent."""
    eta = {one.tow: (row.at, one) for row in result.rows if isinstance(one := read(row), SendTow)}
    found: list[float] = []
    for row in result.rows:
        said = read(row)
        if isinstance(said, TruckReported) and said.report.job_state == "arrived" and said.report.job in eta:
            at, sent = eta.pop(said.report.job)
            found += [abs(row.at - sent.eta) / (row.at - at)] if sent.truck == said.report.truck else []
    assert len(found) > 10
    return found


# --- the command ------------------------------------------------------------------------------------------------------


def test_roads_are_built_and_driven_on_the_command_line(tmp_path: Path) -> None:
    """Figures for machines and for people."""
    lines = [[[11.95 + 0.002 * c, 57.7 + 0.001 * r] for c in range(4)] for r in range(4)]
    streets = [*lines, *map(list, zip(*lines, strict=True))]
    features = [
        {
            "type": "Feature",
            "properties": {"highway": "residential"},
            "geometry": {"type": "LineString", "coordinates": one},
        }
        for one in streets
    ]
    map_, out = tmp_path / "small_roads.json", tmp_path / "s.roads"
    map_.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    built = CliRunner().invoke(roads_app, ["build", str(map_), "--out", str(out), "--json"])
    told_ = json.loads(built.stdout)
    assert (built.exit_code, told_["junctions"], told_["stretches"], told_["zone"]) == (0, 16, 24, "Europe/Stockholm")
    assert read_roads(str(out)).name == "small"
    shown = CliRunner().invoke(roads_app, ["drive", str(out), "57.7,11.95", "57.703,11.956"])
    assert (shown.exit_code, "0.7 km" in shown.stdout) == (0, True)
    far = CliRunner().invoke(roads_app, ["drive", "gothenburg", "57.7,11.95", "58.7,11.95", "--json"])
    assert json.loads(far.stdout)["why_not"].endswith("km from the nearest road of gothenburg")


def test_a_policy_with_a_plan_is_written_down_whole() -> None:
    """Its level and its weights, too."""
    policy = told("policy={plan: partition, plan_moved: 100 s, plan_turns_round: false}").policy.desk()
    assert run_notes.usual_but(run_notes.unusual(policy)) == policy
    assert run_notes.usual_but(run_notes.unusual(policy)).plan is policy.plan
