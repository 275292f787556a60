"""Kinds whose devices stand before a ``Unit``: they tell how they do, fail at their hour, are seen to, and do well again."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from firmware_sim.device.notices import NoticeDevice
from firmware_sim.wear.failure import HOUR, Failure
from firmware_sim.wear.unit import Making, Reporter
from scenarios.story.registry import PARTS
from scenarios.world import notices
from scenarios.world.actor import Actor, Fleet
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home
from scenarios.world.world import Breakdown, Life, World

STEP_S = 600.0
"""Between two looks at what fails."""
WARM_S = 24 * HOUR
"""How long before its fault a device that slept is woken."""
SEES_TO_IT_S = 45 * 60.0
"""Median until an owner who was told has seen to it [fit]."""
FINDS_OUT_S = 30 * HOUR
"""Median until an owner who was not told has noticed and seen to it [fit]."""


class UnitActor(Actor):
    """Devices of one kind, each before its unit."""

    def __init__(
        self, kind: str, making: Making, device: Callable[[str], NoticeDevice], by_voice: Collection[str]
    ) -> None:
        """``by_voice``: parts that are put right once somebody has told their owner how, though nobody comes."""
        self._kind, self._making, self._device, self._by_voice = kind, making, device, by_voice

    @abstractmethod
    def every_s(self, world: World) -> float:
        """Return how often one tells how it does, seconds."""

    def build(self, name: str) -> NoticeDevice:
        """Build one."""
        return self._device(name)

    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        """It tells how it does, and fails at its hour."""
        device: Any = fleet[home.devices[self._kind]]
        device.on_notice = partial(notices.shown, world)
        every = self.every_s(world)
        phase = world.streams.uniforms("phase", device.name)[0]
        reporter = reporter_of(world, self._making, device, fault, every)
        reporter.next_status = world.story.start_s + every * phase
        if fault is not None:
            fault.latitude, fault.longitude = home.point.latitude, home.point.longitude
        world.env.process(_live(world, reporter, self._making, fault, self._by_voice))

    def woken_at(self, world: World, fault: Fault) -> float:
        """Return from when on what it tells may matter."""
        del world
        return fault.at - WARM_S


def reporter_of(
    world: World, making: Making, device: NoticeDevice, fault: Fault | None, every: float
) -> Reporter[Any, Any]:
    """Draw the unit behind a device: one that has the part which will fail."""
    dice = world.streams.keyed("units", device.name)
    unit = making.draw(dice, fault.part if fault else "", world.story.start_s)
    seen: Any = device
    return Reporter(unit, seen, every, math.inf)


def _live(
    world: World, reporter: Reporter[Any, Any], making: Making, fault: Fault | None, by_voice: Collection[str]
) -> Life:
    """Do well until the fault, fail, and do well again."""
    yield from do_well(world, reporter, fault.at if fault else math.inf)
    if fault is not None:
        yield from fail(world, reporter, making, fault, by_voice)
        yield from do_well(world, reporter, math.inf)


def do_well(world: World, reporter: Reporter[Any, Any], until: float) -> Life:
    """Tell how it does every so often; what was due before it woke is counted and not sent."""
    unit = reporter.unit
    while reporter.next_status < until:
        at = reporter.next_status
        if at < world.now:
            reporter.sleep(at - unit.now)
            continue
        yield world.until(at)
        reporter.live(at - unit.now)
    if not math.isinf(until):
        yield world.until(until)
        unit.live(until - unit.now)


def fail(world: World, reporter: Reporter[Any, Any], making: Making, fault: Fault, by_voice: Collection[str]) -> Life:
    """It fails until somebody has seen to it, or it passes."""
    breakdown, unit = world.breaks(fault), reporter.unit
    device: Any = reporter.device
    failure, shown = _failure(world, making, fault), len(device.shown)
    unit.failures.append(failure)
    told_at: float | None = None
    while not breakdown.mended.triggered and not failure.over:
        hears = breakdown.told.triggered or (not fault.needs_help and len(device.shown) > shown)
        if told_at is None and hears:
            told_at = world.now
            failure.ends = min(failure.ends, _seen_to(world, fault, told_at, by_voice))
        yield world.env.timeout(STEP_S)
        if breakdown.mended.triggered:
            break  # while nobody looked; what it would have told since is of no fault any more
        _tell(world, reporter, breakdown)
    world.mend(fault.device)
    unit.now = world.now
    unit.repair()
    reporter.next_status = min(reporter.next_status, world.now + STEP_S)


def _failure(world: World, making: Making, fault: Fault) -> Failure:
    """Draw how it fails. What needs nobody is over at last, even if nobody is told."""
    dice = world.streams.keyed("failures", fault.device, round(fault.at))
    failure = making.ways.fail(fault.part, fault.at, dice)
    if not fault.needs_help and math.isinf(failure.ends):
        failure.ends = fault.at + FINDS_OUT_S * float(dice.lognormal(0, 0.5))
    return failure


def _seen_to(world: World, fault: Fault, told_at: float, by_voice: Collection[str]) -> float:
    """Return when an owner who was told has put it right; never, where somebody has to come."""
    if fault.needs_help and fault.part not in by_voice:
        return math.inf
    return told_at + SEES_TO_IT_S * float(world.streams.keyed("owner", fault.device, round(fault.at)).lognormal(0, 0.6))


def _tell(world: World, reporter: Reporter[Any, Any], breakdown: Breakdown) -> None:
    """Let the step that has passed happen, and note what was told of the fault, and whether its owner notices it."""
    fault, event = breakdown.fault, reporter.live(world.now - reporter.unit.now)
    if event is not None:
        breakdown.shows(event.key, world.now)
        fault.events.append(event.key)
    after = PARTS[fault.part].unnoticed_s
    if reporter.unit.bothers or (after is not None and world.now >= fault.at + after):
        breakdown.notice(world.now)
