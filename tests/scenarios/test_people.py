"""People in stories: they phone once there is something to notice, answer by spells, and are calmed by what they read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import simpy

from dispatch.core.desk import Desk
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customers
from firmware_sim.kinds.fridge.device import Fridge
from firmware_sim.kinds.phone.device import Phone
from gateway.contract.commands import Notice, NoticeCommand
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake
from scenarios.runner.cast import prepare, set_in_motion_by_events
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.runner.virtual import Result, run_story
from scenarios.story.loader import open_story
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world import notices
from scenarios.world.availability import Availability
from scenarios.world.ground_truth import Fault
from scenarios.world.world import Breakdown

HOUR = (
    *("duration=3 h", "settle=60 min", "cars.count=400", "faults.0.count=20", "faults.1.count=0", "faults.2.count=30"),
    *("faults.0.when={from: 5 min, until: 2 h}", "faults.2.when={from: 5 min, until: 2 h}"),
    *("faults.3.count=0", "faults.4.count=0"),
)
MINUTE = 60.0


def person(number: int, share: float = 0.7, away: float = 4 * MINUTE) -> Availability:
    """Return somebody's spells, from 0 on."""
    return Availability(Streams(1).hashed("available", f"c{number}"), share, away, 0.0)


def can(one: Availability, at: float) -> bool:
    """Tell whether somebody can take the phone."""
    return one.since(at) == at


def winter(*settings: str, seed: int = 3) -> Result:
    """Return a short winter morning."""
    return run_story(open_story("winter_morning", [*HOUR, *settings]), seed)


@pytest.fixture(scope="module", name="morning")
def _morning() -> Result:
    return winter()


# --- who can take the phone --------------------------------------------------------------------------------------------


def test_who_cannot_take_the_phone_now_cannot_in_fifteen_seconds_either() -> None:
    """Seven in ten can at any moment; of those who cannot, one in twenty can a ring later, and half after some minutes."""
    people = [person(number) for number in range(4_000)]
    away = [one for one in people if not can(one, 5_000.0)]
    assert abs(1 - len(away) / len(people) - 0.7) < 0.03
    after = {span: np.mean([can(one, 5_000.0 + span) for one in away]) for span in (15.0, 240.0, 7_200.0)}
    assert after[15.0] < 0.08
    assert 0.35 < after[240.0] < 0.65
    assert abs(after[7_200.0] - 0.7) < 0.06


def test_a_person_is_the_same_whenever_and_however_often_they_are_rung() -> None:
    """Rung late and rung all the time: two policies, and a live and a virtual run, meet the same person."""
    for number in range(50):
        often = person(number)
        every = [often.since(at) for at in np.arange(0.0, 6 * 3600.0, 30.0)]
        assert person(number).since(19_980.0) == every[666]
        assert all(later >= earlier for earlier, later in pairwise(every))


def test_everybody_or_nobody_answers_where_the_story_says_so() -> None:
    """The bounds of a share; who never takes the phone rings in all the same."""
    assert person(1, share=1.0).since(7.0) == 7.0
    assert person(1, share=0.0).since(7.0) == float("inf")
    assert person(1, share=0.0).phones(7.0) == 7.0


def test_ringing_again_at_once_reaches_few_more_and_some_minutes_later_many() -> None:
    """Three attempts within a minute and three within ten, the same people."""
    first, soon, late = (
        winter("policy.dial_attempts=" + attempts, "policy.redial=" + pause, "customers.phones_in.share=0%").scorecard
        for attempts, pause in (("1", "15 s"), ("3", "10 s"), ("3", "5 min"))
    )
    gained_soon = soon["calls_connected"] - first["calls_connected"]  # type: ignore[operator]
    gained_late = late["calls_connected"] - first["calls_connected"]  # type: ignore[operator]
    assert gained_late > 2 * gained_soon


# --- when a customer phones --------------------------------------------------------------------------------------------


def test_nobody_phones_before_there_is_something_to_notice(morning: Result) -> None:
    """The clock of whoever phones begins when the car does not start, stalls, alarms or stops: minutes after many a fault."""
    phoned = [fault for fault in morning.truth if fault.phoned_at is not None]
    assert phoned
    for fault in phoned:
        assert fault.noticeable_at is not None
        assert fault.phones_after is not None
        assert fault.phoned_at is not None
        assert fault.phoned_at >= fault.noticeable_at + fault.phones_after - 1
    unnoticed = [fault.noticeable_at - fault.at for fault in morning.truth if fault.noticeable_at is not None]
    assert max(unnoticed) > 4 * MINUTE


def test_a_driver_who_is_told_to_stop_notices_sooner_than_one_who_is_not() -> None:
    """The same oil pumps in a house that hears its cars and in one that does not; nobody notices later for being told."""
    pumps = ("faults.2={part: oil_pump, count: 30, when: {from: 5 min, until: 2 h}}",)
    told, untold = (winter(*pumps, f"policy={policy}").truth for policy in ("proactive", "reactive"))
    pairs = [
        (one.noticeable_at - one.at, other.noticeable_at - other.at)
        for one, other in zip(told, untold, strict=True)
        if one.part == "oil_pump" and one.noticeable_at is not None and other.noticeable_at is not None
    ]
    assert all(one <= other for one, other in pairs)
    assert any(one < other - MINUTE for one, other in pairs)


def test_a_warm_fridge_is_noticed_when_it_is_warm() -> None:
    """Not after fixed hours: a dead compressor by its own house's food; no ice, which no temperature shows, after twelve."""
    parts = "faults=[{parts: {compressor_starter: 60%, ice_maker: 40%}, count: 30}]"
    quiet = ("policy=reactive", "duration=4 days", "customers.phones_in.fridge=30 days", parts)
    truth = run_story(open_story("kitchen_week", quiet), 1).truth
    noticed: dict[str, list[float]] = {"compressor_starter": [], "ice_maker": []}
    for fault in truth:
        if fault.noticeable_at is not None:
            noticed[fault.part].append((fault.noticeable_at - fault.at) / 3600)
    assert all(12 <= hours < 12.2 for hours in noticed["ice_maker"])
    assert len(noticed["ice_maker"]) > 5
    assert len({round(hours) for hours in noticed["compressor_starter"]}) > 4


# --- what a notice does ------------------------------------------------------------------------------------------------


def notice(device: str) -> NoticeCommand:
    """Return what a phone gets to show about a case of a device."""
    said = Notice(case=f"{device}/1-1", text="We know, and ring you.")
    return NoticeCommand.model_validate(
        {"id": "n1", "time": "2026-01-12T06:00:00Z", "provenance": "simulated", "data": said}
    )


def shown_to_everybody(story: Story, *, about: str = "") -> list[Fault]:
    """Play a story in which nobody hears devices and every customer is shown a notice as the fault begins."""
    streams, plan, faults = prepare(story, 3, sleepers=True)
    env = simpy.Environment(initial_time=story.start_s)
    room = ControlRoom(Intake(Registry(plan.devices())), Desk(story.policy.desk()), Customers(plan.customers()), Pen())
    doors = InProcessDoors(env, room, simpy.Store(env), simpy.Store(env), Record(), deaf=True)
    world = set_in_motion_by_events(env, story, streams, plan, faults, doors)
    begin = world.on_breakdown
    assert begin

    def breaks(breakdown: Breakdown) -> None:
        begin(breakdown)
        notices.shown(world, notice(about or breakdown.fault.device))

    world.on_breakdown = breaks
    env.run(until=story.end_s)
    return faults


CALM = (
    *HOUR,
    "policy=reactive",
    "customers.answer=100%",
    "customers.notices={allowed: 100%, read: 100%, after: 0 s, calms_for: 15 min}",
)


def test_who_read_a_notice_takes_twice_the_time_to_phone_for_a_quarter_of_an_hour() -> None:
    """Counted from the fault, when they read it; what is left after that passes as fast as for everybody."""
    faults = shown_to_everybody(open_story("winter_morning", CALM))
    phoned = [fault for fault in faults if fault.phoned_at is not None]
    assert len(phoned) > 20
    for fault in phoned:
        assert fault.read_notice_at == fault.at
        assert fault.noticeable_at is not None
        assert fault.phones_after is not None
        calm = max(0.0, fault.at + 15 * MINUTE - fault.noticeable_at)
        expected = min(2 * fault.phones_after, fault.phones_after + calm / 2)
        assert fault.phoned_at == pytest.approx(fault.noticeable_at + expected, abs=1)


def test_who_overlooked_a_notice_reads_it_as_they_take_the_phone_to_phone() -> None:
    """And gives us as long again, as whoever read it at once: within the quarter of an hour for which it calms."""
    faults = shown_to_everybody(open_story("winter_morning", [*CALM, "customers.notices.read=0%"]))
    phoned = [fault for fault in faults if fault.phoned_at is not None]
    assert len(phoned) > 20
    for fault in phoned:
        assert fault.would_phone_at is not None
        assert fault.phones_after is not None
        assert fault.read_notice_at == pytest.approx(fault.would_phone_at, abs=1)
        expected = fault.would_phone_at + min(fault.phones_after, fault.phones_after / 2 + 7.5 * MINUTE)
        assert fault.phoned_at == pytest.approx(expected, abs=1)


def test_a_notice_about_something_else_calms_nobody() -> None:
    """One about a device that is not broken; and one that nobody allows to be shown."""
    elsewhere = shown_to_everybody(open_story("winter_morning", CALM), about="volta/car-9999")
    unread = shown_to_everybody(open_story("winter_morning", [*CALM, "customers.notices.allowed=0%"]))
    for fault in (*elsewhere, *unread):
        assert fault.read_notice_at is None
        if fault.phoned_at is not None:
            assert fault.would_phone_at == pytest.approx(fault.phoned_at, abs=1)


@pytest.mark.parametrize("device", [Phone("pocket/phone-1"), Fridge("frosta/fridge-1")])
def test_a_device_tells_who_asks_of_each_notice_it_shows(device: Phone | Fridge) -> None:
    """Once, however often the command comes."""
    seen: list[NoticeCommand] = []
    device.on_notice = seen.append
    for _ in range(2):
        device.receive(notice("volta/car-1").encode(), 0.0)
    assert [command.data.case for command in seen] == ["volta/car-1/1-1"]
    assert device.shown == ["We know, and ring you."]


# --- whatever the house does -------------------------------------------------------------------------------------------


def test_people_are_the_same_whatever_the_policy(morning: Result) -> None:
    """How long each would wait, and when each can take the phone: paired seeds compare policies, not people."""
    other = winter("policy.dial_attempts=1", "policy.redial=10 min", "trucks.0.count=60")
    kept = [[(one.customer, one.part, one.at, one.phones_after) for one in run.truth] for run in (morning, other)]
    assert kept[0] == kept[1]
    unmoved = [
        (one.would_phone_at, two.would_phone_at)
        for one, two in zip(morning.truth, other.truth, strict=True)
        if one.noticeable_at == two.noticeable_at
    ]
    assert len(unmoved) > len(morning.truth) / 2
    assert all(one == two for one, two in unmoved)


def test_what_a_device_told_without_coverage_reached_the_service_later() -> None:
    """The truth knows both: when it was told, and when the broker had it."""
    result = winter("network.fault_share=100%")
    told = [fault for fault in result.truth if fault.shown_at is not None]
    assert told
    assert all(fault.told_first_at is not None and fault.told_first_at >= fault.shown_at for fault in told)  # type: ignore[operator]
    assert any(fault.told_first_at - fault.shown_at > MINUTE for fault in told)  # type: ignore[operator]
