"""Cars: parked and waking by the hour, driven and telling their place every minute, broken down, mended."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_sim.car import Car
from firmware_sim.fix import Fix
from scenarios.truth import Fault
from scenarios.world.fixes import measured
from scenarios.world.itinerary import Trip
from scenarios.world.parts import PARTS, Occasion
from scenarios.world.plan import Home
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, Life, World

REACTION_S = 8.0
"""From "stop safely" on the display to standing at the roadside [fit]."""
LIMPS_S = 240.0
"""How long a car with a failing part drives on where nobody tells its driver to stop [fit]."""
REMINDS_S = 600.0
"""Between two statuses of a broken car."""


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
            late, end = late + world.now - fault.at, end + world.now - fault.at
            _roll(world, me)
            continue
        yield world.until(step)
        me.place = trip.place(world.now - late)
        _tell(world, me)
    me.place = trip.end
    _stand(world, me)
    _tell(world, me)
    me.next_status = world.now + world.story.cars.status_while_parked


def _break_down(world: World, me: Driven, fault: Fault, trip: Trip | None) -> Life:
    """Show the fault, come to a stand, wait for help, and tell that all is well again."""
    part = PARTS[fault.part]
    breakdown = world.breaks(fault)
    fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
    _show(world, me, fault)
    if part.limps and trip is not None:
        yield from _limp(world, me, fault, trip)
    if part.occasion is Occasion.DRIVING:
        me.car.sensors.speed, me.car.sensors.is_broken_down = 0.0, True
        _tell(world, me)
    yield from _wait_for_help(world, me, breakdown)
    _recover(world, me)


def _show(world: World, me: Driven, fault: Fault) -> None:
    part, sensors = PARTS[fault.part], me.car.sensors
    dice = world.streams.keyed("symptoms", fault.device, round(fault.at))
    for sensor, (low, high) in part.ranges.items():
        reading = low + (high - low) * float(dice.random())
        setattr(sensors, sensor, round(reading) if sensor.startswith("tyre") else round(reading, 2))
    for sensor, state in part.states.items():
        setattr(sensors, sensor, state)
    sensors.fix = _fix(world, me)
    codes = part.codes[int(dice.integers(len(part.codes)))]
    event = me.car.fault(codes, world.now)
    fault.shown_at = world.now
    fault.events.append(event.key)


def _limp(world: World, me: Driven, fault: Fault, trip: Trip) -> Life:
    """Drive on until the display says stop, or for a few minutes."""
    began, stopping = world.now, False
    while not stopping and world.now < began + LIMPS_S:
        stopping = me.car.stop_requested
        yield world.env.timeout(REACTION_S)
        me.place = trip.place(fault.at + world.now - began)
    me.car.stop_requested = False
    fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
    me.car.sensors.engine_running = False


def _wait_for_help(world: World, me: Driven, breakdown: Breakdown) -> Life:
    while not breakdown.mended.triggered:
        yield world.env.any_of([breakdown.mended, world.env.timeout(REMINDS_S)])
        if not breakdown.mended.triggered:
            _tell(world, me)
    if breakdown.towed_to is not None:
        me.towed, me.place = True, breakdown.towed_to


def _recover(world: World, me: Driven) -> None:
    sensors = me.car.sensors
    sensors.tyre_front_right, sensors.coolant_temperature = 240, 60.0
    sensors.oil_pressure_status, sensors.is_broken_down = "NORMAL", False
    _roll(world, me)
    sensors.fix = _fix(world, me)
    me.car.clear_codes(world.now)
    if me.towed:
        _stand(world, me)


def _roll(world: World, me: Driven) -> None:
    """The engine runs and the car drives."""
    sensors = me.car.sensors
    sensors.engine_running, sensors.system_state, sensors.engine_speed = True, "ON", 1900.0
    sensors.battery_voltage = 14.2
    sensors.speed, sensors.coolant_temperature = round(world.story.cars.speed * 3.6, 1), 88.0


def _stand(world: World, me: Driven) -> None:
    """The car is parked, its engine off; in the cold a battery rests a little lower."""
    sensors, air = me.car.sensors, world.story.weather.temperature
    sensors.engine_running, sensors.system_state, sensors.engine_speed, sensors.speed = False, "OFF", None, 0.0
    sensors.battery_voltage, sensors.air_temperature, sensors.coolant_temperature = 12.5, air, max(air, 20.0)


def _tell(world: World, me: Driven) -> None:
    me.car.sensors.fix = _fix(world, me)
    me.car.status(world.now)


def _fix(world: World, me: Driven) -> Fix:
    return measured(world, me.place, world.story.cars.gps_error)
