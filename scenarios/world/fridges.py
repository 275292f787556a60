"""Fridges: how they cool, how they fail, a door that somebody left ajar, and milk that runs out."""

from __future__ import annotations

from collections.abc import Callable

from firmware_sim.fridge import Fridge
from gateway.contract.messages import ApplianceAlarm, StockItem
from scenarios.truth import Fault
from scenarios.world.world import Breakdown, Life, World

ROOM_C = 22.0
WARMS_S = 6 * 3600.0
"""Time constant with which a fridge that no longer cools nears the room's temperature [fit]."""
ALARM_C = 9.0
"""Above this the fridge's controller raises its alarm."""
LOOKS_S = 300.0
"""Between two looks at a fridge whose temperature changes."""
FULL, REORDER_AT = 6.0, 2.0
"""Cartons of milk: after a delivery, and when to order."""


def cool(world: World, fridge: Fridge, home: str) -> Life:
    """One fridge's routine: how it does, every so often."""
    every, sensors = world.story.fridges.status_every, fridge.sensors
    yield world.env.timeout(every * float(world.streams.keyed("phase", home).random()))
    while True:
        if fridge.name not in world.broken:
            sensors.temperature_c = round(world.story.fridges.setpoint + 0.4 * world.noise.next(), 2)
            sensors.compressor_duty = round(min(90.0, max(10.0, 35 + 5 * world.noise.next())), 1)
        fridge.status(world.now)
        yield world.env.timeout(every)


def fail(world: World, fridge: Fridge, fault: Fault) -> Life:
    """Something happens to the fridge at its hour."""
    yield world.until(fault.at)
    lives: dict[str, Callable[[World, Fridge, Breakdown], Life]] = {
        "compressor": _compressor,
        "door_ajar": _door,
        "stock": _stock,
    }
    yield from lives[fault.part](world, fridge, world.breaks(fault))


def _compressor(world: World, fridge: Fridge, breakdown: Breakdown) -> Life:
    """It runs without a pause and cools no longer; once it is too warm it raises its alarm. A technician mends it."""
    sensors, fault = fridge.sensors, breakdown.fault
    sensors.compressor_duty, sensors.compressor_current = 100.0, 0.0
    setpoint = world.story.fridges.setpoint
    alarmed = False
    while not breakdown.mended.triggered:
        yield world.env.any_of([breakdown.mended, world.env.timeout(LOOKS_S)])
        span = (world.now - fault.at) / WARMS_S
        sensors.temperature_c = round(ROOM_C - (ROOM_C - setpoint) / (1 + span), 2)
        if not alarmed and sensors.temperature_c > ALARM_C and not breakdown.mended.triggered:
            alarmed = True
            _alarm(world, fridge, fault, ("CompressorStart", "HighTemperature"))
    sensors.compressor_duty, sensors.compressor_current, sensors.temperature_c = 60.0, 0.8, setpoint + 1
    fridge.status(world.now)


def _door(world: World, fridge: Fridge, breakdown: Breakdown) -> Life:
    """It stands open until somebody sees it, and gets a little warmer inside."""
    fault, sensors = breakdown.fault, fridge.sensors
    sensors.door_open, sensors.temperature_c = True, world.story.fridges.setpoint + 1.5
    _alarm(world, fridge, fault, ("DoorOpen",))
    stays = world.story.fridges.door_closed_after.one(world.streams.keyed("door", fault.device, round(fault.at)))
    yield world.env.timeout(stays)
    sensors.door_open = False
    fridge.status(world.now)
    world.mend(fridge.name)


def _stock(world: World, fridge: Fridge, breakdown: Breakdown) -> Life:
    """The milk runs low; a delivery fills it up."""
    dice = world.streams.keyed("stock", breakdown.fault.device, round(breakdown.fault.at))
    event = fridge.stock([_milk(world, float(dice.integers(0, 3)))], world.now)
    breakdown.fault.shown_at = world.now
    breakdown.fault.events.append(event.key)
    yield breakdown.mended
    fridge.stock([_milk(world, FULL)], world.now)


def _milk(world: World, quantity: float) -> StockItem:
    kept = world.story.fridges
    return StockItem(
        gtin=kept.gtin, name=kept.article, quantity=quantity, reorder_at=REORDER_AT, reorder_quantity=FULL - REORDER_AT
    )


def _alarm(world: World, fridge: Fridge, fault: Fault, alarms: tuple[ApplianceAlarm, ...]) -> None:
    event = fridge.fault(alarms, world.now)
    fault.shown_at = world.now
    fault.events.append(event.key)
