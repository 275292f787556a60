"""Episodes of cars: one drive or start of one car, in which something breaks, or nothing does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.body import Body
from firmware_sim.kinds.car.build import Build, chance, draw_build, one_of
from firmware_sim.kinds.car.device import Car
from firmware_sim.kinds.car.failures import has
from firmware_sim.kinds.car.telematics import Telematics
from firmware_sim.kinds.car.use import Use
from gateway.devices.registry import DeviceRecord
from gateway.kinds.car.conclude import FAULT
from scenarios.episodes.episode import Episode, Episodes, EpisodeTruth
from scenarios.episodes.mix import HEALTHY
from scenarios.episodes.recorder import Recorder
from scenarios.kinds.car.disturbances import DISTURBANCES, Disturbance
from scenarios.kinds.car.driver import Driver
from scenarios.kinds.car.parts import CAR_PARTS, Occasion
from scenarios.kinds.car.shares import SHARES
from scenarios.story.streams import Streams
from scenarios.world.town import Point, moved

NOTHING = "nothing"
BEGINS = 1_767_247_200.0
"""2026-01-01; episodes begin at any hour of that year."""
YEAR = 365 * 86_400.0
TOWN = Point(56.9496, 24.1052)
MINUTE, HOUR = 60.0, 3_600.0
NIGHT_PARTS = frozenset({"battery_12v", "parasitic_drain", "battery_terminal", "tyre_slow_leak"})
"""They break while the car stands."""
CHARGING_PARTS = frozenset({"alternator", "drive_belt", "dcdc_converter"})
"""The battery of half of these cars is low already: they have been ailing for days [fit]."""
TRAFFIC_PARTS = frozenset({"radiator_fan"})
"""They show in traffic: elsewhere the wind does their work."""
WARM_PARTS = frozenset(
    {"thermostat", "radiator_fan", "oxygen_sensor", "catalytic_converter", "particulate_filter", "nox_system"}
)
"""They show on a long drive only."""
UNWORN_PARTS = frozenset({"empty_tank", "key_fob", "tyre", "fuse_relay", NOTHING})
"""They fail at any age. Of what wears, the older of two cars fails: the hazard grows about evenly with age (ADAC 2024)."""
NEXT_DRIVES = 2
"""A pending code calls nobody: the car is driven again within the day, until its code is confirmed, or forgotten."""
NO_FIX = 0.04
"""Of the episodes: how many take place where satellites are not seen."""


def car_episode(number: int, streams: Streams, part: str | None = None) -> Episode:
    """Play one episode; ``part`` is drawn unless it is given."""
    dice = Random(int(streams.keyed("car_episode", number).integers(1 << 62)))  # noqa: S311 - a story's dice
    if part is None:
        part = NOTHING if dice.random() < HEALTHY else one_of(dice, SHARES)
    while True:
        play = _Play(number, part, dice)
        episode = play.episode()
        if not play.failed_early:
            return episode


class _Play:
    """One episode under way."""

    def __init__(self, number: int, part: str, dice: Random) -> None:
        self.part, self.dice = part, dice
        self.device = f"volta/car-{number:06d}"
        self.customer = f"c{number:06d}"
        self.disturbance = _disturbance(dice) if part == NOTHING else None
        self.build = _car(dice, part)
        self.begins = BEGINS + dice.random() * YEAR
        self.ambient = _weather(dice, self.begins, self.disturbance, part)
        self.now = self.begins
        self.recorder = Recorder(self.now)
        self.broke_at = self.begins
        self.first_told: float | None = None
        self.place = moved(TOWN, dice.gauss(0, 6_000), dice.gauss(0, 6_000))
        self.heading = dice.uniform(0, 2 * math.pi)
        self.sees_sky = dice.random() >= NO_FIX
        self._start_car()

    def episode(self) -> Episode:
        """Play it to its end."""
        for now, use in self._day():
            self._advance(now, use)
            if self.first_told is not None and now > self.first_told + self.help_after:
                break
        needs_help = self.part != NOTHING and CAR_PARTS[self.part].needs_help
        truth = EpisodeTruth(self.part, needs_help, self.broke_at, self.place.latitude, self.place.longitude)
        record = DeviceRecord(
            self.device,
            "car",
            self.customer,
            "simulated",
            model=self.build.powertrain,
            model_year=2026 - int(self.build.age_years),
        )
        return Episode("car", truth, tuple(self.recorder.messages), (record,), beside=f"{FAULT}/")

    @property
    def failed_early(self) -> bool:
        """Did a car that is thought sound not start? Then it is no episode of what was to be played."""
        return self.driver.gives_up and (self.part == NOTHING or self.now < self.broke_at)

    def _start_car(self) -> None:
        dice, build = self.dice, self.build
        car = Car(self.device)
        self.recorder.attach(car)
        warm = chance(dice, 0.4) and self.part not in NIGHT_PARTS and self.part != NOTHING
        self.body = Body(build, dice, self.now, ambient=self.ambient, fuel=dice.uniform(12, 95), warm=warm)
        self.telematics = Telematics(car, self.body, dice)
        hurry = self.disturbance.hurry if self.disturbance else 1.0 if chance(dice, 0.8) else 0.4
        hurry = 0.1 if self.part in TRAFFIC_PARTS and chance(dice, 0.7) else hurry
        self.driver = Driver(self.body, dice, self.ambient, hurry=hurry)
        self.help_after = dice.uniform(20, 40) * MINUTE
        car.go_online(self.now)

    def _advance(self, now: float, use: Use) -> None:
        """Step the body, move, tell, and let the driver look."""
        self._move(now)
        self.now = self.recorder.now = now
        if self.sees_sky:
            self.telematics.locate(self._fix())
        event = self.telematics.advance(now, use)
        if now >= self.broke_at and (use.activity != "driving" or self.body.awake_s % 40 < 20):  # now and then
            self.driver.look(now)
        symptoms = self.driver.says(now, codes_told=self.first_told is not None)
        if symptoms:
            event = self.telematics.tell_codes(now, {}, symptoms)
        if now < self.broke_at:
            return
        if event is not None and self.first_told is None and (symptoms or self._warns()):
            self.first_told = now

    def _warns(self) -> bool:
        """Has a code been confirmed, so that a lamp is lit and somebody is called?"""
        return any(held.status == "confirmed" for held in self.body.memory.stored.values())

    def _move(self, now: float) -> None:
        metres = self.body.speed / 3.6 * (now - self.now)
        if metres > 0:
            self.heading += self.dice.gauss(0, 0.3)
            self.place = moved(self.place, metres * math.cos(self.heading), metres * math.sin(self.heading))

    def _fix(self) -> Fix:
        error = 4.0 if self.body.speed else 6.0
        seen = moved(self.place, self.dice.gauss(0, error), self.dice.gauss(0, error))
        return Fix(seen.latitude, seen.longitude, 1.51 * error, self.now)

    def _day(self) -> Iterator[tuple[float, Use]]:
        """Park, open, start, drive, wait: as the part's occasion wants it."""
        occasion = Occasion.DRIVING if self.part == NOTHING else CAR_PARTS[self.part].occasion
        night = self.part in NIGHT_PARTS or (self.disturbance is not None and self.disturbance.nights)
        stands = self.dice.uniform(6, 11) * HOUR if night else self.dice.uniform(0.3, 2) * HOUR
        starts_at = self.now + stands
        lasts = self.dice.uniform(25, 60) if self.part in WARM_PARTS else self.dice.uniform(10, 60)
        lasts *= MINUTE
        self._plan_break(occasion, starts_at, lasts, night=night)
        yield from self.driver.park(self.now, starts_at)
        if occasion == Occasion.PLUGGED:
            yield from self.driver.park(self.now, self.now + lasts, "plugged")
            return
        yield from self.driver.open(self.now)
        yield from self.driver.start(self.now, self.dice.randint(2, 4))
        yield from self.driver.drive(self.now, self.now + lasts)
        for _ in range(NEXT_DRIVES):
            if self.driver.gives_up or not self.body.memory.stored or self._warns():
                break
            yield from self.driver.park(self.now, self.now + self.dice.uniform(1, 5) * HOUR)
            yield from self.driver.open(self.now)
            yield from self.driver.start(self.now, self.dice.randint(2, 4))
            yield from self.driver.drive(self.now, self.now + self.dice.uniform(20, 45) * MINUTE)
        if self.driver.gives_up:
            yield from self.driver.wait(self.now, self.now + 45 * MINUTE)
        else:
            yield from self.driver.park(self.now, self.now + self.dice.uniform(10, 40) * MINUTE)

    def _plan_break(self, occasion: str, starts_at: float, lasts: float, *, night: bool) -> None:
        """Fix when it breaks, and break it."""
        dice = self.dice
        if self.part in CHARGING_PARTS and chance(dice, 0.5):
            self.body.electrics.charge = dice.uniform(0.3, 0.75)
            self.broke_at = self.now
        elif night:
            self.broke_at = self.now + dice.uniform(0.02, 0.3) * (starts_at - self.now)
        elif occasion == Occasion.DRIVING:
            share = dice.uniform(0.0, 0.3) if self.part in WARM_PARTS else dice.uniform(0.05, 0.6)
            self.broke_at = starts_at + 60 + share * lasts
        else:
            self.broke_at = starts_at - dice.uniform(0, 1) * MINUTE
        if self.disturbance is not None:
            self.broke_at, self.driver.broke_at = self.now, math.inf
            self.disturbance.does(self.body, dice, starts_at + 2 * MINUTE)
            return
        self.driver.broke_at = self.broke_at
        self.body.break_part(self.part, self.broke_at, dice)


def _car(dice: Random, part: str) -> Build:
    """Draw a car that has the part; of two the older, where the part wears."""
    cars = [
        draw_build(dice, lambda build: part == NOTHING or has(build, part)) for _ in range(2 - (part in UNWORN_PARTS))
    ]
    return max(cars, key=lambda build: build.mileage)


def _disturbance(dice: Random) -> Disturbance:
    name = one_of(dice, {name: one.weight for name, one in DISTURBANCES.items()})
    return DISTURBANCES[name]


def _weather(dice: Random, at: float, disturbance: Disturbance | None, part: str) -> float:
    """Return the air's temperature: Riga's year, 18 °C in July and -4 °C in January, and its days."""
    if disturbance is not None:
        return dice.uniform(*disturbance.weather)
    if part in TRAFFIC_PARTS:
        return dice.uniform(12, 37)
    season = math.cos(2 * math.pi * (at - BEGINS) / YEAR - 0.35)
    return 7 - 11 * season + dice.gauss(0, 4.5)


EPISODES = Episodes(0.6, car_episode)  # cars have the most parts
