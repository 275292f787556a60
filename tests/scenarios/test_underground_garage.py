"""No coverage underground: late, repeated and relayed reports, in virtual time and on bumble's link. Nothing lost or twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import simpy

from dispatch.store.journal import Journal
from firmware_sim.device.fix import Fix
from firmware_sim.device.uplink import Outgoing
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.kinds.phone.relay import Relay
from firmware_sim.links.memory import MemoryUplink
from firmware_sim.links.radio_faults import RadioFaults, rssi_at
from gateway.contract.messages import parse_event
from scenarios.runner.ble_model import BleModel
from scenarios.runner.cast import prepare
from scenarios.runner.real_time import play_live
from scenarios.runner.virtual import Result, run_story
from scenarios.story.expectations import check
from scenarios.story.loader import open_story
from scenarios.story.streams import Streams
from scenarios.world.bluetooth import draw_pairs

FEW = (
    *("duration=2 h", "settle=45 min", "cars.count=24", "expect.cases=>= 8", "cars.trips=1"),
    *("cars.departs={uniform: {low: 5 min, high: 50 min}}", "network.outage_share=20%"),
    "faults=[{part: battery_12v, count: 6, when: {until: 60 min}}, {part: tyre, count: 3, when: {until: 60 min}}]",
)


@pytest.fixture(scope="module")
def garage() -> Result:
    """The whole story, once."""
    return run_story(open_story("underground_garage"), seed=1)


def test_it_holds_what_it_expects(garage: Result) -> None:
    """Every fault that a car tells of becomes one case, however it was told; none becomes two."""
    story = open_story("underground_garage")
    assert [one for one in check(story.expect, garage.scorecard) if not one.holds] == []
    told = sum(fault.shown_at is not None for fault in garage.truth)
    assert told <= garage.scorecard["cases"] <= len(garage.truth)


def test_reports_come_minutes_late(garage: Result) -> None:
    """Nobody hears of a fault before a phone or a modem is back."""
    opened = [(row.case or "", row.at) for row in garage.rows if row.type == "OpenCase"]
    found = {case.rsplit("/", 1)[0]: at for case, at in reversed(opened)}
    told = [fault for fault in garage.truth if fault.shown_at is not None]
    late = [found[fault.device] - fault.at for fault in told if fault.device in found]
    assert len(late) == len(told) >= 30
    assert sorted(late)[len(late) // 2] > 120


def test_it_has_every_kind_of_car_and_phone() -> None:
    """With a modem and without, with a receiver and without, and phones whose acknowledgements never arrive."""
    story = open_story("underground_garage")
    _, plan, _ = prepare(story, 1)
    kinds = Counter((pair.modem, pair.receiver, pair.acknowledges) for pair in draw_pairs(story, plan, Streams(1)))
    assert {(True, True, True), (False, True, True), (False, False, True)} <= set(kinds)
    assert any(not acknowledges for _, _, acknowledges in kinds)


def test_the_same_seed_gives_the_same_ledger() -> None:
    """Radio faults are drawn from the seed like everything else."""
    story = open_story("underground_garage", FEW)
    first, second = (run_story(story, seed=3).scorecard["ledger_sha256"] for _ in range(2))
    assert first == second


def test_it_holds_live_on_bumbles_link(tmp_path: Path) -> None:
    """The same story with real Bluetooth calls, a real broker and a real service."""
    story = open_story("underground_garage", FEW)
    result = play_live(story, seed=2, speed=180, out=tmp_path / "run", quiet=True)
    assert [one for one in check(story.expect, result.scorecard) if not one.holds] == []
    with Journal.open(tmp_path / "run") as journal:
        assert [refused for vendor in ("volta", "pingo") for refused in journal.refused.newest(vendor)] == []


@pytest.mark.parametrize("acknowledges", [True, False])
def test_the_modelled_link_loses_nothing_and_repeats_nothing(acknowledges: bool) -> None:  # noqa: FBT001
    """Broken links, frames twice, advertisements lost, acknowledgements that never arrive: each event goes out once."""
    env = simpy.Environment(initial_time=1_767_258_000.0)
    published: list[Outgoing] = []
    car, phone = Car("volta/car-1"), Phone("pingo/phone-1")
    relay = Relay(phone, car.name, lambda: Fix(56.95, 24.1, 15.0, env.now))
    phone.uplink = MemoryUplink(published.append)
    faults = RadioFaults(0.3, 0.3, 0.5, random.Random(7))
    line = BleModel(env, relay, faults, 6.0, acknowledges)
    car.uplink = line
    car.go_online(env.now)
    phone.go_online(env.now)
    made = [car.fault(["P0562"], env.now).key for _ in range(50)]
    line.near(True)  # noqa: FBT003 - a switch
    env.run(until=env.now + 600)
    keys = [parse_event(outgoing.payload).key for outgoing in published if outgoing.key]
    assert sorted(keys) == sorted(made)
    assert line.broken > 0
    assert (line.sent_again > 0) is not acknowledges or acknowledges


def test_a_phone_that_is_away_hears_nothing() -> None:
    """The car keeps it until its owner comes."""
    env = simpy.Environment(initial_time=1_767_258_000.0)
    published: list[Outgoing] = []
    car, phone = Car("volta/car-1"), Phone("pingo/phone-1")
    phone.uplink = MemoryUplink(published.append)
    phone.go_online(env.now)
    line = BleModel(env, Relay(phone, car.name, lambda: None), RadioFaults())
    car.uplink = line
    car.go_online(env.now)
    car.fault(["P0562"], env.now)
    env.run(until=env.now + 60)
    assert not any(outgoing.key for outgoing in published)
    line.near(True)  # noqa: FBT003 - a switch
    env.run(until=env.now + 5)
    assert [outgoing.key for outgoing in published if outgoing.key] == ["volta/car-1/1-0"]


def test_rssi_falls_with_distance_and_far_is_unheard() -> None:
    """Log-distance path loss; below the receiver's sensitivity there is nothing."""
    assert rssi_at(1.0) == -59.0
    assert rssi_at(10.0) == pytest.approx(-83.0)
    assert RadioFaults().hears(rssi_at(5.0))
    assert not RadioFaults().hears(rssi_at(50.0))
