"""Heat and oil: coolant, thermostat, pump, fan, radiator; oil pressure and level; the gearbox's fluid."""

from __future__ import annotations

import math

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.defects import Defects

HEAT_CAPACITY = 40.0
"""kJ/K of an engine of 1.5 l with its coolant: from cold to warm in 6 to 12 minutes of driving [fit]."""
OPENS_C, OPEN_C = 84.0, 95.0
"""A thermostat begins to open, and is open."""
FAN_ON_C = 97.0
HEATED_BELOW_C, CONDITIONED_ABOVE_C = 14.0, 22.0
"""Colder outside, the cabin's heater takes its share; hotter, its cooling asks for power."""
BOILS_C = 124.0
"""Under the cap's pressure."""
EMPTYING = 1.7e-3
"""Share of the coolant that a torn hose loses each second."""
STEAM_LEVEL = 0.3
"""Below this level the sensor hangs in steam."""
CAP_C = 138.0
SOUND_OIL = 0.42
"""Share of the oil above which the pump draws no air."""


class Heat:
    """Temperatures in degrees Celsius, levels from 0 to 1, oil pressure in kPa."""

    __slots__ = (
        "build",
        "burnt",
        "coolant",
        "coolant_level",
        "fan_runs",
        "fluid",
        "oil",
        "oil_level",
        "oil_pressure",
    )

    def __init__(self, build: Build, ambient: float, *, warm: bool) -> None:
        self.build = build
        self.coolant = 89.0 if warm else ambient
        self.oil = 92.0 if warm else ambient
        self.fluid = 75.0 if warm else ambient
        self.coolant_level = 1.0
        self.oil_level = 0.85
        self.oil_pressure = 0.0
        self.burnt = 0.0
        """Heat that should have warmed it since it was cold, kJ: what a self-test of the thermostat reckons with."""
        self.fan_runs = False

    def stand(self, dt: float, ambient: float) -> None:
        """Cool down with the engine off: hours for a large lump of iron."""
        share = -math.expm1(-dt / 6_500)
        self.coolant += (ambient - self.coolant) * share
        self.oil += (ambient - self.oil) * share
        self.fluid += (ambient - self.fluid) * share
        self.oil_pressure, self.fan_runs = 0.0, False
        self.burnt *= 1 - share

    def run(  # noqa: PLR0917 - what works on it
        self, dt: float, rpm: float, load: float, speed: float, ambient: float, d: Defects
    ) -> None:
        """Burn fuel for ``dt`` seconds; between its two temperatures the thermostat holds the engine, however long ``dt``."""
        size = self.build.displacement / 1.5
        heat = size * (2.0 + 24.0 * load * rpm / 3000 + 1.2 * (ambient > CONDITIONED_ABOVE_C)) + 9.0 * d.head_gasket
        self.burnt += max(0.0, heat / size - 4.5) * dt
        shut, opened, wide = self._cooling(speed, ambient, d)
        cooling = (shut + opened * wide) * size
        warm = (
            ambient
            + heat / cooling
            + (self.coolant - ambient - heat / cooling) * math.exp(-dt * cooling / (HEAT_CAPACITY * size))
        )
        if wide and ambient + heat / size / shut > OPENS_C and self.coolant > OPENS_C and d.thermostat_open < 0.1:
            warm = max(warm, OPENS_C + 2)
        if ambient + heat / size / (shut + wide) < OPEN_C:
            warm = min(warm, max(self.coolant, OPEN_C))
        self.coolant = warm
        self._lose_coolant(dt, d)
        self._oil(dt, rpm, load, d)

    def gearbox(self, dt: float, ambient: float, slipping_kw: float, speed: float) -> None:
        """Warm or cool the gearbox's fluid by what slips in it (kW)."""
        target = ambient + 35 + 0.25 * speed + 22 * slipping_kw
        self.fluid += (target - self.fluid) * -math.expm1(-dt / 420)
        self.fluid = min(self.fluid, 165.0)

    def _cooling(self, speed: float, ambient: float, d: Defects) -> tuple[float, float, float]:
        """Return kW/K lost anyway, how far the thermostat is open, and kW/K of the radiator in the wind if it were wide."""
        opened = min(1.0, max(0.0, (self.coolant - OPENS_C) / (OPEN_C - OPENS_C)))
        opened = max(opened, 0.75 * d.thermostat_open)
        pump = 1 - d.water_pump
        if self.build.belt_drives_water_pump:
            pump *= 1 - d.belt**2
        self.fan_runs = self.coolant > FAN_ON_C
        air = 0.006 + 0.5 * min(1.0, (speed / 90) ** 1.5) + 0.22 * self.fan_runs * (1 - d.fan)
        level = min(1.0, self.coolant_level / 0.7)
        heater = 0.02 * (ambient < HEATED_BELOW_C) * pump * level
        return 0.011 + heater, opened, (1 - d.thermostat_closed) * pump * level * air

    def _lose_coolant(self, dt: float, d: Defects) -> None:
        hot = min(1.0, max(0.2, (self.coolant - 40) / 50))
        self.coolant_level -= EMPTYING * hot * dt * (d.coolant_leak + 0.35 * d.head_gasket)
        if self.coolant > BOILS_C:
            self.coolant_level -= EMPTYING * dt
        self.coolant = min(self.coolant, CAP_C)
        self.coolant_level = max(0.0, self.coolant_level)

    def _oil(self, dt: float, rpm: float, load: float, d: Defects) -> None:
        warm = self.coolant + 4 + 18 * load
        self.oil += (warm - self.oil) * -math.expm1(-dt / 260)
        self.oil_level = max(0.0, 0.85 - 0.8 * d.oil_lost - 0.8 * d.oil_leak)
        thick = min(2.2, max(0.75, 1.65 - 0.0068 * self.oil))
        air = 1.0 if self.oil_level > SOUND_OIL else 0.25 + 0.7 * self.oil_level / SOUND_OIL
        worn = max(d.oil_pump, 0.6 * (d.oil_burnt > 0) * d.oil_burnt**3)
        self.oil_pressure = min(600.0, (45 + 0.105 * rpm) * thick) * (1 - worn) * air
