"""A kind of device is a folder: found by walking, checked by file and rule, and named nowhere else."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import simpy

from dispatch.core.desk import Desk
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customers
from firmware_sim.device.device import Device
from gateway.devices.registry import DeviceRecord, Registry
from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, catalogue
from gateway.intake.intake import Intake
from gateway.kinds.registry import kinds, knowledges
from scenarios.bench.drawn import all_episodes, counts, draw
from scenarios.chaos.troubles import WayOfFailing, ways
from scenarios.commands.story import story_schema
from scenarios.kinds.car.section import Cars
from scenarios.runner.cast import build_fleet, prepare, set_in_motion
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.score.scorecard import _echo_s
from scenarios.story.loader import StoryError, open_story
from scenarios.story.model import story_model
from scenarios.story.registry import KINDS, PARTS, REGISTRY, KindError, home_kinds, owners_of, platform
from scenarios.world.actor import actor_of, crews
from scenarios.world.homes import block_of

TOYS = Path(__file__).parent / "toy_kinds"
ROOT = Path(__file__).parents[2]
ONLY_THE_WORLD = {"stock": "an article that runs low is ordered as it is told, and diagnosed by nobody"}
"""Part → why no catalogue has it."""
ONLY_THE_CATALOGUE = {NOTHING: "what is ranked where nothing is broken", UNKNOWN: "what is ranked where no part fits"}
"""Part → why nothing in the world breaks so."""
KETTLES = ("kettles.count=3", "cars.count=0", "faults=[{part: heating_element, count: 2}]", "expect={}")


@pytest.fixture(name="kettles")
def _kettles() -> Iterator[None]:
    """A toy kind, added at run time."""
    with REGISTRY.also(TOYS):
        yield


def with_a_line(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """Return a folder with the toy kind, one line of it changed."""
    shutil.copytree(TOYS, tmp_path / "kinds", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "kinds" / "kettle" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return tmp_path / "kinds"


# --- the kinds there are ----------------------------------------------------------------------------------------------


def test_every_part_the_world_breaks_is_known_to_the_catalogue_and_the_other_way_round() -> None:
    """What is on one side only is named here, with its reason."""
    for name, knowledge in knowledges().items():
        known, there = set(catalogue(knowledge).parts), {part for part, one in PARTS.items() if one.catalogue == name}
        assert there - known <= ONLY_THE_WORLD.keys(), name
        assert known - there <= ONLY_THE_CATALOGUE.keys(), name
    assert ONLY_THE_WORLD.keys() <= PARTS.keys()


def test_every_catalogue_is_of_a_kind_whose_devices_break_here() -> None:
    """Under the same name in the world, in the gateway and in `bench diagnosis`."""
    breaking = [kind for kind in KINDS.values() if kind.parts]
    assert {part.catalogue for part in PARTS.values()} == knowledges().keys() == all_episodes().keys()
    for kind in breaking:
        knowledge = kinds().named(kind.name).knowledge
        assert knowledge is not None
        assert knowledge.name in {part.catalogue for part in kind.parts.values()}
    assert {kind.name for kind in KINDS.values() if not kind.gathers} == set(kinds().names)


@pytest.mark.parametrize("package", ["firmware_sim", "scenarios"])
def test_nobody_outside_its_folder_names_a_kind_that_stands_in_a_kitchen(package: str) -> None:
    """Cars, phones and trucks are words of the business, too: they break down, ring and come. Tables of kinds are none's."""
    word = re.compile("fridge", re.IGNORECASE)
    named = [
        str(path.relative_to(ROOT))
        for path in (ROOT / package).rglob("*.py")
        if "kinds" not in path.relative_to(ROOT).parts
        and "examples" not in path.parts
        and word.search(path.read_text("utf-8"))
    ]
    assert not named


def test_every_kind_has_the_same_files() -> None:
    """Whoever has read one has read all: what a file is called says what it holds."""
    for kind in home_kinds():
        assert block_of(kind.name)
        if not kind.gathers:  # which has nothing of its own but homes
            assert actor_of(kind.name)
            assert platform(kind.name, "episode", "EPISODES", object) is not None
    assert len(list(crews())) == len(KINDS) - len(home_kinds())


def test_homes_own_what_their_kind_says() -> None:
    """A car comes with its owner's phone; who has a phone and nothing else is counted by it."""
    assert owners_of("phone") == ("car", "household", "phone")
    story = open_story(
        "winter_morning", ("cars.count=3", "phones.count=2", "fridges.count=4", "faults=[]", "expect={}")
    )
    there = {kind: count for kind in KINDS if (count := story.devices(kind))}
    assert there == {"car": 3, "fridge": 4, "phone": 5}
    _, plan, _ = prepare(story, 1)
    assert plan.devices_there == len(plan.devices()) == 12 + len(plan.trucks)
    assert {device.kind for device in plan.devices()} <= set(KINDS)
    assert plan.homes == plan.homes_of([device.device for device in plan.devices() if device.customer])


def test_a_story_goes_to_another_process_and_stays_the_same() -> None:
    """Its model is made at run time, and found there by its name."""
    story = open_story("winter_morning", ("cars.trips=3",))
    sent = pickle.loads(pickle.dumps(story))  # noqa: S301 - our own
    assert sent == story
    assert sent.section(Cars).trips == 3


def test_what_a_device_tells_of_the_hour_before_its_repair_is_about_the_fault() -> None:
    """Each kind says for how long; a part that we lack, from an earlier run's truth, has none."""
    assert [_echo_s(part) for part in ("tyre", "compressor", "stock", "mandate", "flux capacitor")] == [
        600.0,
        3600.0,
        3600.0,
        600.0,
        0.0,
    ]


# --- one more -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("kettles")
def test_a_kind_that_is_added_brings_its_section_parts_and_keys() -> None:
    """No line of the schema names it; who phones in about it does so after the time its kind says."""
    assert (list(KINDS), PARTS["heating_element"].kind) == (sorted({*kinds().names, "household", "kettle"}), "kettle")
    story = open_story("winter_morning", (*KETTLES, "kettles.status_every=5 min", "customers.phones_in.kettle=20 min"))
    assert (story.homes("kettle"), story.devices("kettle")) == (3, 3)
    assert story.customers.phones_in.of("kettle").constant == 1200
    assert open_story("winter_morning", KETTLES).customers.phones_in.of("kettle").constant == 1800
    offered = json.dumps(story_schema())
    assert all(word in offered for word in ("kettles", "heating_element", "Kettles at home."))


@pytest.mark.usefixtures("kettles")
def test_its_devices_break_in_a_story_like_any_other() -> None:
    """Drawn, built, set in motion; its customer worries and rings in. To the gateway it is a phone."""
    story = open_story("winter_morning", (*KETTLES, "agents=[]", "faults.0.when={until: 1 h}"))
    streams, plan, faults = prepare(story, 1)
    assert [(fault.part, fault.customer[0], fault.device.partition("-")[0]) for fault in faults] == [
        ("heating_element", "t", "teapots/kettle")
    ] * 2
    assert {home.customer.phone[:5] for home in plan.homes} == {"+9999"}
    env = simpy.Environment(initial_time=story.start_s)
    homes, plan.homes = plan.homes, []
    trucks, plan.homes = plan.devices(), homes
    kettles = [DeviceRecord(one.devices["kettle"], "phone", one.customer.customer, "simulated") for one in homes]
    room = ControlRoom(
        Intake(Registry([*trucks, *kettles])), Desk(story.policy.desk()), Customers(plan.customers()), Pen()
    )
    fleet = build_fleet(plan)
    doors = InProcessDoors(env, room, simpy.Store(env), simpy.Store(env), Record())
    set_in_motion(env, story, streams, plan, faults, doors, fleet)
    env.run(until=story.end_s)
    assert sum(isinstance(one, Device) for one in fleet.values()) == 3 + len(plan.trucks)
    assert all(fault.noticeable_at == pytest.approx(fault.at) for fault in faults)
    assert all(fault.phoned_at is not None and fault.phoned_at >= fault.at + 1800 for fault in faults)


@pytest.mark.usefixtures("kettles")
def test_bench_and_chaos_play_it_too() -> None:
    """Beside the others, by its weight, each way in its turn."""
    shared = counts(1000)
    assert sum(shared.values()) == 1000
    assert shared.keys() == {*knowledges(), "kettle"}
    assert shared["kettle"] == max(shared.values())
    assert shared["car"] == pytest.approx(0.6 * shared["kettle"], abs=1)
    assert draw("kettle", 1, 7).truth == draw("kettle", 1, 7).truth != draw("kettle", 2, 7).truth
    assert WayOfFailing("kettle", "cold") in ways()


def test_what_it_brought_goes_with_it() -> None:
    """A story of kettles is none once they are gone."""
    with REGISTRY.also(TOYS):
        model = story_model()
        assert "kettles" in model.model_fields
    assert "kettle" not in KINDS
    assert "heating_element" not in PARTS
    with pytest.raises(StoryError, match="kettles: unknown key"):
        open_story("winter_morning", ("kettles.count=3",))
    assert story_model() is not model


def test_other_kinds_draws_stay_as_they_were() -> None:
    """One more kind moves nobody."""
    plain = open_story("card_outage")
    before = prepare(plain, 3)[2]
    with REGISTRY.also(TOYS):
        after = prepare(open_story("card_outage"), 3)[2]
    assert before == after


@pytest.mark.usefixtures("kettles")
def test_goods_of_a_new_kind_are_ordered() -> None:
    """A supplier may stock what its devices run out of."""
    stocks = "suppliers=[{count: 1, serves: [supplies], stock: {green 100 g: 3}}]"
    assert open_story("winter_morning", (*KETTLES, stocks))
    with pytest.raises(StoryError, match="nobody orders it"):
        open_story("winter_morning", (*KETTLES, stocks.replace("green", "black")))


# --- bad input ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("kind.py", 'name="kettle"', 'name="pot"', r"kettle/kind\.py: its name is 'pot' and its folder 'kettle'"),
        ("kind.py", "KIND = ", "KNID = ", r"kettle/kind\.py: KIND is missing"),
        (
            "parts.py",
            '"limescale": Part("kettle"',
            '"limescale": Part("fridge"',
            r"parts\.py: 'limescale' says .* 'fridge'",
        ),
        ("parts.py", '"heating_element"', '"battery_12v"', r"parts\.py: 'battery_12v' is a part of kind 'car' already"),
        (
            "section.py",
            'KEY = "kettles"',
            'KEY = "fridges"',
            r"kind\.py: homes\.section\.KEY 'fridges' is that of 'fridge'",
        ),
        ("kind.py", 'letter="t"', 'letter="c"', r"kind\.py: homes\.letter 'c' is that of 'car' already"),
        ("kind.py", 'letter="t"', 'letter="q"', r"kind\.py: homes\.letter 'q' is that of 'callers' already"),
        ("kind.py", "telephone=9", "telephone=4", r"kind\.py: homes\.telephone 4 is that of 'fridge' already"),
        ("kind.py", "teapots/kettle", "frosta/fridge", r"kind\.py: homes\.owns 'frosta/fridge' is that of 'fridge'"),
        (
            "kind.py",
            '{"kettle": "teapots',
            '{"pot": "teapots',
            r"kind\.py: there is no kind 'pot'; there are car, fridge",
        ),
        ("kind.py", '{"kettle": "teapots', '{"phone": "teapots', r"kind\.py: homes\.owns must name 'kettle' itself"),
        ("kind.py", "    stands_at", '    paired_with="mug",\n    stands_at', r"kind\.py: there is no kind 'mug'"),
    ],
)
def test_a_kind_that_cannot_be_is_told_by_file_and_rule(
    tmp_path: Path, file: str, old: str, new: str, told: str
) -> None:
    """Before anything is played; and nothing of it stays."""
    with REGISTRY.also(with_a_line(tmp_path, file, old, new)), pytest.raises(KindError, match=told):
        story_model()
    assert "kettle" not in KINDS


def test_a_key_that_every_story_has_is_taken(tmp_path: Path) -> None:
    """A section cannot stand where the weather does."""
    folder = with_a_line(tmp_path, "section.py", 'KEY = "kettles"', 'KEY = "weather"')
    with REGISTRY.also(folder), pytest.raises(KindError, match=r"kind\.py: a story has a key 'weather' already"):
        story_model()


@pytest.mark.parametrize("file", ["kind.py", "actor.py", "__init__.py"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, file: str) -> None:
    """What every kind must have."""
    folder = with_a_line(tmp_path, "kind.py", "", "")
    (folder / "kettle" / file).unlink()
    with REGISTRY.also(folder), pytest.raises(KindError, match=rf"kettle/{re.escape(file)}: is missing"):
        story_model()


def test_two_folders_of_one_name_are_told(tmp_path: Path) -> None:
    """The second is named, and the first."""
    (tmp_path / "fridge").mkdir()
    (tmp_path / "fridge" / "kind.py").touch()
    with REGISTRY.also(tmp_path), pytest.raises(KindError, match=r"there is a kind 'fridge' already"):
        list(KINDS)


def test_a_file_that_holds_something_else_is_told(tmp_path: Path) -> None:
    """An actor that is none is told when it is wanted."""
    folder = with_a_line(tmp_path, "actor.py", "ACTOR = _Kettles()", "ACTOR = 'nobody'")
    with (
        REGISTRY.also(folder),
        pytest.raises(KindError, match=r"actor\.py: ACTOR is missing: it must be one of .*Actor"),
    ):
        actor_of("kettle")


@pytest.mark.usefixtures("kettles")
@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("kettles.count=-1", r"kettles\.count: input should be greater than or equal to 0"),
        ("kettles.spout=long", r"kettles\.spout: unknown key"),
        ("customers.phones_in.pot=3 min", r"customers\.phones_in\.pot: unknown key"),
        ("faults=[{part: heating_elements, count: 1}]", "did you mean 'heating_element'"),
        ("kettles.count=0", r"faults\.0: there are no kettles in this story"),
        ("faults=[{parts: {heating_element: 1, tyre: 1}, count: 1}]", "the same kind of device"),
    ],
)
def test_a_storys_mistakes_about_it_are_told_like_any_other(setting: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError, match=told):
        open_story("winter_morning", (*KETTLES, setting))
