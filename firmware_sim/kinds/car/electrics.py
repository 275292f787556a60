"""The 12 V side: battery, starter, alternator or DC-DC converter, and what is left for the control units."""

from __future__ import annotations

import math

from firmware_sim.kinds.car.build import Build
from firmware_sim.kinds.car.defects import Defects

FULL_V, EMPTY_V = 12.72, 11.85
"""Open circuit voltages of a lead-acid battery, charged and discharged, at 25 °C."""
CELL_V = 2.1
RESISTANCE = 0.33
"""Ohm times Ah: a new battery of 60 Ah has 5.5 milliohms at 25 °C."""
HOLDS_V = 6.5
"""Below this a starter's solenoid lets go: it clicks."""
DEAD = 0.9
"""A defect from this size on is a whole failure."""
IGNITION_A, IDLE_A = 9.0, 28.0
"""Currents of a car switched on, and running."""
IDLE_RPM = 1_100.0
"""Below this an alternator reaches half of what it can."""
SULPHATED = 0.12
"""State of charge below which the voltage falls off."""


class Electrics:
    """Voltages in volts, currents in amperes (out of the battery positive), charge from 0 to 1."""

    __slots__ = (
        "build",
        "capacity",
        "charge",
        "charging",
        "crank_rpm",
        "current",
        "ripple",
        "supply",
        "temperature",
        "voltage",
    )

    def __init__(self, build: Build, ambient: float, charge: float) -> None:
        self.build = build
        self.charge = charge
        self.temperature = ambient
        self.capacity = build.battery_capacity
        self.voltage = self.supply = 12.5
        """At the battery, and at the control units."""
        self.current = self.crank_rpm = self.ripple = 0.0
        self.charging = False
        """Somebody charges: alternator or converter keeps up with the loads."""

    def open_circuit(self, d: Defects) -> float:
        """Return the voltage without a load; it falls off where the battery is quite empty."""
        rest = EMPTY_V + (FULL_V - EMPTY_V) * self.charge
        deep = 9.0 * (max(0.0, SULPHATED - self.charge) / SULPHATED) ** 2
        return max(2.0, rest - deep - CELL_V * d.battery_cell_short)

    def resistance(self, d: Defects) -> float:
        """Return the battery's resistance in ohms: it rises with cold, age, and discharge."""
        age = max(self.build.battery_age * 0.5, d.battery_aged)
        cold = 1 + 0.011 * max(-10.0, 25 - self.temperature)
        return RESISTANCE / self.capacity * cold * (1 + 4.5 * math.pow(age, 1.5)) * (1 + 2.0 * (1 - self.charge) ** 2)

    def rest(self, dt: float, ambient: float, load: float, d: Defects) -> None:
        """Stand for ``dt`` seconds with ``load`` amperes drawn."""
        self.temperature += (ambient - self.temperature) * -math.expm1(-dt / 14_000)
        load += 6.0 * d.drain
        self._draw(load + 6.0 * d.self_discharge, dt, d)
        self.current = load
        self.voltage = self.open_circuit(d) - load * self.resistance(d)
        self.supply = self._behind_terminal(self.voltage, load, d)
        self.crank_rpm, self.ripple, self.charging = 0.0, 0.0, False

    def crank(self, dt: float, d: Defects, *, engaged: bool) -> None:
        """Turn the engine over; not ``engaged``: nothing reaches the starter, only the ignition draws."""
        cold = 1 + 0.012 * max(0.0, 20 - self.temperature)
        inner = self.resistance(d) + 0.003 * d.battery_aged + _contact(d.terminal)
        if not engaged or d.starter_open >= DEAD:
            self._sit(IGNITION_A, inner, dt, d)
            return
        heavy = 1.5 if self.build.powertrain == "diesel" else 1.0
        size = 0.75 + 0.18 * self.build.displacement
        wanted = 150 * heavy * size * cold * (1 + 0.9 * d.starter)
        stuck = d.starter >= DEAD
        wanted *= 0.2 if stuck else 1.0
        source = self.open_circuit(d)
        amperes = min(wanted, max(0.0, source - 3.0) / inner)
        self.voltage = source - amperes * (inner - _contact(d.terminal))
        self.supply = source - amperes * inner
        self.crank_rpm = 0.0
        if self.supply > HOLDS_V and not stuck:
            share = (self.supply - 5.0) / 5.5
            self.crank_rpm = 235 * share / (1 + 0.4 * (cold - 1)) / (1 + 1.2 * d.starter)
        elif not stuck:
            amperes *= 0.3
        self._draw(amperes, dt, d)
        self.charging, self.current = False, amperes

    def let_go(self, d: Defects) -> None:
        """Let the voltage recover once the starter takes no current: pump and coils do not run on what it left."""
        if self.crank_rpm:
            self.crank_rpm = 0.0
            self.supply = self.open_circuit(d)

    def run(self, dt: float, rpm: float, extra: float, d: Defects, swing: float) -> None:
        """Drive or idle for ``dt`` seconds; ``extra`` amperes are drawn beyond the usual; ``swing`` from -1 to 1."""
        self.temperature += 20 * -math.expm1(-dt / 9_000)
        self.temperature = min(self.temperature, 55.0)
        load = IDLE_A + extra
        available = self._available(rpm, d)
        source, inner = self.open_circuit(d), self.resistance(d)
        target = self._target(d, swing)
        self.charging = available >= load
        self.ripple = 0.5 * d.alternator if d.alternator < DEAD else 0.0
        if self.charging:
            into = min(max(0.0, target - source) / (inner + 0.015 + _contact(d.terminal)), available - load, 60.0)
            self._draw(-into, dt, d)
            self.voltage = target - _contact(d.terminal) * into
            self.supply = target + swing * min(2.0, 40 * _contact(d.terminal))
            return
        short = load - available
        self._draw(short, dt, d)
        self.voltage = source - short * inner
        self.supply = self._behind_terminal(self.voltage, short, d)

    def _available(self, rpm: float, d: Defects) -> float:
        """Return what alternator or converter can give: a belt that slips or has gone turns no alternator."""
        if self.build.high_voltage:
            return 150.0 * (1 - d.converter_12v)
        turns = 0.95 if rpm > IDLE_RPM else 0.55 if rpm > 0 else 0.0
        return self.build.alternator * turns * (1 - d.alternator) * (1 - d.belt**2)

    def _target(self, d: Defects, swing: float) -> float:
        """Return the regulator's wish: less in the heat; a smart one varies it with the drive."""
        wish = 14.4 - 0.008 * (self.temperature - 10)
        if self.build.smart_charging:
            wish += (0.5 if swing > 0 else -1.1) * min(1.0, abs(swing) * 2)
        elif self.build.high_voltage:
            wish -= 0.2
        return wish + 3.2 * d.regulator_high + 2.4 * d.regulator_swing * swing

    def _sit(self, load: float, inner: float, dt: float, d: Defects) -> None:
        self._draw(load, dt, d)
        self.voltage = self.open_circuit(d) - load * self.resistance(d)
        self.supply = self.voltage - load * (inner - self.resistance(d))
        self.crank_rpm, self.charging = 0.0, False

    def _behind_terminal(self, volts: float, load: float, d: Defects) -> float:
        return max(0.0, volts - load * _contact(d.terminal))

    def _draw(self, amperes: float, dt: float, d: Defects) -> None:
        cold = 1 - 0.006 * max(0.0, 25 - self.temperature)
        there = self.capacity * cold * (1 - 0.75 * d.battery_aged) * (1 - 0.4 * self.build.battery_age)
        self.charge = min(1.0, max(0.0, self.charge - amperes * dt / 3600 / there))
        self.current = amperes


def _contact(terminal: float) -> float:
    """Return the resistance of a terminal in ohms: nothing to see at rest, volts lost under a starter's current."""
    return 0.0 if terminal <= 0 else 0.0004 * math.exp(8.2 * terminal)
