"""Stories are checked before anything starts, and a mistake is told by file, key and rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.story.loader import SHELF, StoryError, open_story

SMALL = """
name: small
about: two cars
start: 2026-01-12T06:00:00+02:00
duration: 2 h
place: {name: Riga, latitude: 56.9496, longitude: 24.1052, radius: 15 km}
cars: {count: 2}
expect: {lost: "== 0"}
"""
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a story and return its path."""

    def written(text: str) -> str:
        path = tmp_path / "tale.yaml"
        path.write_text(text, "utf-8")
        return str(path)

    return written


def refused(path: str, *settings: str) -> str:
    """Return what the author of a bad story is told."""
    with pytest.raises(StoryError) as caught:
        open_story(path, settings)
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(path.stem for path in SHELF.glob("*.yaml")))
def test_every_shipped_story_can_be_opened_by_its_bare_name(name: str) -> None:
    """What lies on the shelf is a valid story of that name, and whoever may ring in is understood by somebody."""
    story = open_story(name)
    assert story.name == name
    understood = {language for group in story.agents for language in group.languages}
    assert not story.agents or set(story.customers.languages) <= understood


def test_a_misspelt_key_is_named_with_the_right_one(write: Write) -> None:
    """File, key, and the key that was meant."""
    path = write(SMALL.replace("count: 2", "cuont: 2"))
    assert refused(path) == f"{path}: cars.cuont: unknown key; did you mean 'count'?"


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("duration=2 huors", "duration: 'huors' is no unit of a duration; did you mean 'hours'?"),
        ("duration=7200", "duration: 7200 is not a duration: write a number and its unit, as '5 min'"),
        ("settle=-5 min", "settle: '-5 min' is negative; a duration is 0 or more"),
        ("settle=3 h", "settle: must be shorter than the duration"),
        ("weather.temperature=5 F", "weather.temperature: 'F' is no unit of a temperature"),
        ("customers.answer=130%", "customers.answer: '130%' is not a share: it lies outside 0 to 1"),
        ("cars.count=-1", "cars.count: input should be greater than or equal to 0, not -1"),
        ("place.radius=0 km", "place.radius: '0 km' must be more than 0"),
        ("expect.called_frist_share='>= 1'", "did you mean 'called_first_share'?"),
        ("expect.lost=zero", "expect.lost: 'zero' is no rule: write '>= 0.8', '== 0' or '150 .. 400'"),
        (
            "faults=[{part: batery_12v, count: 1}]",
            "faults.0.part: unknown part 'batery_12v'; did you mean 'battery_12v'?",
        ),
        ("faults=[{part: tyre}]", "faults.0: give one of count, share, rate, weibull and empirical"),
        ("faults=[{part: compressor, count: 1}]", "faults.0: there are no fridges in this story"),
        ("cars.trip={lognormal: {median: 5 min}}", "cars.trip.lognormal: give median and sigma, or mean and cv"),
        ("cars.trip={wiebull: {shape: 2}}", "cars.trip.wiebull: unknown key; did you mean 'weibull'?"),
        ("cars.trip={weibull: {shape: 2}}", "cars.trip.weibull.scale: is missing"),
        ("cars.trip={triangular: {low: 3 s, mode: 1 s, high: 4 s}}", "write low, mode and high in this order"),
        ("cars.trip={empirical: []}", "cars.trip.empirical: value should have at least 1 item"),
        ("faults=[{part: tyre, rate: -9 per 1000 and year}]", "faults.0.rate: '-9 per 1000 and year' is negative"),
        (
            "faults=[{part: tyre, rate: 9.4}]",
            "faults.0.rate: 9.4 is not a rate of faults: write '9.4 per 1,000 and year'",
        ),
        ("trucks=[{count: 1, skills: [tow], depots: [nroth]}]", "trucks.0.depots.0: there is no depot 'nroth'"),
        (
            "trucks=[{count: 1, skills: [tow], shift: {from: 6, until: '14:00'}}]",
            "6 is not an hour of the day: write it in quotes",
        ),
        (
            "incidents=[{at: '7:99', lasts: 5 min, cell_site: {share: 20%}}]",
            "incidents.0.at: '7:99' is not an hour of the day",
        ),
        ("incidents=[{at: 5 min, lasts: 5 min}]", "incidents.0: say what happens: one of cell_site, agents_absent"),
        ("incidents=[{at: 5 min, lasts: 5 min, depot_closed: x}]", "incidents.0.depot_closed: there is no depot 'x'"),
        (
            "incidents=[{at: 5 min, lasts: 5 min, agents_absent: 2}]",
            "incidents.0.agents_absent: there are only 0 agents",
        ),
        ("agents=[{count: 1, languages: [lv], skills: [roadsid]}]", "agents.0.skills.0: input should be 'roadside', "),
        ("incidents=[{at: 5 min, agents_absent: 2}]", "incidents.0: say how long: 'lasts' must be more than 0"),
        ("incidents=[{at: 5 min, weather: {temperature: 2 F}}]", "incidents.0.weather.temperature: 'F' is no unit"),
        ("workshops={slots: 2, open: 7-18}", "workshops.open: '7-18' are no opening hours: write '07:00..18:00'"),
        ("workshops={slots: 2, lead: 2 h}", "workshops: give lead or slots"),
        ("workshops={open: '07:00..18:00'}", "workshops: open and horizon are of workshops with slots"),
        ("suppliers=[{count: 1, serves: [supplies], stock: -4}]", "suppliers.0.stock: -4 is no stock: write units"),
        (
            "suppliers=[{count: 1, serves: [supplies], stock: {mlik 1 l: 4}}]",
            "suppliers.0.stock.mlik 1 l: nobody orders it; did you mean 'milk 1 l'?",
        ),
        ("suppliers=[{count: 1, serves: [technician], stock: 4}]", "suppliers.0: stock is of goods"),
        ("suppliers=[{count: 1, serves: [supplies], cut_off: '25:00'}]", "'25:00' is not an hour of the day"),
        ("faults=[{part: tyre, empirical: 2 h}]", "faults.0.empirical: '2 h' is no list of hours: write [2 h, "),
        ("faults=[{part: tyre, empirical: [5 min, 3 h]}]", "faults.0.empirical.1: nothing breaks so late"),
        ("faults=[{part: tyre, empirical: [5 min], when: {from: 3 min}}]", "faults.0: empirical says when"),
        ("calendar={months: {januray: 2}}", "calendar: 'januray' is no month"),
        ("start=yesterday", "start: "),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_the_rule(write: Write, setting: str, told: str) -> None:
    """Units, signs, ranges, names: all are checked, and the setting that brought them in is named too."""
    path = write(SMALL)
    message = refused(path, setting)
    assert message.startswith(f"{path}: ")
    assert told in message
    assert "(by --set " in message


def test_broken_yaml_is_told_with_its_line(write: Write) -> None:
    """The author sees where to look."""
    assert "tale.yaml: cannot be read: line 2, column" in refused(write("name: [small\nabout: x: y\n"))


def test_a_key_that_stands_twice_is_refused(write: Write) -> None:
    """YAML forgets the first; the author meant something by it."""
    assert "the key 'cars' stands twice" in refused(write(SMALL + "cars: {count: 3}\n"))


def test_a_missing_file_is_told_with_the_nearest_story() -> None:
    """A slip in the name of a shipped story is told."""
    assert refused("winter_mornin") == "winter_mornin: there is no such story; did you mean 'winter_morning'?"


@pytest.mark.parametrize("setting", ["cars", "=3", "faults.0.count=3", "name.first=x"])
def test_a_setting_that_leads_nowhere_is_refused(write: Write, setting: str) -> None:
    """``--set`` is told back as it was written."""
    assert f"--set {setting}" in refused(write(SMALL + "faults: []\n"), setting)


def test_settings_change_any_value_before_it_is_checked(write: Write) -> None:
    """Numbers, text with units, places in lists and whole parts."""
    story = open_story(
        write(SMALL + "agents: [{count: 1, languages: [en]}]\n"),
        ["cars.count=7", "duration=90 min", "agents.0.count=4", "network={outage_share: 20%}"],
    )
    assert (story.cars.count, story.duration, story.agents[0].count) == (7, 5400, 4)
    assert story.network.outage_share == pytest.approx(0.2)


def test_durations_may_be_put_together(write: Write) -> None:
    """As people say them."""
    assert open_story(write(SMALL), ["duration=1 h 30 min 5 s"]).duration == 5405


def test_a_list_of_one_entry_needs_no_number() -> None:
    """``agents.count`` is ``agents.0.count`` where there is one group; with two it is said which there are."""
    assert open_story("card_outage", ["agents.count=3"]).agents[0].count == 3
    with pytest.raises(StoryError, match="'count' is no place in a list of 2"):
        open_story("winter_morning", ["agents.count=3"])
    with pytest.raises(StoryError, match=r"agents\.0\.count: .*by --set agents\.count"):
        open_story("card_outage", ["agents.count=-1"])
