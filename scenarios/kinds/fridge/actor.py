"""Fridges: sound ones tell what is usual; a failing one is lived through by ``firmware_sim.kinds.fridge``; milk runs out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from firmware_sim.kinds.fridge.build import REPORTS, Build, draw_build
from firmware_sim.kinds.fridge.controller import STEP_S
from firmware_sim.kinds.fridge.device import Fridge, FridgeSensors
from firmware_sim.kinds.fridge.failures import NEEDS, WAYS_TO_FAIL
from firmware_sim.kinds.fridge.household import Household, draw_household
from firmware_sim.kinds.fridge.machine import Machine, switched_on
from firmware_sim.wear.failure import HOUR, Failure
from gateway.kinds.fridge.messages import ApplianceFaultEvent, StockItem
from scenarios.kinds.fridge.parts import FRIDGE_PARTS
from scenarios.kinds.fridge.section import Fridges
from scenarios.world import notices
from scenarios.world.actor import Actor, Fleet
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home
from scenarios.world.world import Breakdown, Life, World

FULL, REORDER_AT = 6.0, 2.0
"""Cartons of milk: after a delivery, and when to order."""
WARM_UP_S = 2 * HOUR
"""Lived through before a failure begins, so that temperatures and counters have settled."""
DAY_S, LOOKS_S = 24 * HOUR, 1800.0
"""A sound fridge's every day is like the first, looked at so often."""
WARM_S = 10 * DAY_S
"""How long before its fault a fridge that slept is woken: what the service keeps of it reaches 16 hours back
(``gateway/course``), and what is usual for it is learned over a hundred reports and more."""
RECOVERS_S = 12 * HOUR
"""After which a repaired fridge is as cold as it was."""
WARM_K, FREEZES_C, THAWS_C = 4.0, 0.0, -8.0
"""What its owner notices: food so much warmer than the fridge is set, freezing food, thawing frozen food [fit]. A sound
fridge's food stays within 1 K, and what is frozen below -13 °C."""
SEES_TO_IT_S = 45 * 60.0
"""Median until an owner who was told has seen to it [fit]."""
OF_DOOR = frozenset({"door_gap", "door_says", "door_flickers", "door_rate", "warm_kg"})
"""Numbers of ``Condition`` by which a failure has the door read open. Otherwise somebody left it open, as at a sound fridge."""
FINDS_OUT_S = 40 * HOUR
"""Median until an owner who was not told has noticed and seen to it [fit]."""


@dataclass(slots=True)
class Kitchen:
    """One fridge of the story."""

    fridge: Fridge
    build: Build
    household: Household
    machine: Machine | None = None
    """While something is wrong with it, and until it has recovered."""


class _Fridges(Actor):
    """Fridges and their households."""

    def build(self, name: str) -> Fridge:
        """Build one."""
        return Fridge(name)

    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        """It cools, and fails at its hour."""
        fridge = fleet[home.devices["fridge"]]
        assert isinstance(fridge, Fridge)  # noqa: S101 - built so
        fridge.on_notice = partial(notices.shown, world)
        kitchen = kitchen_of(world, fridge, fault)
        world.env.process(cool(world, kitchen))
        if fault is not None:
            fault.latitude, fault.longitude = home.point.latitude, home.point.longitude
            world.env.process(fail(world, kitchen, fault))

    def woken_at(self, world: World, fault: Fault) -> float:
        """Return from when on what it tells may matter."""
        del world
        return fault.at - WARM_S


ACTOR = _Fridges()


def kitchen_of(world: World, fridge: Fridge, fault: Fault | None) -> Kitchen:
    """Draw what model a fridge is: one that has the part which will fail."""
    dice = world.streams.keyed("fridges", fridge.name)
    build = draw_build(dice, NEEDS.get(fault.part, frozenset()) if fault else frozenset())
    return Kitchen(fridge, replace(build, setpoint_c=world.story.section(Fridges).setpoint), draw_household(dice))


def cool(world: World, kitchen: Kitchen) -> Life:
    """One fridge's routine: how it does, every so often; what was due before it woke is counted and not sent."""
    every, fridge = world.story.section(Fridges).status_every, kitchen.fridge
    at = world.story.start_s + every * world.streams.uniforms("phase", fridge.name)[0]
    usual = _usual(world, kitchen, at)
    while at < world.now:
        fridge.seq += 1
        at += every
    while True:
        yield world.until(at)
        if kitchen.machine is None:
            _show(fridge.sensors, usual[int(world.now % DAY_S // LOOKS_S)])
        if kitchen.machine is None or kitchen.machine.talks:
            fridge.status(world.now)
        at += every


def _usual(world: World, kitchen: Kitchen, day: float) -> list[FridgeSensors]:
    """Return what a sound fridge measures in each half hour of a day: living through a whole week would cost too much."""
    midnight = day // DAY_S * DAY_S
    machine = switched_on(kitchen.build, kitchen.household, midnight - WARM_UP_S, _dice(world, "usual", kitchen))
    seen: list[FridgeSensors] = []
    while len(seen) < DAY_S / LOOKS_S:
        machine.step()
        if machine.now >= midnight + len(seen) * LOOKS_S:
            seen.append(FridgeSensors())
            machine.tell(seen[-1])
    return seen


def _show(sensors: FridgeSensors, seen: FridgeSensors) -> None:
    for name in REPORTS:
        setattr(sensors, name, getattr(seen, name))


def fail(world: World, kitchen: Kitchen, fault: Fault) -> Life:
    """Something happens to the fridge at its hour."""
    yield world.until(fault.at)
    breakdown = world.breaks(fault)
    yield from _stock(world, kitchen.fridge, breakdown) if fault.part == "stock" else _break(world, kitchen, breakdown)


def _break(world: World, kitchen: Kitchen, breakdown: Breakdown) -> Life:
    """It fails, somebody sees to it or it passes, and it recovers."""
    fault, told_before = breakdown.fault, len(kitchen.fridge.shown)
    failure = _failure(world, fault)
    machine = kitchen.machine = _machine(world, kitchen)
    machine.failures.append(failure)
    told_at: float | None = None
    while not breakdown.mended.triggered and not failure.over:
        if told_at is None and (breakdown.told.triggered or len(kitchen.fridge.shown) > told_before):
            told_at = world.now
            failure.ends = min(failure.ends, _seen_to(world, fault, told_at))
        yield world.env.timeout(STEP_S)
        event = _live(world, kitchen, machine)
        if event is not None and _tells_of(failure, event):
            breakdown.shows(event.key, world.now)
            fault.events.append(event.key)
        if _is_noticed(machine, fault, world.now):
            breakdown.notice(world.now)
    world.mend(kitchen.fridge.name)
    yield from _recover(world, kitchen, machine)


def _is_noticed(machine: Machine, fault: Fault, now: float) -> bool:
    """Is it warm inside, or freezing, or does what was frozen thaw? What shows in no temperature is noticed after hours."""
    hours = FRIDGE_PARTS[fault.part].unnoticed_s
    if hours is not None:
        return now >= fault.at + hours
    body = machine.body
    thaws = body.build.circuit.freezer_leak > 0 and body.freezer_c > THAWS_C
    return thaws or not FREEZES_C <= body.food_c <= machine.build.setpoint_c + WARM_K


def _failure(world: World, fault: Fault) -> Failure:
    """Draw how it fails. What needs nobody to come is over at last, even if nobody is told."""
    dice = world.streams.keyed("failures", fault.device, round(fault.at))
    failure = WAYS_TO_FAIL.fail(fault.part, fault.at, dice)
    if fault.part == "door_ajar":
        failure.ends = fault.at + world.story.section(Fridges).door_closed_after.one(dice)
    elif not fault.needs_help and math.isinf(failure.ends):
        failure.ends = fault.at + FINDS_OUT_S * float(dice.lognormal(0, 0.5))
    return failure


def _seen_to(world: World, fault: Fault, told_at: float) -> float:
    """Return when an owner who was told has put it right; never, where a technician has to."""
    if FRIDGE_PARTS[fault.part].needs_help or fault.part in {"power_cut", "low_voltage", "warm_load"}:
        return math.inf
    return told_at + SEES_TO_IT_S * float(world.streams.keyed("owner", fault.device, round(fault.at)).lognormal(0, 0.6))


def _machine(world: World, kitchen: Kitchen) -> Machine:
    """Return the fridge as it is now, after some hours of its ordinary life."""
    machine = switched_on(kitchen.build, kitchen.household, world.now - WARM_UP_S, _dice(world, "failing", kitchen))
    while machine.now < world.now:
        machine.step()
    machine.now = world.now
    return machine


def _dice(world: World, purpose: str, kitchen: Kitchen) -> np.random.Generator:
    return world.streams.keyed(f"fridges-{purpose}", kitchen.fridge.name)


def _live(world: World, kitchen: Kitchen, machine: Machine) -> ApplianceFaultEvent | None:
    """Let one step pass; tell alarms, and return what was told; fall silent without power."""
    fridge, restarts = kitchen.fridge, machine.restarts
    alarms = machine.step()
    machine.tell(fridge.sensors)
    if not machine.talks:
        fridge.go_offline()
    elif machine.restarts > restarts:
        fridge.restart(world.now)
        fridge.go_online(world.now)
    return fridge.fault(alarms, world.now) if alarms and machine.talks else None


def _tells_of(failure: Failure, event: ApplianceFaultEvent) -> bool:
    """Tell whether alarms are about a failure: that of the door alone is, where the failure has to do with the door."""
    return set(event.data.alarms) != {"DoorOpen"} or not OF_DOOR.isdisjoint(failure.targets)


def _recover(world: World, kitchen: Kitchen, machine: Machine) -> Life:
    """Cool down again, and tell of it."""
    machine.repair()
    since = world.now
    while world.now < since + RECOVERS_S:
        yield world.env.timeout(STEP_S)
        _live(world, kitchen, machine)
        if machine.body.air_c < machine.build.setpoint_c + machine.build.hysteresis_k:
            break
    kitchen.machine = None
    kitchen.fridge.go_online(world.now)
    kitchen.fridge.status(world.now)


def _stock(world: World, fridge: Fridge, breakdown: Breakdown) -> Life:
    """The milk runs low; a delivery fills it up."""
    dice = world.streams.keyed("stock", breakdown.fault.device, round(breakdown.fault.at))
    event = fridge.stock([_milk(world, float(dice.integers(0, 3)))], world.now)
    breakdown.shows(event.key, world.now)
    breakdown.fault.events.append(event.key)
    yield breakdown.mended
    fridge.stock([_milk(world, FULL)], world.now)


def _milk(world: World, quantity: float) -> StockItem:
    kept = world.story.section(Fridges)
    return StockItem(
        gtin=kept.gtin, name=kept.article, quantity=quantity, reorder_at=REORDER_AT, reorder_quantity=FULL - REORDER_AT
    )
