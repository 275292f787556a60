"""The high voltage side: cells, contactors, isolation, inverter, motor, charger, and their coolant."""

from __future__ import annotations

import math
from random import Random

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.defects import Defects

WH_PER_KM = {"electric": 175.0, "hybrid": 25.0}
CELL_EMPTY_V, CELL_FULL_V = 3.2, 4.15
SHUT = 0.6
"""A defect from which contactors stay open, or drive or charge is refused."""
WARM_C = 45.0
"""Above this a battery gives less power."""


class Traction:
    """Charge from 0 to 1, temperatures in degrees Celsius, cell voltages in volts, isolation in kilo-ohms."""

    __slots__ = (
        "build", "cell_temperature", "charge", "charging", "health", "inverter_temperature", "power", "ready", "spread",
    )  # fmt: skip

    def __init__(self, build: Build, dice: Random, ambient: float) -> None:
        self.build = build
        self.charge = dice.uniform(0.25, 0.95)
        self.health = max(0.7, 1 - 0.018 * build.age_years - dice.uniform(0, 0.04))
        self.cell_temperature = ambient + dice.uniform(0, 8)
        self.inverter_temperature = ambient
        self.spread = dice.uniform(0.004, 0.02)
        """Volts between the highest and the lowest cell."""
        self.power = 1.0
        """What it lets the driver have of its full power."""
        self.ready = self.charging = False

    def rest(self, dt: float, ambient: float) -> None:
        """Stand; what was warm cools."""
        share = -math.expm1(-dt / 18_000)
        self.cell_temperature += (ambient - self.cell_temperature) * share
        self.inverter_temperature += (ambient - self.inverter_temperature) * -math.expm1(-dt / 1_800)
        self.ready = self.charging = False

    def switch_on(self, supply: float, d: Defects) -> bool:
        """Close the contactors, if the 12 V side can, and nothing forbids it."""
        forbidden = max(d.contactor, 0.95 * d.isolation, d.cells * (d.cells > 0.9), d.bus)
        self.ready = supply > 9.0 and forbidden < SHUT and max(d.inverter, d.resolver) < SHUT
        return self.ready

    def charge_up(self, dt: float, ambient: float, d: Defects) -> None:
        """Take current from the plug, unless charger, lock or inlet refuse."""
        refused = max(d.charger, d.charge_lock, d.contactor, d.isolation) >= SHUT
        self.charging = not refused and self.charge < 1
        power = 0.0 if refused else 7.0 * (1 - 0.7 * d.inlet_hot)
        if self.build.traction_capacity:
            self.charge = min(1.0, self.charge + power * dt / 3600 / self.build.traction_capacity)
        self.cell_temperature += (ambient + 0.8 * power - self.cell_temperature) * -math.expm1(-dt / 9_000)

    def run(self, dt: float, speed: float, ambient: float, d: Defects) -> float:
        """Drive; return the speed that is possible."""
        hard = min(1.0, (speed / 110) ** 2)
        used = WH_PER_KM[self.build.powertrain] * speed * dt / 3600 / 1000
        held = max(1.0, self.build.traction_capacity) * self.health * (1 - 0.5 * d.cells)
        self.charge = max(0.02, self.charge - used / held)
        cooling = 1 - 0.85 * d.hv_pump
        hot = ambient + (4 + 14 * hard) / (0.15 + 0.85 * cooling) + 34 * d.cells_hot + 8 * d.cells
        self.cell_temperature += (hot - self.cell_temperature) * -math.expm1(-dt / 1_300)
        inner = ambient + (10 + 22 * hard) / (0.16 + 0.84 * cooling) + 75 * d.inverter_hot
        self.inverter_temperature += (inner - self.inverter_temperature) * -math.expm1(-dt / 240)
        weak = max(0.0, self.inverter_temperature - 85) / 40 + max(0.0, self.cell_temperature - WARM_C) / 25
        self.power = max(0.0, 1 - 0.7 * d.cells - 0.6 * d.motor - min(0.8, weak))
        dead = max(d.inverter, d.contactor, d.resolver) >= SHUT
        self.ready = not dead
        return 0.0 if dead else 25 + 150 * self.power

    def cells(self, load: float, d: Defects) -> tuple[float, float]:
        """Return the lowest and the highest cell's voltage; a weak cell gives way under load."""
        middle = CELL_EMPTY_V + (CELL_FULL_V - CELL_EMPTY_V) * self.charge**0.8 - 0.08 * load
        return middle - self.spread - d.cells * (0.18 + 0.5 * load), middle + self.spread / 2

    def isolation(self, d: Defects) -> float:
        """Return the resistance between the high voltage side and the body, kilo-ohms."""
        return 2_500.0 * (1 - d.isolation) ** 3 + 8.0
