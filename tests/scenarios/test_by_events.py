"""The world by events: the same decisions as with every heartbeat, and a fleet may be of any size."""

from __future__ import annotations

import pytest

from dispatch.core.events import TruckReported
from dispatch.ledger.rows import Kind, read
from scenarios.runner.cast import prepare
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import open_story
from scenarios.story.streams import Streams
from scenarios.world.homes import BLOCK, block_of
from scenarios.world.town import Point, Town

MORNING = (
    "duration=75 min",
    "cars.count=200",
    "faults.0.count=14",
    "faults.1.count=1",
    "faults.2.count=6",
    "faults.3.count=0",
    "faults.4.count=0",
)
KITCHENS = (
    "duration=4 days",
    "fridges.count=24",
    "faults=[{parts: {compressor: 1, door_ajar: 1}, count: 3}, {part: stock, count: 4}]",
)
COUNTRY = (
    "cars.count=20000",
    "faults.0.count=50",
    "trucks.0.count=5",
    "trucks.1.count=5",
    "place.radius=20 km",
    "workshops.count=3",
    "agents.0.count=3",
    "agents.1.count=1",
)


TOLD_OFTEN = (
    "cars.status_while_broken=10 min",
    "trucks.0.status_while_driving=90 s",
    "trucks.1.status_while_driving=90 s",
)


def told_loaded(result: Result) -> int:
    """Return how often trucks told where they were between the scene and the workshop."""
    loaded, times = set[str](), 0
    for said in map(read, result.rows):
        if isinstance(said, TruckReported):
            report = said.report
            if report.job_state is None:
                times += report.truck in loaded
            elif report.job_state == "arrived":
                loaded.add(report.truck)
            else:
                loaded.discard(report.truck)
    return times


def decided(result: Result) -> list[tuple[float, str, str]]:
    """Return every action: when, what, and all that it says."""
    return [(row.at, row.type, row.body) for row in result.rows if row.kind is Kind.ACTION]


@pytest.mark.parametrize(("name", "settings", "seed"), [("winter_morning", MORNING, 1), ("kitchen_week", KITCHENS, 2)])
def test_every_heartbeat_changes_no_decision(name: str, settings: tuple[str, ...], seed: int) -> None:
    """To the byte and the second: cases, parts, places, trucks, calls. Fewer messages are sent.

    A truck that has the car on it says nothing until it is through: it is promised to nobody, and not free.
    """
    few = run_story(open_story(name, settings), seed)
    all_ = run_story(open_story(name, (*settings, "telemetry=every")), seed)
    assert decided(few) == decided(all_) != []
    assert int(few.scorecard["events"] or 0) < int(all_.scorecard["events"] or 0) / 2
    assert few.scorecard["devices"] == all_.scorecard["devices"]
    assert told_loaded(few) == 0
    assert (told_loaded(all_) > 0) is (name == "winter_morning")  # nobody is towed in the other


def test_who_says_the_same_again_changes_no_decision() -> None:
    """Trucks on their way, and cars that wait for them: what the national day leaves out, told as often as in other stories.

    What a truck that is late said last is older, so that with another seed its arrival may be reckoned a minute otherwise.
    """
    story = [*COUNTRY, "faults.0.count=24"]
    seldom, often = (run_story(open_story("national_peak_day", [*story, *more]), 3) for more in ((), TOLD_OFTEN))
    assert decided(seldom) == decided(often) != []
    assert int(seldom.scorecard["events"] or 0) < int(often.scorecard["events"] or 0)


def test_where_an_arrival_is_reckoned_otherwise_everybody_fares_the_same() -> None:
    """With this seed a truck is late, and its arrival is told anew by what it said last: decisions differ, and no figure."""
    story = [*COUNTRY, "faults.0.count=24"]
    seldom, often = (run_story(open_story("national_peak_day", [*story, *more]), 2) for more in ((), TOLD_OFTEN))
    assert decided(seldom) != decided(often)
    aside = {"events", "wall_s", "ledger_sha256"}
    fared = [{name: value for name, value in one.scorecard.items() if name not in aside} for one in (seldom, often)]
    assert fared[0] == fared[1]


def test_a_home_is_the_same_in_a_village_and_in_a_country() -> None:
    """Neither how many cars there are nor how many fridges are beside moves anybody."""
    village = open_story("winter_morning", ["cars.count=300"])
    country = open_story("winter_morning", [f"cars.count={3 * BLOCK}", "fridges.count=9", "phones.count=5"])
    town = Town(Point(village.place.latitude, village.place.longitude), village.place.radius)
    homes = [block_of("car")(story, town, Streams(1), "car", 0).home(17) for story in (village, country)]
    assert homes[0] == homes[1]
    assert homes[0].trips


def test_more_trucks_and_agents_break_nothing_else() -> None:
    """Common random numbers at any size."""
    told = [
        [(fault.device, fault.part, fault.at, fault.phones_after) for fault in prepare(story, 3, sleepers=True)[2]]
        for story in (open_story("national_peak_day", [*COUNTRY, *more]) for more in ((), ("trucks.0.count=30",)))
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 50


def test_a_country_scaled_down_keeps_what_it_expects() -> None:
    """20,000 cars for a day: nothing twice, and only those are built to whom something happens."""
    result = run_story(open_story("national_peak_day", COUNTRY), 1)
    card = result.scorecard
    assert card["devices"] == 40_010
    assert card["duplicates"] == 0
    assert int(card["cases"] or 0) >= 45
    assert int(card["events"] or 0) < 5_000
    assert card["ledger_sha256"] == run_story(open_story("national_peak_day", COUNTRY), 1).scorecard["ledger_sha256"]
