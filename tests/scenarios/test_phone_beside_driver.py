"""A driver hears from the phone beside them what a car without a modem is not told."""

from __future__ import annotations

import pytest
import simpy

from dispatch.core.actions import SendNotice, TellDriverToStop
from dispatch.core.desk import Desk
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.rows import Pen
from dispatch.outgoing.device_commands import commands_of
from dispatch.registers.customers import Customers
from firmware_sim.device.device import Device
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.phone.device import Phone
from gateway.devices.registry import Registry
from gateway.intake.intake import Intake
from scenarios.runner.cast import build_fleet, prepare, set_in_motion
from scenarios.runner.in_process import InProcessDoors
from scenarios.runner.record import Record
from scenarios.story.loader import open_story

FEW = [
    "duration=3 h",
    "cars.count=40",
    *(f"faults.{number}.count={count}" for number, count in enumerate((1, 0, 0, 0, 0))),
    "faults.0.when={from: 5 min, until: 3 h}",
]


@pytest.fixture(name="fleet")
def _fleet() -> dict[str, Device]:
    """Everybody of a small story, a moment before anything happens."""
    story = open_story("winter_morning", FEW)
    streams, plan, faults = prepare(story, 1)
    env = simpy.Environment(initial_time=story.start_s)
    room = ControlRoom(Intake(Registry(plan.devices())), Desk(story.policy.desk()), Customers(plan.customers()), Pen())
    fleet = build_fleet(plan)
    doors = InProcessDoors(env, room, simpy.Store(env), simpy.Store(env), Record())
    set_in_motion(env, story, streams, plan, faults, doors, fleet)
    return fleet


def pair_in(fleet: dict[str, Device]) -> tuple[Car, Phone]:
    """Return a car and its owner's phone: homes are built one after the other."""
    car = next(one for one in fleet.values() if isinstance(one, Car))
    phone = next(one for one in fleet.values() if isinstance(one, Phone))
    assert car.name.rpartition("-")[2] == phone.name.rpartition("-")[2]
    return car, phone


def test_a_phone_that_says_stop_stops_the_driver(fleet: dict[str, Device]) -> None:
    """The car hears nothing, its driver does; shown a second time it changes nothing."""
    car, phone = pair_in(fleet)
    stop = TellDriverToStop(f"{car.name}/1-7", car.name, "oil pump", "simulated", phone.name, "Please stop.")
    for _ in "ab":
        for device, command in commands_of(stop, 0.0):
            if device == phone.name:
                phone.receive(command.encode(), 0.0)
    assert car.stop_requested
    assert phone.shown == ["Please stop."]


def test_a_phone_that_says_something_else_stops_nobody(fleet: dict[str, Device]) -> None:
    """That we ring is read at the next halt."""
    car, phone = pair_in(fleet)
    ((_, command),) = commands_of(
        SendNotice(f"{car.name}/1-7", phone.name, "We ring you.", "simulated", beside_call=True), 0.0
    )
    phone.receive(command.encode(), 0.0)
    assert not car.stop_requested
