"""What the sensors make of the body: scattered, and wrong where a sensor is."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from firmware_sim.kinds.car.build import WHEELS, Build
from firmware_sim.kinds.car.chassis import Chassis
from firmware_sim.kinds.car.defects import Defects
from firmware_sim.kinds.car.electrics import Electrics
from firmware_sim.kinds.car.engine import Engine
from firmware_sim.kinds.car.heat import STEAM_LEVEL, Heat

DRAWN = 61
"""A prime, so that the numbers come in another order each time round."""
OPEN_NTC_C, SHORT_NTC_C = -40.0, 140.0
"""What a temperature sensor shows whose wire is cut, or shorted."""


class Scatter:
    """Standard normal numbers, drawn once and dealt again and again: a body takes a dozen at each step."""

    __slots__ = ("_at", "_drawn")

    def __init__(self, dice: Random, noise: float) -> None:
        self._drawn = [dice.gauss(0.0, noise) for _ in range(DRAWN)]
        self._at = 0

    def next(self) -> float:
        """Return the next one."""
        self._at = (self._at + 7) % DRAWN
        return self._drawn[self._at]


@dataclass(slots=True)
class Measured:
    """Units as in the body."""

    voltage: float = 12.5
    voltage_before: float = 12.5
    coolant: float = 20.0
    oil: float = 20.0
    oil_pressure: float = 200.0
    rpm: float = 0.0
    short: float = 0.0
    long: float = 0.0
    rail: float = 0.0
    low: float = 0.0
    fuel: float = 50.0
    manifold: float = 100.0
    fluid: float = 20.0
    ambient: float = 15.0
    tyres: list[float] = field(default_factory=lambda: [230.0] * len(WHEELS))
    gauge: float | None = None
    """Where a stuck fuel gauge stands."""

    def take(  # noqa: PLR0917 - the body's parts
        self, electrics: Electrics, engine: Engine, heat: Heat, d: Defects, build: Build, scatter: Scatter
    ) -> None:
        """Measure the 12 V side, and the engine where there is one."""
        self.voltage_before, self.voltage = self.voltage, max(0.0, electrics.supply + 0.04 * scatter.next())
        if electrics.ripple:
            self.voltage = max(0.0, self.voltage + 0.5 * electrics.ripple * scatter.next())
        if not build.combustion:
            return
        self.coolant = self._coolant(heat, d, scatter)
        self.oil = heat.oil + scatter.next()
        self._oil_pressure(heat, d, scatter)
        self.rpm = 0.0 if d.crank_signal >= 0.6 else engine.rpm + 9 * scatter.next()
        self.short = engine.short + 1.2 * scatter.next()
        self.long = engine.long
        self.rail = max(0.0, engine.rail * (1 - 0.6 * d.rail_sensor) * (1 + 0.015 * scatter.next()))
        self.low = max(0.0, engine.low * (1 + 0.015 * scatter.next()))
        self._fuel(engine, d, scatter)
        self.manifold = max(5.0, engine.manifold * (1 - d.manifold_sensor) + scatter.next())
        self.fluid = heat.fluid + scatter.next()

    def roll(self, chassis: Chassis, ambient: float, scatter: Scatter) -> None:
        """Measure the tyres and the air."""
        self.tyres = [pressure + scatter.next() for pressure in chassis.pressures(ambient)]
        self.ambient = ambient + 0.4 * scatter.next()

    @staticmethod
    def _coolant(heat: Heat, d: Defects, scatter: Scatter) -> float:
        seen = heat.coolant - 60 * d.coolant_sensor
        if heat.coolant_level < STEAM_LEVEL:
            seen -= 12 + 10 * abs(scatter.next())
        return min(SHORT_NTC_C, max(OPEN_NTC_C, seen + 0.6 * scatter.next()))

    def _oil_pressure(self, heat: Heat, d: Defects, scatter: Scatter) -> None:
        self.oil_pressure = max(0.0, heat.oil_pressure * (1 - d.oil_sensor) + 3 * scatter.next())

    def _fuel(self, engine: Engine, d: Defects, scatter: Scatter) -> None:
        if d.fuel_gauge_stuck and self.gauge is None:
            self.gauge = 18.0 + 8 * abs(scatter.next())
        self.fuel = min(100.0, max(0.0, (engine.fuel if self.gauge is None else self.gauge) + 0.5 * scatter.next()))
