"""Washing machines: sound ones repeat a programme that was lived through once; a failing one is lived through by its body."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np

from firmware_sim.kinds.washer.build import Build, draw_build
from firmware_sim.kinds.washer.device import Washer, WasherSensors
from firmware_sim.kinds.washer.failures import NEEDS, WAYS_TO_FAIL
from firmware_sim.kinds.washer.household import DAY_S, Household, draw_household, draw_load
from firmware_sim.kinds.washer.machine import Machine, installed
from firmware_sim.kinds.washer.reporter import Reporter
from firmware_sim.wear.failure import HOUR, Failure
from firmware_sim.wear.luck import Luck
from scenarios.kinds.washer.parts import WASHER_PARTS
from scenarios.kinds.washer.section import WashingMachines
from scenarios.world import notices
from scenarios.world.actor import Actor, Fleet
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home
from scenarios.world.world import Breakdown, Life, World

WARM_S = 4 * DAY_S
"""How long before its fault a machine that slept is woken: what is usual for it is learned from a few programmes."""
TRIES, AGAIN_S = 3, 30 * 60.0
"""So often a household tries a programme that was given up, and after how long [fit]."""
STANDS_S = 20 * 60.0
"""After which somebody looks at a machine that has given up [fit]."""
PUDDLE_L = 0.3
"""On the floor: whoever is at home steps into it."""
SEES_TO_IT_S = 45 * 60.0
"""Median until an owner who was told has seen to it [fit]."""
FINDS_OUT_S = 20 * HOUR
"""Median until an owner who was not told has noticed and seen to it [fit]."""


@dataclass(slots=True)
class Laundry:
    """One washing machine of the story."""

    device: Washer
    build: Build
    household: Household
    dice: np.random.Generator
    reporter: Reporter | None = None
    """While something is wrong with it, and until it has washed once more."""


class _Washers(Actor):
    """Washing machines and their households."""

    def build(self, name: str) -> Washer:
        """Build one."""
        return Washer(name)

    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        """It washes, and fails at its hour."""
        device = fleet[home.devices["washer"]]
        assert isinstance(device, Washer)  # noqa: S101 - built so
        device.on_notice = partial(notices.shown, world)
        laundry = laundry_of(world, device, fault)
        world.env.process(_wash(world, laundry))
        if fault is not None:
            fault.latitude, fault.longitude = home.point.latitude, home.point.longitude
            world.env.process(_fail(world, laundry, fault))

    def woken_at(self, world: World, fault: Fault) -> float:
        """Return from when on what it tells may matter."""
        del world
        return fault.at - WARM_S


ACTOR = _Washers()


def laundry_of(world: World, device: Washer, fault: Fault | None) -> Laundry:
    """Draw what model it is: one that has the part which will fail."""
    dice = world.streams.keyed("washers", device.name)
    build = draw_build(dice, NEEDS.get(fault.part, frozenset()) if fault else frozenset())
    return Laundry(device, build, draw_household(dice), dice)


def _wash(world: World, laundry: Laundry) -> Life:
    """One machine's routine: each phase of its programmes; what was due before it woke is counted and not sent."""
    device = laundry.device
    for at, seen in _days(world, laundry):
        if at < world.now:
            device.seq += 1
            continue
        yield world.until(at)
        if laundry.reporter is None:
            _show(device.sensors, seen)
            device.status(world.now)


def _days(world: World, laundry: Laundry) -> Iterator[tuple[float, WasherSensors]]:
    """Yield when it tells what, day after day, for as long as somebody asks."""
    phases = _lived_through(laundry)
    every, (luck, *_) = (
        world.story.section(WashingMachines).status_every,
        world.streams.uniforms("phase", laundry.device.name),
    )
    midnight, idle = world.story.start_s // DAY_S * DAY_S, phases[-1][1]
    for day in count():
        today = midnight + day * DAY_S
        stands = ((today + (number + luck) * every, idle) for number in range(int(DAY_S // every)))
        programmes = ((begins + after, seen) for begins in laundry.household.starts(today) for after, seen in phases)
        told = heapq.merge(stands, programmes, key=_hour)
        yield from (one for one in told if one[0] >= world.story.start_s)


def _hour(one: tuple[float, WasherSensors]) -> float:
    return one[0]


def _lived_through(laundry: Laundry) -> list[tuple[float, WasherSensors]]:
    """Return what a sound machine tells in a programme, and after how many seconds: to live through each would cost too much."""
    dice = laundry.dice
    machine = installed(laundry.build, draw_load(dice), 0.0, Luck(dice))
    machine.wash(draw_load(dice))
    told: list[tuple[float, WasherSensors]] = []
    before = ""
    while machine.controller.busy:
        machine.step()
        if machine.phase != before:
            before = machine.phase
            told.append((machine.now, WasherSensors()))
            machine.tell(told[-1][1])
    return told


def _show(sensors: WasherSensors, seen: WasherSensors) -> None:
    for name in WasherSensors.__slots__:
        setattr(sensors, name, getattr(seen, name))


def _fail(world: World, laundry: Laundry, fault: Fault) -> Life:
    """Something breaks as the household washes: it fails, somebody sees to it or it passes, and it washes again."""
    yield world.until(fault.at)
    breakdown, told_before = world.breaks(fault), len(laundry.device.shown)
    failure = _failure(world, fault)
    reporter = laundry.reporter = _reporter(world, laundry)
    reporter.machine.failures.append(failure)
    household = _tries(laundry, reporter.machine)
    told_at: float | None = None
    while not breakdown.mended.triggered and not failure.over:
        if told_at is None and (breakdown.told.triggered or len(laundry.device.shown) > told_before):
            told_at = world.now
            failure.ends = min(failure.ends, _seen_to(world, fault, told_at))
        next(household)
        yield world.env.timeout(reporter.machine.span_s)
        if breakdown.mended.triggered:
            break  # while nobody looked; what it would have told since is of no fault any more
        _live(world, reporter, breakdown)
        if _is_noticed(reporter.machine, fault, world.now):
            breakdown.notice(world.now)
    world.mend(laundry.device.name)
    yield from _recover(world, laundry, reporter)


def _failure(world: World, fault: Fault) -> Failure:
    """Draw how it fails. What needs nobody to come is over at last, even if nobody is told."""
    dice = world.streams.keyed("failures", fault.device, round(fault.at))
    failure = WAYS_TO_FAIL.fail(fault.part, fault.at, dice)
    if not fault.needs_help and math.isinf(failure.ends):
        failure.ends = fault.at + FINDS_OUT_S * float(dice.lognormal(0, 0.5))
    return failure


def _seen_to(world: World, fault: Fault, told_at: float) -> float:
    """Return when an owner who was told has put it right; never, where a technician has to."""
    if WASHER_PARTS[fault.part].needs_help:
        return math.inf
    return told_at + SEES_TO_IT_S * float(world.streams.keyed("owner", fault.device, round(fault.at)).lognormal(0, 0.6))


def _reporter(world: World, laundry: Laundry) -> Reporter:
    """Return the machine as it is now, with laundry in it."""
    machine = installed(laundry.build, draw_load(laundry.dice), world.now, Luck(laundry.dice))
    every = world.story.section(WashingMachines).status_every
    return Reporter(machine, laundry.device, every, world.now + every)


def _tries(laundry: Laundry, machine: Machine) -> Iterator[None]:
    """Have the household wash: what was given up is tried again some times, what went well is followed by the next day's."""
    given_up = 0
    while True:
        machine.wash(draw_load(laundry.dice))
        while machine.controller.busy:
            yield
        given_up += machine.controller.state == "Error"
        next_at = machine.now + (AGAIN_S if machine.controller.state == "Error" else laundry.household.between_s)
        while machine.now < next_at or given_up >= TRIES or machine.body.floor_l > PUDDLE_L:
            yield


def _live(world: World, reporter: Reporter, breakdown: Breakdown) -> None:
    """Let the step that has passed happen, and note what was told of the fault."""
    event = reporter.live()
    if event is not None:
        breakdown.shows(event.key, world.now)
        breakdown.fault.events.append(event.key)


def _is_noticed(machine: Machine, fault: Fault, now: float) -> bool:
    """Is there water on the floor, or does it stand with wet laundry in it? The rest is noticed after hours."""
    hours = WASHER_PARTS[fault.part].unnoticed_s
    stands = machine.controller.state == "Error" and now >= fault.at + STANDS_S
    return stands or machine.body.floor_l > PUDDLE_L or (hours is not None and now >= fault.at + hours)


def _recover(world: World, laundry: Laundry, reporter: Reporter) -> Life:
    """Wash what is still to be washed, or have whoever repaired it try it, and tell of that."""
    machine = reporter.machine
    machine.now = world.now
    machine.repair()
    machine.wash(draw_load(laundry.dice))
    while machine.controller.busy:
        yield world.env.timeout(machine.span_s)
        reporter.live()
    laundry.reporter = None
