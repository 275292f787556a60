"""Whatever a story asks for: faults come when they can, befall each device once, and depend on their device alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.kinds.car.homes import EDGE_S
from scenarios.kinds.car.parts import CAR_PARTS, Occasion
from scenarios.runner.cast import prepare
from scenarios.story.loader import StoryError, open_story
from scenarios.story.part import ANY_TIME
from scenarios.story.registry import KINDS, PARTS, home_kinds

SEEDS = st.integers(0, 10_000)
KEYS = [kind.homes.section.KEY for kind in home_kinds() if kind.homes]
"""Of the sections of all kinds."""
QUIET = ("expect={}", *(f"{key}.count=30" for key in KEYS), "phones.count=20", "cars.count=60", "payments=null")
few = settings(max_examples=20)


def asked(*processes: tuple[str, int]) -> str:
    """Return the setting of some processes, each of so many faults of a part."""
    return "faults=[" + ", ".join(f"{{part: {part}, count: {count}}}" for part, count in processes) + "]"


@few
@given(SEEDS, st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=5, unique=True), st.integers(0, 4))
def test_faults_are_as_many_as_asked_for_on_devices_that_have_the_part(seed: int, parts: list[str], count: int) -> None:
    """Each device breaks once; its customer is its home's; numbers follow the hours."""
    story = open_story("winter_morning", (*QUIET, asked(*((part, count) for part in parts))))
    _, plan, faults = prepare(story, seed)
    owners = {device: (kind, home) for home in plan.homes for kind, device in home.devices.items()}
    assert len(faults) == count * len(parts)
    assert len({fault.device for fault in faults}) == len(faults)
    assert [fault.fault for fault in faults] == [f"f{number:04d}" for number in range(1, len(faults) + 1)]
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    for fault in faults:
        kind, home = owners[fault.device]
        assert (kind, home.customer.customer) == (PARTS[fault.part].kind, fault.customer)
        assert story.start_s <= fault.at < story.quiet_s
        assert (fault.phones_after is None) or (PARTS[fault.part].needs_help and PARTS[fault.part].phones)


@few
@given(SEEDS, st.sampled_from(sorted(part for part, known in CAR_PARTS.items() if known.occasion != ANY_TIME)))
def test_what_needs_an_occasion_breaks_on_one(seed: int, part: str) -> None:
    """On a drive, well within it, or as a car is started."""
    story = open_story("winter_morning", (*QUIET, asked((part, 4))))
    _, plan, faults = prepare(story, seed)
    trips = {home.devices["car"]: home.trips for home in plan.homes if "car" in home.devices}
    for fault in faults:
        mine = trips[fault.device]
        if CAR_PARTS[part].occasion == Occasion.DRIVING:
            assert any(trip.depart + EDGE_S <= fault.at <= trip.arrive - EDGE_S for trip in mine)
        else:
            assert fault.at in {trip.depart for trip in mine}


@few
@given(SEEDS, st.sampled_from(("compressor", "tyre", "mandate")))
def test_a_process_that_comes_later_moves_none_before_it(seed: int, part: str) -> None:
    """Nor does another kind's homes: who breaks down depends on the device, the process and the seed alone."""
    alone = open_story("winter_morning", (*QUIET, asked(("battery_12v", 5))))
    beside = open_story("winter_morning", (*QUIET, asked(("battery_12v", 5), (part, 3)), "fridges.count=90"))
    told = [
        [(one.device, one.at, one.phones_after) for one in prepare(story, seed)[2] if one.part == "battery_12v"]
        for story in (alone, beside)
    ]
    assert told[0] == told[1]


@few
@given(SEEDS)
def test_a_longer_list_of_homes_begins_with_the_shorter(seed: int) -> None:
    """Of each kind: names, places, telephones, trips."""
    small, large = (
        open_story("winter_morning", ("expect={}", "faults=[]", *(f"{key}.count={count}" for key in KEYS)))
        for count in (3, 40)
    )
    few_homes, many = (prepare(story, seed)[1].homes for story in (small, large))
    for kind in home_kinds():
        mine = [home for home in many if home.kind == kind.name]
        assert [home for home in few_homes if home.kind == kind.name] == mine[:3]
        assert len(mine) == 40


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS.values() if kind.parts])
def test_more_faults_than_devices_are_refused(kind: str) -> None:
    """By key, with what there is."""
    part = next(iter(KINDS[kind].parts))
    story = open_story("winter_morning", (*QUIET, asked((part, 500))))
    with pytest.raises(StoryError, match=rf"faults\.0\.count: 500 faults are asked for, but only \d+ {kind}s"):
        prepare(story, 1)
