"""Winter days of homes, television sets and phones: a leak rings at once, talking settles what needs nobody, messages the rest."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from gateway.contract.messages import parse_event, parse_state
from gateway.finding import Severity
from scenarios.bench.drawn import draw
from scenarios.bench.judged import judge
from scenarios.chaos.troubles import WayOfFailing, ways
from scenarios.episodes.units import UnitEpisodes
from scenarios.kinds.home.episode import UNITS as HOMES
from scenarios.kinds.phone.episode import UNITS as PHONES
from scenarios.kinds.tv.episode import UNITS as TVS
from scenarios.runner.cast import prepare
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.story.registry import KINDS, PARTS

FEW = (
    *("duration=1 day", "settle=10 h", "smart_homes.count=20", "televisions.count=20", "phones.count=20", "expect={}"),
    *("network.outage_share=0", "suppliers.0.lead={uniform: {low: 1 h, high: 3 h}}"),
)
ALL = (HOMES, TVS, PHONES)


def faults(*parts: str, count: int = 6) -> str:
    """Return the setting that breaks so many of some parts."""
    named = ", ".join(f"{part}: 1" for part in parts)
    return f"faults=[{{parts: {{{named}}}, count: {count}, when: {{from: 2 h, until: 12 h}}}}]"


def types(result: Result) -> Counter[str]:
    """Count the ledger's rows by what they are."""
    return Counter(row.type for row in result.rows)


# --- a story -----------------------------------------------------------------------------------------------------------


def test_a_burst_pipe_rings_its_owner_within_a_minute_and_a_plumber_comes() -> None:
    """At any hour: each is told as critical, an agent is given the call, and somebody comes."""
    result = run_story(open_story("smart_home", (*FEW, faults("burst_pipe"))), seed=3)
    told = [fault for fault in result.truth if fault.shown_at is not None]
    assert len(told) >= 5
    found = [json.loads(row.body)["finding"] for row in result.rows if row.type == "FaultFound"]
    critical = {one["device"] for one in found if one["severity"] == Severity.CRITICAL}
    assert {fault.device for fault in told} <= critical
    opened = {json.loads(row.body)["device"]: row for row in result.rows if row.type == "OpenCase"}
    queued = {row.case: row.at for row in reversed(result.rows) if row.type == "QueueCall"}
    for fault in told:
        case = opened[fault.device]
        assert queued[case.case] - case.at < 60
        assert fault.arrivals


def test_what_talking_settles_sends_nobody() -> None:
    """A tariff, an app, a chip that pays: an agent rings, and it is put right; nobody is ordered."""
    for parts in (("meter_clock", "tariff_register"), ("app_crash_loop",), ("secure_element", "phone_battery")):
        result = run_story(open_story("smart_home", (*FEW, faults(*parts))), seed=2)
        happened = types(result)
        assert happened["PlaceOrder"] == happened["SendTow"] == 0
        assert result.scorecard["missed_share"] == 0
        assert result.scorecard["calls_connected"] or result.scorecard["customer_calls"]
        assert sum(fault.mended_at is not None for fault in result.truth) >= 4


def test_nobody_is_sent_and_nobody_rings_for_what_owners_see_to() -> None:
    """They see a message on the device."""
    for parts in (("dripping_tap",), ("aerial_cable", "tv_storage_full"), ("phone_storage_full",)):
        result = run_story(open_story("smart_home", (*FEW, faults(*parts))), seed=2)
        happened = types(result)
        assert happened["PlaceOrder"] == happened["QueueCall"] == 0
        assert happened["SendNotice"] >= 4
        assert result.scorecard["false_dispatch_share"] in {0, None}


def test_sound_ones_tell_no_fault() -> None:
    """Whole days of sixty devices."""
    result = run_story(open_story("smart_home", (*FEW, "faults=[]", "telemetry=every")), seed=4)
    assert result.scorecard["findings"] == result.scorecard["cases"] == 0
    assert result.scorecard["events"] > 20 * 24


def test_what_was_repaired_is_well() -> None:
    """Its case is closed, and no second one is opened."""
    worn = faults("circulation_pump", "ignition", "meter_battery")
    result = run_story(open_story("smart_home", (*FEW, "duration=2 days", worn)), seed=5)
    assert all(fault.mended_at is not None for fault in result.truth)
    assert types(result)["OpenCase"] == types(result)["CloseCase"] == 6
    assert result.scorecard["duplicates"] == 0


def test_the_same_seed_tells_the_same_story_and_one_that_slept_decides_alike() -> None:
    """Row for row; and what is due by routine before a fault changes nothing."""
    setting = (*FEW, "phones.count=0", faults("led_backlight", "tv_power_supply"))
    story = open_story("smart_home", setting)
    first = run_story(story, 6)
    assert first.rows == run_story(story, 6).rows
    every = run_story(open_story("smart_home", (*setting, "telemetry=every")), 6).scorecard
    for name in ("cases", "calls_connected", "orders", "part_accuracy", "lost", "duplicates"):
        assert first.scorecard[name] == every[name], name


def test_other_kinds_are_unaffected() -> None:
    """Homes and faults of a story without them, and with them."""
    plain, more = open_story("kitchen_week"), open_story("kitchen_week", ("smart_homes.count=5", "televisions.count=5"))
    assert prepare(plain, 3)[2] == prepare(more, 3)[2]
    assert len(prepare(more, 3)[1].homes) == len(prepare(plain, 3)[1].homes) + 10


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("smart_homes.count=-1", r"smart_homes\.count: input should be greater than or equal to 0"),
        ("televisions.channel=7", r"televisions\.channel: unknown key"),
        ("televisions.status_every=soon", r"televisions\.status_every"),
        ("faults=[{part: burst_pipes, count: 1}]", "did you mean 'burst_pipe'"),
        ("smart_homes.count=0", r"there are no homes in this story"),
    ],
)
def test_a_storys_mistakes_are_told(setting: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError, match=told):
        open_story("smart_home", (setting,))


# --- labelled episodes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tv", "home", "phone"])
def test_90_parts_of_100_are_named_right(kind: str) -> None:
    """On a seed that nobody tuned on; and nobody is sent in vain more often than once in fifty."""
    judged = [judge(draw(kind, 211, number)) for number in range(120)]
    broken = [one for one in judged if one.truth != "nothing" and one.told]
    assert len(broken) > 80
    assert sum(one.named[0] == one.truth for one in broken) >= 0.9 * len(broken)
    assert sum(one.truth in one.named for one in broken) >= 0.97 * len(broken)
    assert sum(one.sent and not one.needs_help for one in judged) <= 2
    assert sum(one.told for one in judged if one.truth == "nothing") <= 5


@pytest.mark.parametrize("units", ALL, ids=lambda units: str(units.kind))
def test_episodes_are_alike_speak_the_contract_and_never_name_the_truth(units: UnitEpisodes) -> None:
    """The same dice give the same bytes; each message is in order, and no part's id stands in it."""
    for number in range(12):
        episode = units.draw(number, np.random.default_rng([5, number]))
        assert episode == units.draw(number, np.random.default_rng([5, number]))
        assert [one.at for one in episode.messages] == sorted(one.at for one in episode.messages)
        for one in episode.messages:
            assert parse_state(one.payload) if one.topic.endswith("/state") else parse_event(one.payload)
            assert not [part for part in units.parts if part.encode() in one.payload]


@pytest.mark.parametrize("units", ALL, ids=lambda units: str(units.kind))
def test_every_part_has_its_episodes(units: UnitEpisodes) -> None:
    """And what owners see to needs nobody."""
    assert units.shares.keys() == units.parts.keys()
    assert units.parts.items() <= PARTS.items()
    assert KINDS[units.kind].homes is not None
    for part, known in units.parts.items():
        truth = units.draw(1, np.random.default_rng(1), part).truth
        assert (truth.part, truth.needs_help) == (part, known.needs_help)


def test_they_break_in_a_chaos_campaign() -> None:
    """A leak, which rings, and a backlight, for which a technician comes."""
    assert {WayOfFailing("home", "leak"), WayOfFailing("tv", "backlight")} <= ways().keys()
