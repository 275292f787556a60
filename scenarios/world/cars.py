"""Cars: parked and waking by the hour, driven and telling their place every minute, broken down, mended."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from firmware_sim.car import Car, CarSensors
from firmware_sim.fix import Fix
from scenarios.truth import Fault
from scenarios.world.fixes import measured
from scenarios.world.itinerary import Trip
from scenarios.world.parts import PARTS
from scenarios.world.patient import Patient
from scenarios.world.plan import Home
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, Life, World

WARM_C, COOLS_S, SURFACE_CHARGE_S = 88.0, 6_500.0, 1_800.0
"""Coolant of a warm engine, and the time constants of a car that was switched off [fit]."""
CHARGED_V, SCATTER_V = 14.2, 0.06
KEY_OFF_S = 6.0
LOOKS_S, REMINDS_S = 60.0, 600.0
"""Between two statuses of a broken car: at first, and at last."""


@dataclass(slots=True)
class Driven:
    """One car on its way through the day."""

    home: Home
    car: Car
    place: Point
    fault: Fault | None
    next_status: float
    """When a parked car wakes next."""
    towed: bool = False
    stands_since: float = -math.inf
    rolled: float = 0.0
    """Seconds of a trip that were behind it when it broke down."""


def drive(world: World, home: Home, car: Car, fault: Fault | None) -> Life:
    """One car's days."""
    me = Driven(home, car, home.point, fault, _first_status(world, home))
    _stand(world, me)
    for trip in home.trips:
        if me.towed or trip.depart < world.now:
            continue
        yield from _park(world, me, trip.depart)
        yield from _trip(world, me, trip)
    yield from _park(world, me, world.story.end_s)


def _first_status(world: World, home: Home) -> float:
    every = world.story.cars.status_while_parked
    return world.story.start_s + every * float(world.streams.keyed("phase", home.customer.customer).random())


def _park(world: World, me: Driven, until: float) -> Life:
    while me.next_status < until:
        yield world.until(me.next_status)
        _stand(world, me)
        _tell(world, me)
        me.next_status = world.now + world.story.cars.status_while_parked
    yield world.until(until)


def _trip(world: World, me: Driven, trip: Trip) -> Life:
    fault = me.fault
    if fault is not None and fault.at <= trip.depart and fault.mended_at is None:
        yield from _break_down(world, me, fault, None)
        if me.towed:
            return
    _roll(world, me)
    end = world.now + (trip.arrive - trip.depart)
    late = world.now - trip.depart
    while world.now < end:
        step = min(end, world.now + world.story.cars.status_while_driving)
        if fault is not None and fault.mended_at is None and fault.at + late <= step:
            yield world.until(fault.at + late)
            me.place = trip.place(world.now - late)
            yield from _break_down(world, me, fault, trip)
            if me.towed:
                return
            fault = me.fault
            late = world.now - trip.depart - me.rolled
            end = trip.arrive + late
            _roll(world, me)
            continue
        yield world.until(step)
        me.place = trip.place(world.now - late)
        _tell(world, me)
    me.place, me.stands_since = trip.end, world.now
    yield world.env.timeout(KEY_OFF_S)
    _stand(world, me)
    _tell(world, me)
    me.next_status = world.now + world.story.cars.status_while_parked


def _break_down(world: World, me: Driven, fault: Fault, trip: Trip | None) -> Life:
    """Show the fault; where somebody must come, wait for help, and tell that all is well again."""
    breakdown = world.breaks(fault)
    fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
    patient = Patient(world, me.car, fault)
    ends = world.now if trip is None else world.now + trip.arrive - trip.depart
    me.rolled = 0.0 if trip is None else fault.at - trip.depart
    for now, use in patient.goes_on(ends - me.rolled):
        yield world.until(now)
        if trip is not None:
            me.rolled += patient.metres(now) / world.story.cars.speed
            me.place = trip.place(trip.depart + me.rolled)
            fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
        if breakdown.mended.triggered:
            break
        patient.tell(now, use, _fix(world, me))
        patient.hears(told=breakdown.told.triggered and PARTS[fault.part].needs_help)
    fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
    me.car.stop_requested = False
    if PARTS[fault.part].needs_help:
        yield from _wait_for_help(world, me, breakdown, patient)
        _recover(world, me)
    else:
        me.fault = None


def _wait_for_help(world: World, me: Driven, breakdown: Breakdown, patient: Patient) -> Life:
    pause = LOOKS_S
    while not breakdown.mended.triggered:
        yield world.env.any_of([breakdown.mended, world.env.timeout(pause)])
        if not breakdown.mended.triggered:
            patient.waits(world.now, _fix(world, me))
        pause = min(REMINDS_S, pause * 2)
    if breakdown.towed_to is not None:
        me.towed, me.place = True, breakdown.towed_to


def _recover(world: World, me: Driven) -> None:
    """Make every sensor read again as a sound car's do, and tell that no code is stored."""
    sensors, sound = me.car.sensors, CarSensors()
    for one in fields(sensors):
        setattr(sensors, one.name, getattr(sound, one.name))
    _roll(world, me)
    sensors.fix = _fix(world, me)
    me.car.clear_codes(world.now)
    if me.towed:
        _stand(world, me)


def _roll(world: World, me: Driven) -> None:
    """The engine runs and the car drives."""
    sensors = me.car.sensors
    sensors.engine_running, sensors.system_state, sensors.engine_speed = True, "ON", 1900.0
    sensors.battery_voltage = CHARGED_V
    sensors.speed, sensors.coolant_temperature = round(world.story.cars.speed * 3.6, 1), WARM_C


def _stand(world: World, me: Driven) -> None:
    """The car is parked, its engine off: it cools for hours, and the battery's surface charge fades within one."""
    sensors, air = me.car.sensors, world.story.weather.temperature
    sensors.engine_running, sensors.system_state, sensors.engine_speed, sensors.speed = False, "OFF", 0.0, 0.0
    stood = world.now - me.stands_since
    sensors.battery_voltage = 12.5 + 0.35 * math.exp(-stood / SURFACE_CHARGE_S)
    sensors.air_temperature, sensors.coolant_temperature = air, air + (WARM_C - air) * math.exp(-stood / COOLS_S)


def _tell(world: World, me: Driven) -> None:
    sensors = me.car.sensors
    sensors.fix = _fix(world, me)
    if sensors.engine_running:
        sensors.battery_voltage = CHARGED_V + SCATTER_V * world.noise.next()
    me.car.status(world.now)


def _fix(world: World, me: Driven) -> Fix:
    return measured(world, me.place, world.story.cars.gps_error)
