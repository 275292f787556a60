"""The engine: fuel and air meet, burn, or misfire; how it starts, idles, pulls and stalls."""

from __future__ import annotations

import math
from random import Random

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.defects import Defects

GONE = 0.6
"""A signal or supply with this much of a defect is as good as none."""
STOICHIOMETRIC_ON_C = 35.0
"""Coolant temperature from which the mixture is controlled."""
TRIM_LIMIT = 27.0
STARVED = 0.33
"""Share of the fuel without which nothing burns."""
STALL_TORQUE = 0.42
LEAST_RPM = {"petrol": 85.0, "diesel": 95.0, "hybrid": 0.0, "electric": 0.0}
"""Cranking speed from which an engine fires."""
UNIT_V = 6.3
"""An engine's control unit resets below this."""
EMPTY_TANK = 1.2
"""Percent at which the pump draws air in bends."""
COMPRESSION_NEEDED = 0.8


class Engine:
    """Pressures in kPa, temperatures in degrees Celsius, air in g/s, trims in percent, load and shares from 0 to 1."""

    __slots__ = (
        "air", "build", "catalyst_heat", "cylinder", "delivered", "dice", "fuel", "load", "long", "low", "low_wanted",
        "manifold", "metered", "misfire_all", "misfire_one", "mixture", "rail", "rail_wanted", "rpm", "running", "short",
        "soot", "throttle_position", "torque", "unmetered", "urea", "wanted_boost",
    )  # fmt: skip

    def __init__(self, build: Build, dice: Random, *, fuel: float) -> None:
        self.build = build
        self.dice = dice
        self.cylinder = dice.randint(1, build.cylinders)
        """The one that a single fault befalls."""
        self.fuel = fuel
        """Percent in the tank."""
        self.urea = dice.uniform(25, 95)
        self.soot = dice.uniform(0.1, 0.6)
        self.low_wanted = 350.0 if build.powertrain == "diesel" else 500.0 if build.direct_injection else 380.0
        self.long = dice.gauss(0.0, 2.5)
        self.catalyst_heat = 20.0
        self.running = False
        self.rpm = self.load = self.short = self.mixture = self.unmetered = 0.0
        self.low = self.rail = self.rail_wanted = self.air = self.metered = 0.0
        self.manifold = self.wanted_boost = 100.0
        self.misfire_one = self.misfire_all = 0.0
        self.torque = self.delivered = 1.0
        self.throttle_position = 0.0

    def stop(self) -> None:
        """Stand still."""
        self.running = False
        self.rpm = self.load = self.air = self.metered = self.misfire_one = self.misfire_all = 0.0
        self.low = self.rail = self.throttle_position = 0.0
        self.manifold = self.wanted_boost = 100.0

    def cool(self, dt: float, ambient: float) -> None:
        """Let the exhaust cool down."""
        self.catalyst_heat += (ambient - self.catalyst_heat) * -math.expm1(-dt / 1_500)

    def tries(self, dt: float, crank_rpm: float, volts: float, coolant: float, d: Defects) -> bool:
        """Crank for ``dt`` seconds; return whether it fires."""
        self.rpm = crank_rpm
        self._feed(dt, 0.3, max(crank_rpm, 1.0), volts, d)
        self._burn(0.25, volts, coolant, d)
        able = crank_rpm > LEAST_RPM[self.build.powertrain] * (1 + 0.01 * max(0.0, 5 - coolant))
        signals = d.crank_signal < GONE and d.engine_unit < GONE and d.power_relay < GONE and volts > UNIT_V
        weak = self.misfire_all + 0.25 * d.cam_signal + 0.25 * (d.compression > COMPRESSION_NEEDED)
        burns = self.delivered > STARVED + 0.1 and weak < self.dice.uniform(0.55, 0.8) and d.timing < 0.75
        if able and signals and burns and d.throttle < 0.97 and d.key_unread < GONE:
            self.running = True
        return self.running

    def run(  # noqa: PLR0917 - what works on it
        self, dt: float, speed: float, slip: float, coolant: float, volts: float, d: Defects
    ) -> None:
        """Run for ``dt`` seconds at ``speed`` km/h; it may stall."""
        self._work(speed, slip, coolant, d)
        self._feed(dt, self.load, self.rpm, volts, d)
        self._breathe(d)
        self._correct(dt, coolant, d)
        self._burn(self.load, volts, coolant, d)
        self._exhaust(dt, d)
        lost = max(d.crank_signal, d.engine_unit, d.power_relay, d.ignition_switch) >= GONE or volts < UNIT_V
        starved = self.delivered < STARVED
        idle = self.load < 0.3
        if lost or starved or (self.torque < STALL_TORQUE * (1.0 if idle else 0.7)):
            self.stop()

    def _work(self, speed: float, slip: float, coolant: float, d: Defects) -> None:
        """Find load and engine speed for a wanted speed; idle air that is not asked for raises the idle."""
        luck = self.dice.random()
        if speed < 1:
            self.load = 0.16 + 0.04 * luck + 0.0015 * max(0.0, 40 - coolant)
            self.rpm = 760 + 5.5 * max(0.0, 45 - coolant) + 20 * luck + 600 * self._false_air(d) * (1 - d.throttle)
            self.rpm -= 120 * min(1.0, 4 * self.misfire_all) * luck
        else:
            self.load = min(1.0, 0.14 + 0.16 * luck + 0.16 * (speed / 60) ** 1.6)
            self.rpm = (1_150 + 13.5 * speed + 350 * luck) * (1 + slip)
        self.throttle_position = min(100.0, 6 + 70 * self.load * (0.7 + 0.3 * luck))

    def _false_air(self, d: Defects) -> float:
        return 0.0 if self.build.powertrain == "diesel" else d.vacuum_leak + 0.3 * d.purge_open

    def _feed(self, dt: float, load: float, rpm: float, volts: float, d: Defects) -> None:
        """Bring the fuel from the tank to the injectors."""
        flow = 0.08 + load * rpm / 3000
        self.fuel = max(0.0, self.fuel - dt * (0.00004 + 0.0011 * load * rpm / 3000) * self.build.displacement / 1.5)
        pump = max(0.0, 1 - d.fuel_pump) * min(1.0, max(0.0, (volts - 4) / 8))
        if self.fuel < EMPTY_TANK or d.tank_empty > GONE:
            self.fuel = min(self.fuel, EMPTY_TANK)
            pump *= self.dice.random() * 0.55 * (1 - 0.6 * d.tank_empty)
        held = max(0.0, 1 - d.fuel_filter * (0.35 + 0.95 * flow))
        self.low = self.low_wanted * min(1.05, pump * 1.45) * held
        share = min(1.0, self.low / self.low_wanted)
        if not self.build.direct_injection:
            self.delivered = share**0.6
            return
        self.rail_wanted = 30_000 + 115_000 * load if self.build.powertrain == "diesel" else 4_500 + 12_000 * load
        worn = max(0.0, 1 - d.high_pressure_pump * (0.55 + 0.6 * min(1.0, flow)))
        self.rail = self.rail_wanted * min(1.0, share / 0.6) * worn * (1 + 0.5 * d.rail_too_high)
        self.delivered = min(1.1, self.rail / self.rail_wanted) ** 0.5

    def _breathe(self, d: Defects) -> None:
        """Draw air: what the meter sees of it, what comes in behind it, and what the turbo gives."""
        build = self.build
        self.wanted_boost = 100 + (130 * max(0.0, self.load - 0.25) if build.turbo else 0.0)
        given = 1 - d.turbo - 0.5 * d.exhaust_leak * build.turbo + 0.6 * d.overboost
        boost = 100 + (self.wanted_boost - 100) * max(0.0, given)
        throttled = build.powertrain != "diesel" and self.wanted_boost <= 100
        self.manifold = 28 + 68 * self.load + 14 * self._false_air(d) if throttled else boost
        filling = 0.12 + 0.88 * self.load * min(1.15, boost / self.wanted_boost)
        self.air = build.displacement * self.rpm / 120 * 1.2 * filling * (self.wanted_boost / 100)
        self.air *= 1 - 0.3 * d.egr_open * (build.powertrain == "diesel")
        vacuum = max(0.0, 1 - 1.1 * self.load) if throttled else 0.0
        self.unmetered = 4.2 * self._false_air(d) * vacuum if build.air_flow_meter else 0.0
        self.metered = self.air * (1 - d.air_meter)

    def _correct(self, dt: float, coolant: float, d: Defects) -> None:
        """Trim the mixture by the oxygen sensor, as far as it goes."""
        air_error = d.air_meter if self.build.air_flow_meter else 0.8 * d.manifold_sensor
        lean = air_error + self.unmetered / (self.air + 0.5) + 1.1 * (1 - self.delivered)
        lean += 0.5 * d.injector_clogged / self.build.cylinders - 0.28 * d.injector_leaks - 0.10 * d.purge_open
        lean += 0.25 * d.oxygen_bias + 0.08 * d.exhaust_leak + 0.10 * d.rail_sensor - 0.15 * d.rail_too_high
        lean += 0.6 * self.misfire_one / self.build.cylinders + 0.3 * self.misfire_all
        needed = max(-60.0, min(90.0, 100 * lean))
        if coolant < STOICHIOMETRIC_ON_C or not self.build.spark:
            self.short, self.mixture = 0.0, (needed - self.long if self.build.spark else needed) / 100
            return
        self.long += (needed - self.long) * -math.expm1(-dt / 160)
        self.long = max(-TRIM_LIMIT, min(TRIM_LIMIT, self.long))
        self.short = max(-TRIM_LIMIT, min(TRIM_LIMIT, (needed - self.long) * (1 - 0.7 * d.oxygen_slow)))
        self.mixture = (needed - self.long - self.short) / 100 - 0.3 * d.oxygen_bias

    def _burn(self, load: float, volts: float, coolant: float, d: Defects) -> None:
        """Find how many ignitions fail, in the one cylinder and in all, and what torque is left."""
        spark = self.build.spark
        cold = 1 + 0.012 * max(0.0, 20 - coolant)
        one = 1 - (1 - min(1.0, d.injector_clogged**2)) * (1 - min(1.0, 0.9 * d.compression**1.5))
        if spark:
            one = 1 - (1 - one) * (1 - min(1.0, d.coil**2 * (0.55 + 0.9 * load)))
        self.misfire_one = one
        every = 1.3 * max(0.0, abs(self.mixture) - 0.12)
        if spark:
            every += d.plugs**2 * (0.04 + 0.3 * load) * cold + 0.8 * max(0.0, 9.3 - volts) / 3
            every += 0.22 * d.egr_open * (load < 0.35)
        every += 0.25 * d.timing**1.5 + 0.3 * d.crank_signal * (d.crank_signal < GONE) + 0.05 * d.injector_leaks
        every += 0.06 * d.head_gasket * cold + 0.1 * max(0.0, 0.9 - self.delivered)
        self.misfire_all = min(1.0, every)
        self.torque = (1 - self.misfire_all) * (1 - one / self.build.cylinders) * (1 - 0.35 * d.timing)
        self.torque *= min(1.0, 0.25 + 0.85 * self.delivered) * (1 - 0.45 * d.egr_open) * (1 - 0.3 * d.vacuum_leak**2)

    def _exhaust(self, dt: float, d: Defects) -> None:
        burning = 260 + 480 * self.load + 900 * min(0.5, self.misfire_all + self.misfire_one / self.build.cylinders)
        self.catalyst_heat += (burning - self.catalyst_heat) * -math.expm1(-dt / 110)
        self.soot = min(1.6, self.soot + dt * (4e-6 + 9e-4 * d.soot + 2e-4 * d.egr_open))
        self.urea = max(0.0, self.urea - dt * 1.2e-5 - dt * 0.03 * d.urea_lost)
