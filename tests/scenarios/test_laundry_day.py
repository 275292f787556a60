"""Washing days: leaks ring before their owners do, technicians come for what is worn, and nobody for a clogged filter."""

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
from scenarios.kinds.washer.episode import SHARES, washer_episode
from scenarios.kinds.washer.parts import OWNER_SEES_TO, WASHER_PARTS
from scenarios.kinds.washer.section import WashingMachines
from scenarios.runner.cast import prepare
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import StoryError, open_story
from scenarios.story.registry import KINDS, PARTS
from scenarios.world.actor import actor_of

FEW = (
    *("duration=1 day", "settle=8 h", "washing_machines.count=60", "expect={}", "network.outage_share=0"),
    "suppliers.0.lead={uniform: {low: 1 h, high: 3 h}}",
)
LEAKS = "faults=[{parts: {inlet_hose: 1, door_gasket: 1}, count: 12, when: {from: 3 h, until: 15 h}}]"
OWNERS = "faults=[{parts: {drain_filter: 50%, tap_closed: 25%, unbalanced_load: 25%}, count: 16, when: {from: 3 h, until: 12 h}}]"


def types(result: Result) -> Counter[str]:
    """Count the ledger's rows by what they are."""
    return Counter(row.type for row in result.rows)


# --- a story -----------------------------------------------------------------------------------------------------------


def test_a_leak_rings_its_owner_within_minutes_and_before_they_would_phone() -> None:
    """At any hour, quiet or not: each of them is told as critical, an agent is given the call, and a technician comes."""
    result = run_story(open_story("laundry_day", (*FEW, LEAKS)), seed=3)
    assert len(result.truth) == 12
    found = [json.loads(row.body)["finding"] for row in result.rows if row.type == "FaultFound"]
    assert {one["device"] for one in found if one["severity"] == Severity.CRITICAL} == {
        one.device for one in result.truth
    }
    opened = {json.loads(row.body)["device"]: row.at for row in result.rows if row.type == "OpenCase"}
    queued = {row.case: row.at for row in reversed(result.rows) if row.type == "QueueCall"}
    for fault in result.truth:
        assert fault.told_first_at is not None
        assert opened[fault.device] - fault.told_first_at < 1
    assert len(queued) == len(opened) == 12
    assert all(queued[row.case] - row.at < 60 for row in result.rows if row.type == "OpenCase" and row.case in queued)
    would = [one for one in result.truth if one.would_phone_at is not None]
    first = [one for one in would if one.connected_at is not None and one.connected_at < (one.would_phone_at or 0)]
    assert len(first) >= 0.8 * len(would) > 0
    assert {"lost": 0, "duplicates": 0, "missed_share": 0.0}.items() <= result.scorecard.items()
    assert all(fault.arrivals for fault in result.truth)


def test_nobody_is_sent_for_what_owners_see_to() -> None:
    """They see a message on the machine, and wash again."""
    result = run_story(open_story("laundry_day", (*FEW, OWNERS)), seed=2)
    happened = types(result)
    assert happened["PlaceOrder"] == happened["SendTow"] == 0
    assert happened["SendNotice"] >= 12
    assert result.scorecard["false_dispatch_share"] in {0, None}
    assert result.scorecard["customer_calls"] == 0
    assert sum(fault.mended_at is not None for fault in result.truth) >= 14


def test_sound_machines_tell_no_fault_and_say_what_they_do() -> None:
    """Whole days of sixty homes."""
    result = run_story(open_story("laundry_day", (*FEW, "faults=[]", "telemetry=every")), seed=4)
    assert result.scorecard["findings"] == result.scorecard["cases"] == 0
    assert result.scorecard["events"] > 60 * 8


def test_a_repaired_machine_is_well() -> None:
    """It washes once more; its case is closed, and no second one is opened."""
    parts = "{wash_motor: 1, drain_pump: 1, door_interlock: 1, drum_bearing: 1}"
    worn = f"faults=[{{parts: {parts}, count: 12, when: {{from: 3 h, until: 8 h}}}}]"
    result = run_story(open_story("laundry_day", (*FEW, "duration=2 days", worn)), seed=5)
    assert all(fault.mended_at is not None for fault in result.truth)
    happened = types(result)
    assert happened["OpenCase"] == happened["CloseCase"] == 12
    assert result.scorecard["duplicates"] == 0


def test_the_same_seed_tells_the_same_story() -> None:
    """Row for row."""
    settings = ("duration=5 h", "settle=1 h", "washing_machines.count=20", "expect={}", LEAKS.replace("15 h", "4 h"))
    story = open_story("laundry_day", (*settings, "faults.0.count=3"))
    assert run_story(story, 6).rows == run_story(story, 6).rows


def test_other_kinds_are_unaffected() -> None:
    """Homes, devices, faults of a story without washing machines, and with them."""
    plain = open_story("kitchen_week")
    both = open_story("kitchen_week", ("washing_machines.count=50",))
    assert prepare(plain, 3)[2] == prepare(both, 3)[2]
    before, after = prepare(plain, 3)[1], prepare(both, 3)[1]
    assert [home for home in after.homes if home.kind != "washer"] == before.homes
    assert len(after.homes) == len(before.homes) + 50


def test_a_device_that_slept_is_woken_in_time_to_know_what_is_usual() -> None:
    """Some days before its fault, as the service has to hear some programmes."""
    heard = [
        run_story(open_story("laundry_day", (*FEW, LEAKS, f"telemetry={telemetry}")), seed=3).scorecard
        for telemetry in ("every", "relevant")
    ]
    for name in ("cases", "calls_connected", "customer_calls", "orders", "part_accuracy", "lost", "duplicates"):
        assert heard[0][name] == heard[1][name], name
    assert heard[0]["events"] > heard[1]["events"]
    assert actor_of("washer").build("laveta/washer-1").name == "laveta/washer-1"


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("washing_machines.count=-1", r"washing_machines\.count: input should be greater than or equal to 0"),
        ("washing_machines.spin=1400", r"washing_machines\.spin: unknown key"),
        ("washing_machines.status_every=soon", r"washing_machines\.status_every"),
        ("faults=[{part: inlet_hoses, count: 1}]", "did you mean 'inlet_hose'"),
        ("washing_machines.count=0", r"faults\.0: there are no washers in this story"),
    ],
)
def test_a_storys_mistakes_are_told(setting: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError, match=told):
        open_story("laundry_day", (setting,))


def test_its_section_stands_beside_the_others() -> None:
    """Under the name that its owners use."""
    story = open_story("laundry_day")
    assert (story.homes("washer"), story.section(WashingMachines).status_every) == (250, 4 * 3600.0)
    assert {part.kind for part in WASHER_PARTS.values()} == {"washer"}
    assert WASHER_PARTS.items() <= PARTS.items()
    assert KINDS["washer"].homes is not None


# --- labelled episodes ---------------------------------------------------------------------------------------------------


def test_85_parts_of_100_are_named_right() -> None:
    """On a seed that nobody tuned on; and nobody is sent in vain more often than once in fifty."""
    judged = [judge(draw("washer", 107, number)) for number in range(250)]
    faults = [one for one in judged if one.truth != "nothing" and one.told]
    assert len(faults) > 180
    assert sum(one.named[0] == one.truth for one in faults) >= 0.85 * len(faults)
    assert sum(one.truth in one.named for one in faults) >= 0.97 * len(faults)
    assert sum(one.sent and not one.needs_help for one in judged) <= 5
    assert sum(one.told for one in judged if one.truth == "nothing") <= 0.15 * len(judged)


def test_episodes_are_alike_speak_the_contract_and_never_name_the_truth() -> None:
    """The same dice give the same bytes; each message is in order, and no part's id stands in it."""
    seen: set[str] = set()
    for number in range(40):
        episode = washer_episode(number, np.random.default_rng([5, number]))
        assert episode == washer_episode(number, np.random.default_rng([5, number]))
        seen.add(episode.truth.part)
        assert [one.at for one in episode.messages] == sorted(one.at for one in episode.messages)
        for one in episode.messages:
            assert parse_state(one.payload) if one.topic.endswith("/state") else parse_event(one.payload)
            assert not [part for part in WASHER_PARTS if part.encode() in one.payload]
    assert seen <= {*SHARES, "nothing"}
    assert len(seen) > 10


def test_every_part_has_its_episodes() -> None:
    """And what owners see to needs nobody."""
    assert SHARES.keys() == WASHER_PARTS.keys()
    for part in SHARES:
        truth = washer_episode(1, np.random.default_rng(1), part).truth
        assert (truth.part, truth.needs_help) == (part, part not in OWNER_SEES_TO)


def test_it_breaks_in_a_chaos_campaign_in_each_of_its_ways() -> None:
    """A leak, which rings, and a filter, which shows a notice."""
    assert {WayOfFailing("washer", "leak"), WayOfFailing("washer", "filter")} <= ways().keys()
