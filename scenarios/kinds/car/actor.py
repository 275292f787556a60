"""Cars: parked and waking by the hour, driven and telling their place every minute, broken down, mended."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import simpy

from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.build import WHEELS, draw_build
from firmware_sim.kinds.car.chassis import Chassis
from firmware_sim.kinds.car.device import Car, CarSensors
from firmware_sim.kinds.car.failures import has
from firmware_sim.kinds.car.readings import mute, set_told
from gateway.finding import Load
from scenarios.kinds.car.broken_car import REACTS_S, REACTS_SIGMA, Patient
from scenarios.kinds.car.load import load_of
from scenarios.kinds.car.parts import CAR_PARTS
from scenarios.kinds.car.section import Cars
from scenarios.world.actor import Actor, Fleet
from scenarios.world.fixes import measured
from scenarios.world.ground_truth import Fault
from scenarios.world.nap import Nap
from scenarios.world.plan import Home
from scenarios.world.town import Point
from scenarios.world.trip import Trip
from scenarios.world.world import Breakdown, Life, World

WARM_C, COOLS_S, SURFACE_CHARGE_S = 88.0, 6_500.0, 1_800.0
"""Coolant of a warm engine, and the time constants of a car that was switched off [fit]."""
CHARGED_V, SCATTER_V = 14.2, 0.06
KEY_OFF_S = 6.0
LOOKS_S, RARELY_S = 60.0, 3_600.0
"""Between two statuses of a broken car: at first, and at last; in between as the story has it."""
FORGOTTEN_S = 7_200.0
"""From when on a broken car that nobody comes to reports but rarely."""
WARM_S, WARM_STATUSES = 3 * 3_600.0, 3
"""How long before its fault a car that slept is woken, and for how many statuses of a parked car at least: what the
service keeps of earlier readings reaches two hours back (``gateway/history``)."""
QUIET_S = 300.0
"""How long after its repair a car is looked at: the first minute tells that it is well."""
LINGERS_S = 2 * 3_600.0
"""How long a car that drives on with its fault is looked at."""


@dataclass(slots=True)
class Driven:
    """One car on its way through the day."""

    home: Home
    car: Car
    chassis: Chassis
    """What it rolls on, with how the car was made."""
    place: Point
    fault: Fault | None
    now: float
    """The car's own hour: while it sleeps, ahead of the world's."""
    next_status: float
    """When a parked car wakes next."""
    wakes: float = -math.inf
    """What it tells before is counted and not sent: the service would decide nothing on it."""
    quiet_from: float = math.inf
    """From when on nothing that it tells can decide anything."""
    towed: bool = False
    ails: bool = False
    """It drives on with a fault: what that changed stays as it was told last."""
    stands_since: float = -math.inf
    rolled: float = 0.0
    """Seconds of a trip that were behind it when it broke down."""


class _SleepsAgain(Exception):  # noqa: N818 - says what happened
    """Nothing that this car tells can decide anything any more."""


class _Cars(Actor):
    """Cars and their drivers."""

    def build(self, name: str) -> Car:
        """Build one."""
        return Car(name)

    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        """It is driven all the story long; its driver hears from the phone beside them, too, that it shall stop."""
        car = self._car(world, fleet, home)
        world.env.process(drive(world, home, car, fault))

    def woken_at(self, world: World, fault: Fault) -> float:
        """Return from when on what it tells may matter."""
        return fault.at - max(WARM_S, WARM_STATUSES * world.story.section(Cars).status_while_parked)

    def live(self, world: World, fleet: Fleet, home: Home, fault: Fault, wakes: float) -> Life:
        """It is driven until it is mended and quiet."""
        return drive(world, home, self._car(world, fleet, home), fault, wakes)

    def load(self, world: World, device: str) -> Load:
        """Return what it takes to take it along."""
        return load_of(world.story, world.streams, device)

    def lose_receiver(self, device: Device) -> None:
        """It does not know where it is."""
        assert isinstance(device, Car)  # noqa: S101 - built so
        device.sensors = NoReceiver()

    def _car(self, world: World, fleet: Fleet, home: Home) -> Car:
        car = fleet[home.devices["car"]]
        assert isinstance(car, Car)  # noqa: S101 - built so
        world.beside[car.name] = partial(setattr, car, "stop_requested", True)  # noqa: FBT003
        return car


class NoReceiver(CarSensors):
    """The sensors of a car that does not know where it is."""

    def __setattr__(self, name: str, value: object) -> None:
        """Measure everything but the place."""
        super().__setattr__(name, None if name == "fix" else value)


ACTOR = _Cars()


def drive(world: World, home: Home, car: Car, fault: Fault | None, wakes: float = -math.inf) -> Life:
    """One car's days; of one that ``wakes`` late, from then until it is mended and quiet."""
    start = world.story.start_s
    me = Driven(home, car, _made(world, car, fault), home.point, fault, start, _first_status(world, car), wakes)
    _fall_silent(me)
    _stand(world, me)
    try:
        for trip in home.trips:
            if me.towed or trip.depart < me.now:
                continue
            yield from _park(world, me, trip.depart)
            yield from _trip(world, me, trip)
        yield from _park(world, me, world.story.end_s)
    except _SleepsAgain:
        return


def _made(world: World, car: Car, fault: Fault | None) -> Chassis:
    """Draw how a car was made: it has what will break, and tells of nothing that it does not have, before and after."""
    dice = Random(int(world.streams.hashed("make", car.name).integers(1 << 62)))  # noqa: S311
    return Chassis(draw_build(dice, lambda build: fault is None or has(build, fault.part)), dice)


def _first_status(world: World, car: Car) -> float:
    every = world.story.section(Cars).status_while_parked
    return world.story.start_s + every * world.streams.uniforms("phase", car.name)[0]


def _come_to(world: World, me: Driven, at: float) -> Life:
    """Let time pass; for a car that sleeps, in no time."""
    if at >= me.quiet_from and me.car.online:
        raise _SleepsAgain
    me.now = max(me.now, at)
    if me.now >= me.wakes:
        yield world.until(me.now)


def _park(world: World, me: Driven, until: float) -> Life:
    while me.next_status < until:
        yield from _come_to(world, me, me.next_status)
        _stand(world, me)
        _tell(world, me)
        me.next_status = me.now + world.story.section(Cars).status_while_parked
    yield from _come_to(world, me, until)


def _trip(world: World, me: Driven, trip: Trip) -> Life:
    fault = me.fault
    if fault is not None and fault.at <= trip.depart and fault.mended_at is None:
        yield from _break_down(world, me, fault, None)
        if me.towed:
            return
    _roll(world, me)
    end = me.now + (trip.arrive - trip.depart)
    late = me.now - trip.depart
    while me.now < end:
        step = min(end, me.now + world.story.section(Cars).status_while_driving)
        if fault is not None and fault.mended_at is None and fault.at + late <= step:
            yield from _come_to(world, me, fault.at + late)
            me.place = trip.place(me.now - late)
            yield from _break_down(world, me, fault, trip)
            if me.towed:
                return
            fault = me.fault
            late = me.now - trip.depart - me.rolled
            end = trip.arrive + late
            _roll(world, me)
            continue
        yield from _come_to(world, me, step)
        me.place = trip.place(me.now - late)
        _tell(world, me)
    me.place, me.stands_since = trip.end, me.now
    yield from _come_to(world, me, me.now + KEY_OFF_S)
    _stand(world, me)
    _tell(world, me)
    me.next_status = me.now + world.story.section(Cars).status_while_parked


def _break_down(world: World, me: Driven, fault: Fault, trip: Trip | None) -> Life:
    """Show the fault; where somebody must come, wait for help, and tell that all is well again."""
    breakdown = world.breaks(fault)
    fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
    patient = Patient(world, me.car, breakdown, me.chassis)
    ends = world.now if trip is None else world.now + trip.arrive - trip.depart
    me.rolled = 0.0 if trip is None else fault.at - trip.depart
    hearing = Hearing(world, me.car, breakdown) if patient.drives else None
    for planned, use in patient.goes_on(ends - me.rolled):
        if hearing is None:
            yield world.until(now := planned)
        else:
            now = yield from hearing.until(planned)
        if trip is not None:
            me.rolled += patient.metres(now) / world.story.section(Cars).speed
            me.place = trip.place(trip.depart + me.rolled)
            fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
        if breakdown.mended.triggered:
            break
        patient.tell(now, use, _fix(world, me))
        if hearing is not None and hearing.acts:
            patient.stop()
    fault.latitude, fault.longitude = me.place.latitude, me.place.longitude
    me.car.stop_requested = False
    if CAR_PARTS[fault.part].needs_help:
        breakdown.notice(world.now)  # it goes no further
        yield from _wait_for_help(world, me, breakdown, patient)
        me.now = world.now
        _recover(world, me)
    else:
        me.now, me.fault, me.ails = world.now, None, True
    if world.sleepers:
        me.quiet_from = me.now + (QUIET_S if CAR_PARTS[fault.part].needs_help else LINGERS_S)


class Hearing:
    """A driver on the way: hears at once that the car shall stop, and acts on it a little later."""

    def __init__(self, world: World, car: Car, breakdown: Breakdown) -> None:
        self._world, self._breakdown = world, breakdown
        self._nap = Nap(world.env)
        self._nap.ends_with(breakdown.stop)
        self._at = math.inf
        """When the driver acts on it."""
        self.acts = False
        car.on_stop = lambda _now: breakdown.ask_to_stop()
        if breakdown.fault.needs_help and breakdown.told.callbacks is not None:
            breakdown.told.callbacks.append(lambda _told: breakdown.ask_to_stop())

    def until(self, planned: float) -> Generator[simpy.Event, Any, float]:
        """Drive on to a moment, or to the one at which the driver acts on what was heard; return which it is."""
        world, stop = self._world, self._breakdown.stop
        if self.acts:
            yield world.until(planned)
            return planned
        if self._at == math.inf:
            yield self._nap.until(planned)
            if not stop.triggered:
                return planned
            self._at = world.now + self._reaction_s()
        yield world.until(min(planned, self._at))
        self.acts = world.now >= self._at
        return world.now

    def _reaction_s(self) -> float:
        """Draw how long it takes to act on it: by the fault, so that live and virtual drivers are the same."""
        fault = self._breakdown.fault
        dice = self._world.streams.hashed("reacts", fault.device, round(fault.at))
        return REACTS_S * math.exp(REACTS_SIGMA * float(dice.standard_normal()))


def _wait_for_help(world: World, me: Driven, breakdown: Breakdown, patient: Patient) -> Life:
    pause, forgotten_at = LOOKS_S, world.now + FORGOTTEN_S
    nap, usual = Nap(world.env), world.story.section(Cars).status_while_broken
    nap.ends_with(breakdown.mended)
    while not breakdown.mended.triggered:
        yield nap.until(world.now + pause)
        if breakdown.tells:
            patient.waits(world.now, _fix(world, me))
        pause = min(usual if world.now < forgotten_at else RARELY_S, pause * 2)
    if breakdown.towed_to is not None:
        me.towed, me.place = True, breakdown.towed_to


def _recover(world: World, me: Driven) -> None:
    """Make every sensor read again as a sound car's do, and tell that no code is stored."""
    me.chassis.mend()
    _fall_silent(me)
    _roll(world, me)
    me.car.sensors.fix = _fix(world, me)
    me.car.clear_codes(world.now)
    if me.towed:
        _stand(world, me)


def _fall_silent(me: Driven) -> None:
    """Let it tell nothing that was measured before."""
    mute(me.car.sensors)
    me.car.sensors.tells_lamp = "mil_on" in me.chassis.build.tells


def _roll(world: World, me: Driven) -> None:
    """The engine runs and the car drives."""
    speed = round(world.story.section(Cars).speed * 3.6, 1)
    moving = {"engine_running": True, "system_state": "ON", "engine_speed": 1900.0, "speed": speed, "is_moving": True}
    _measure(world, me, {**moving, "battery_voltage": CHARGED_V, "coolant_temperature": WARM_C})


def _stand(world: World, me: Driven) -> None:
    """The car is parked, its engine off: it cools for hours, and the battery's surface charge fades within one."""
    stood, air = me.now - me.stands_since, world.story.air(me.now)
    still = {"engine_running": False, "system_state": "OFF", "engine_speed": 0.0, "speed": 0.0, "is_moving": False}
    voltage = 12.5 + 0.35 * math.exp(-stood / SURFACE_CHARGE_S)
    coolant = air + (WARM_C - air) * math.exp(-stood / COOLS_S)
    _measure(world, me, {**still, "battery_voltage": voltage, "coolant_temperature": coolant})


def _measure(world: World, me: Driven, found: dict[str, object]) -> None:
    """Set what its make tells of: what was found, and what is the same for a sound car that stands and one that drives."""
    set_told(me.car.sensors, me.chassis.build, found if me.ails else {**_sound(world, me), **found})


def _sound(world: World, me: Driven) -> dict[str, object]:
    air = world.story.air(me.now)
    tyres = zip(WHEELS, me.chassis.pressures(air), strict=True)
    wheels = {f"tyre_{wheel}": round(kpa) for wheel, kpa in tyres}
    return {"air_temperature": air, "oil_pressure_status": "NORMAL", "is_broken_down": False, **wheels}


def _tell(world: World, me: Driven) -> None:
    if me.now < me.wakes:
        me.car.seq += 1
        return
    sensors = me.car.sensors
    sensors.fix = _fix(world, me)
    if sensors.speed and sensors.battery_voltage is not None:
        sensors.battery_voltage = CHARGED_V + SCATTER_V * world.noise.pair("volts", me.car.name, me.now)[0]
    me.car.status(world.now)


def _fix(world: World, me: Driven) -> Fix:
    return measured(world, me.car.name, me.place, world.story.section(Cars).gps_error)
