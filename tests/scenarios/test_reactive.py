"""The reactive house: no telemetry; customers phone, agents take down what they say, and the same trucks serve."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.core.events import CaseReported
from dispatch.ledger.rows import read
from scenarios.runner.virtual import Result, run_story
from scenarios.score.ledger_facts import facts
from scenarios.story.loader import StoryError, open_story
from scenarios.world.misdiagnosis import misheard

HOUR = (
    "duration=2 h", "settle=45 min", "cars.count=300", "faults.0.count=24", "faults.1.count=3", "faults.2.count=20",
    "faults.3.count=0", "faults.4.count=0", "faults.2.when={from: 5 min, until: 75 min}",
)  # fmt: skip


@pytest.fixture(scope="module")
def houses() -> dict[str, Result]:
    """The same morning, twice."""
    return {
        name: run_story(open_story("winter_morning", [*HOUR, f"policy={name}"]), 3)
        for name in ("proactive", "reactive")
    }


def test_both_houses_meet_the_same_faults_and_people(houses: dict[str, Result]) -> None:
    """Common random numbers: what breaks, where, and how long its owner who noticed it would wait before phoning."""
    told = [[(f.device, f.part, f.at, f.phones_after) for f in house.truth] for house in houses.values()]
    assert told[0] == told[1]
    assert len(told[0]) > 20


def test_a_reactive_house_hears_no_device_and_calls_nobody_first(houses: dict[str, Result]) -> None:
    """All it knows is what customers say; nothing is lost, nothing twice, and help takes longer."""
    before, after = houses["proactive"].scorecard, houses["reactive"].scorecard
    assert {row.type for row in houses["reactive"].rows}.isdisjoint({"FaultFound", "DeviceRecovered"})
    assert after["called_first_share"] == 0
    assert after["calls_connected"] == 0
    assert (after["lost"], after["duplicates"]) == (0, 0)
    assert after["response_p50_s"] > before["response_p50_s"] + 120  # type: ignore[operator]
    assert after["part_accuracy"] < 1  # type: ignore[operator]


def test_whoever_phones_and_is_served_gets_a_case_for_what_they_told(houses: dict[str, Result]) -> None:
    """The agent's report names the call it was told on, and when it began."""
    house = houses["reactive"]
    reports = [found for row in house.rows if row.type == "CaseReported" for found in [read(row)]]
    by_customer = [one for one in reports if isinstance(one, CaseReported) and one.call]
    began = {fault.customer: fault.at for fault in house.truth}
    assert by_customer
    assert all(one.finding.observed_at == began[one.finding.customer] for one in by_customer)


def test_a_truck_without_the_skill_is_followed_by_one_that_has_it() -> None:
    """An agent who never gets it right sends trucks in vain; every car is mended all the same, and by one tow."""
    wrong = [*HOUR, "policy=reactive", "customers.tells.right=0%", "trucks.0.count=60"]
    result = run_story(open_story("winter_morning", wrong), 3)
    assert result.scorecard["part_accuracy"] == 0
    assert sum(case.in_vain for case in facts(result.rows).cases.values()) > 0
    assert result.scorecard["duplicates"] == 0


def test_whoever_hung_up_rings_again() -> None:
    """Short of agents, impatient customers ring more often than there are faults."""
    few = [*HOUR, "policy=reactive", "agents=[{count: 1, languages: [lv, ru]}]", "customers.patience=40 s"]
    result = run_story(open_story("winter_morning", few), 3)
    phoned = sum(fault.phoned_at is not None for fault in result.truth)
    assert result.scorecard["customer_calls"] > phoned  # type: ignore[operator]


def test_what_is_misheard_shows_on_the_same_occasion() -> None:
    """A car that does not start is not taken for one that stopped on the road; how often it is right can be set."""
    dice = np.random.default_rng(1)
    heard = [misheard("battery_12v", 0.7, dice, {"battery", "tow"}) for _ in range(2_000)]
    assert 0.67 < heard.count("battery_12v") / 2_000 < 0.73
    assert "starter" in heard
    assert "alternator" not in heard


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("policy=reaktive", "policy.name: input should be 'proactive' or 'reactive', not 'reaktive'"),
        ("policy.dial_atempts=2", "policy.dial_atempts: unknown key; did you mean 'dial_attempts'?"),
        ("policy.redial=2", "policy.redial: 2 is not a duration"),
    ],
)
def test_a_wrong_policy_is_told(setting: str, told: str) -> None:
    """By key and rule."""
    with pytest.raises(StoryError, match=r"winter_morning\.yaml") as caught:
        open_story("winter_morning", [setting])
    assert told in str(caught.value)


def test_a_value_of_the_policy_reaches_the_desk() -> None:
    """One attempt, and whoever does not answer is given up."""
    story = open_story("winter_morning", ["policy=reactive", "policy.dial_attempts=1"])
    assert story.policy.reactive
    assert story.policy.desk().dial_attempts == 1
