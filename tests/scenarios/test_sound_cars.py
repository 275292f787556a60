"""What a car tells while nothing is wrong with it: what its make tells, and from the same tyres as afterwards."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
import simpy

from dispatch.core.desk import Desk
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.registers.customers import Customers
from firmware_sim.device.device import Outgoing
from firmware_sim.kinds.car.build import WHEELS, draw_build
from firmware_sim.kinds.car.chassis import Chassis
from firmware_sim.kinds.car.defects import Defects
from firmware_sim.kinds.car.device import Car
from firmware_sim.links.memory import MemoryUplink
from gateway.contract.messages import parse_event
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleSignals, VehicleStatusEvent
from scenarios.kinds.car.actor import drive
from scenarios.runner.cast import prepare
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.runner.virtual import run_story
from scenarios.story.loader import open_story
from scenarios.world.ground_truth import Fault
from scenarios.world.market import open_market
from scenarios.world.noise import Noise
from scenarios.world.world import World

SETTINGS = (
    "duration=3 h",
    "cars.count=60",
    "faults=[{parts: {tyre: 1, water_pump: 1, starter: 1}, count: 24, when: {from: 30 min, until: 2 h}}]",
)
TYRES = tuple(f"tyre_{wheel}" for wheel in WHEELS)
Told = list[tuple[float, VehicleSignals]]


@cache
def told(settings: tuple[str, ...] = SETTINGS, seed: int = 5) -> list[tuple[Fault, Told]]:
    """Return what each car with a fault told, POSIX seconds and signals."""
    story = open_story("winter_morning", list(settings))
    streams, plan, faults = prepare(story, seed)
    env = simpy.Environment(initial_time=story.start_s)
    room = ControlRoom(Intake(Registry(plan.devices())), Desk(), Customers(plan.customers()), Pen())
    doors = InProcessDoors(env, room, simpy.Store(env), simpy.Store(env), Record())
    world = World(env, story, streams, plan, doors, faults, Noise(streams), open_market(story, streams))
    homes = {home.devices["car"]: home for home in plan.homes}
    found = list[tuple[Fault, Told]]()
    for fault in faults:
        heard: Told = []
        car = Car(fault.device)
        car.uplink = MemoryUplink(lambda outgoing, heard=heard: note(outgoing, heard))  # type: ignore[misc]
        car.go_online(world.now)
        env.process(drive(world, homes[fault.device], car, fault))
        found.append((fault, heard))
    env.run(until=story.end_s)
    return found


def note(outgoing: Outgoing, heard: Told) -> None:
    """Keep the signals of a status or of a freeze frame."""
    if outgoing.key is None:
        return
    event = parse_event(outgoing.payload)
    if isinstance(event, VehicleStatusEvent):
        heard.append((event.time.timestamp(), event.data.signals))
    elif isinstance(event, VehicleFaultEvent):
        heard.append((event.time.timestamp(), event.data.freeze_frame))


def names(signals: VehicleSignals) -> set[str]:
    """Return which signals were told."""
    return set(signals.readings)


def test_a_sound_car_tells_nothing_that_it_does_not_tell_when_it_is_broken() -> None:
    """Else what it said before stands beside what it says now, of sensors that it does not have."""
    told_of = 0
    for fault, heard in told():
        before = set().union(*(names(one) for at, one in heard if at < fault.at))
        after = set().union(*(names(one) for at, one in heard if at >= fault.at))
        assert before <= after, fault.device
        told_of += len(before)
    assert told_of > 100


def test_makes_differ_in_what_they_tell() -> None:
    """Cars without pressure sensors at their wheels tell no pressures, and electric ones nothing of an engine."""
    sound = [set().union(*(names(one) for at, one in heard if at < fault.at)) for fault, heard in told()]
    pressures = [any("Tire.Pressure" in name for name in one) for one in sound]
    assert 0 < sum(pressures) < len(pressures)
    engines = [any("CombustionEngine" in name for name in one) for one in sound]
    assert 0 < sum(engines) < len(engines)


def test_a_fault_elsewhere_leaves_the_tyres_as_they_were() -> None:
    """The pressures go on from what they were: rolling warms them, and the sensors scatter."""
    compared = 0
    for fault, heard in told():
        before = [one for at, one in heard if at < fault.at and one.tyre_front_left is not None]
        after = [one for at, one in heard if fault.at <= at < fault.at + 120 and one.tyre_front_left is not None]
        if fault.part == "tyre" or not before or not after:
            continue
        compared += 1
        then, now = (np.array([getattr(one, wheel) for wheel in TYRES]) for one in (before[-1], after[0]))
        assert np.abs(now - then).max() < 20, fault.device
        assert np.ptp(now - then) < 12, fault.device
    assert compared


def test_a_puncture_lowers_one_tyre_from_what_it_was() -> None:
    """The three others stay as they were."""
    seen = 0
    for fault, heard in told():
        before = [one for at, one in heard if at < fault.at and one.tyre_front_left is not None]
        after = [one for at, one in heard if fault.at + 60 <= at < fault.at + 900 and one.tyre_front_left is not None]
        if fault.part != "tyre" or not before or not after:
            continue
        seen += 1
        lost = sorted(getattr(before[-1], wheel) - getattr(after[-1], wheel) for wheel in TYRES)
        assert lost[-1] > 30, fault.device
        assert max(map(abs, lost[:-1])) < 25, fault.device
    assert seen


def test_a_changed_wheel_holds_its_air() -> None:
    """The three others keep what they had."""
    dice = Random(1)
    chassis = Chassis(draw_build(dice), dice)
    others = [wheel for wheel in range(len(WHEELS)) if wheel != chassis.wheel]
    kept = [chassis.cold_pressures[wheel] for wheel in others]
    chassis.roll(3_600, 40, Defects(tyre_leak=1.0))
    assert chassis.cold_pressures[chassis.wheel] < 1
    chassis.mend()
    chassis.roll(3_600, 40, Defects())
    assert chassis.cold_pressures[chassis.wheel] == chassis.build.tyre_placard
    assert [chassis.cold_pressures[wheel] for wheel in others] == kept


PARTS = [
    "tpms_sensor",
    "oil_pressure_sensor",
    "brake_pads",
    "thermostat",
    "tyre_slow_leak",
    "wheel_speed_sensor",
    "climate",
]
AILING = (
    "duration=5 h",
    "cars.count=60",
    "cars.trips=3",
    "cars.stays={uniform: {low: 10 min, high: 30 min}}",
    f"faults=[{{parts: {{{', '.join(f'{part}: 1' for part in PARTS)}}}, count: 24, when: {{from: 20 min, until: 3 h}}}}]",
)


def test_a_car_that_drives_on_with_its_fault_does_not_tell_that_it_is_sound() -> None:
    """Its codes stay, its lamps too, and a sensor that is dead says nothing; no reading contradicts another."""
    lasting = 0
    for fault, heard in told(AILING, 2):
        after = [one for at, one in heard if at >= fault.at]
        stored = [number for number, one in enumerate(after) if one.dtc_count]
        if not stored or after[-1].speed is None or len(after) - stored[0] < 10:
            continue
        lasting += 1
        later = after[stored[0] :]
        assert all(one.dtc_count for one in later), fault.device
        oil = [one.oil_pressure_status for one in later if one.engine_running]
        if fault.part == "oil_pressure_sensor" and len(set(oil[:6])) == 1:  # others come and go
            assert oil[-1] == oil[0], fault.device
        dead = [wheel for wheel in TYRES if getattr(later[0], wheel) is None]
        if fault.part == "tpms_sensor" and len(dead) < len(TYRES):
            assert all(getattr(one, wheel) is None for one in later[3:] for wheel in dead), fault.device
    assert lasting > 5


def test_a_story_of_faults_that_need_no_help_is_played_to_its_end() -> None:
    """The service refuses nothing that such cars tell."""
    assert int(run_story(open_story("winter_morning", list(AILING)), 2).scorecard["cases"] or 0) > 10
