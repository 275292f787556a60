"""What carries the car: four tyres, brakes, steering, and the gearbox's grip."""

from __future__ import annotations

import math
from random import Random

from firmware_sim.kinds.car.build import WHEELS, Build
from firmware_sim.kinds.car.defects import Defects

KELVIN = 273.15
AIR_KPA = 101.3
FRONT = 2
"""Wheels 0 and 1 are in front."""
LOW = 0.9
"""Share of the prescribed pressure below which a tyre has lost air: sound ones scatter within a few percent."""


class Chassis:
    """Tyre pressures in kPa above the air's, at 20 °C; wear and slip from 0 to 1."""

    __slots__ = ("build", "cold_pressures", "pad_wear", "slip", "slipping_kw", "tyre_heat", "wheel")

    def __init__(self, build: Build, dice: Random) -> None:
        self.build = build
        self.wheel = dice.randrange(len(WHEELS))
        """The one that a single fault befalls."""
        self.cold_pressures = [build.tyre_placard * dice.gauss(1.01, 0.025) for _ in WHEELS]
        self.tyre_heat = 0.0
        """Kelvin above the air outside."""
        worn = min(0.8, build.mileage % 45_000 / 55_000)
        self.pad_wear = [min(0.9, worn * (1.0 if wheel < FRONT else 0.6) + dice.uniform(0, 0.06)) for wheel in range(4)]
        self.slip = self.slipping_kw = 0.0

    def roll(self, dt: float, speed: float, d: Defects) -> None:
        """Let a leak empty its tyre, and rolling warm all four."""
        warm = 22 * min(1.0, speed / 90)
        self.tyre_heat += (warm - self.tyre_heat) * -math.expm1(-dt / 900)
        if d.tyre_leak:
            flow = d.tyre_leak**3 / 40
            self.cold_pressures[self.wheel] *= math.exp(-flow * dt)

    def mend(self) -> None:
        """Change the wheel that lost its air, where one did; all of them have cooled meanwhile."""
        self.tyre_heat = 0.0
        if self.cold_pressures[self.wheel] < LOW * self.build.tyre_placard:
            self.cold_pressures[self.wheel] = self.build.tyre_placard

    def pressures(self, ambient: float) -> list[float]:
        """Return the tyres' pressures above the air's, as they are now: gas at a constant volume (Gay-Lussac)."""
        warmer = (ambient + self.tyre_heat + KELVIN) / (20 + KELVIN)
        return [max(0.0, (cold + AIR_KPA) * warmer - AIR_KPA) for cold in self.cold_pressures]

    def pads(self, wheel: int, d: Defects) -> float:
        """Return how far a wheel's pads are worn; the fault is at the axle of the one wheel."""
        fresh = self.pad_wear[wheel]
        return max(fresh, d.pads) if wheel // FRONT == self.wheel // FRONT else fresh

    def drive_through(self, load: float, fluid: float, d: Defects) -> None:
        """Find how much the gearbox or clutch slips, and what heat that makes."""
        kind, build = 0.0, self.build
        if build.gearbox in {"manual", "dual_clutch"}:
            kind = d.clutch**2 * (0.25 + 1.1 * load)
        oil = max(d.gear_fluid, 0.5 * d.converter) if build.gearbox not in {"manual", "single_speed"} else 0.0
        hot = 1 + max(0.0, fluid - 110) / 60
        self.slip = min(0.9, kind + oil**2 * (0.12 + 0.5 * load) * hot + 0.3 * d.gears)
        self.slipping_kw = 14 * load * self.slip + 1.6 * d.gear_fluid + 1.2 * d.converter

    def gear_pressure(self, d: Defects) -> float:
        """Return the share of its wanted pressure that the gearbox holds."""
        return max(0.0, 1 - 0.75 * d.gear_fluid - 0.3 * d.converter * d.gear_fluid)
