"""What is worn or broken, as physical quantities from 0 (sound) to 1 (gone), and how each gets there over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Onset = Literal["sudden", "gradual", "intermittent", "passing"]


@dataclass(slots=True)
class Defects:
    """0 is sound, 1 is gone, unless said otherwise. Circuits that are open or shorted stand in ``circuits``."""

    battery_aged: float = 0.0
    """Capacity lost and resistance gained."""
    battery_cell_short: float = 0.0
    self_discharge: float = 0.0
    """Current inside the battery, which no sensor at its poles sees; 1 is 6 A."""
    terminal: float = 0.0
    """Contact resistance; 1 is an open terminal."""
    drain: float = 0.0
    """Current of the parked car; 1 is 6 A."""
    power_relay: float = 0.0
    """The engine's control unit has no supply."""
    main_fuse: float = 0.0
    """Nothing behind the fuse has a supply."""
    alternator: float = 0.0
    regulator_high: float = 0.0
    regulator_swing: float = 0.0
    belt: float = 0.0
    """Slip; 1 is torn."""
    starter: float = 0.0
    """Brushes and bearings: more current, less speed; from 0.9 it does not turn."""
    starter_open: float = 0.0
    """No current reaches the starter."""
    ignition_switch: float = 0.0
    key_unread: float = 0.0
    neutral_unseen: float = 0.0
    coil: float = 0.0
    plugs: float = 0.0
    crank_signal: float = 0.0
    cam_signal: float = 0.0
    knock_signal: float = 0.0
    fuel_pump: float = 0.0
    high_pressure_pump: float = 0.0
    rail_too_high: float = 0.0
    fuel_filter: float = 0.0
    injector_clogged: float = 0.0
    injector_leaks: float = 0.0
    tank_empty: float = 0.0
    fuel_gauge_stuck: float = 0.0
    rail_sensor: float = 0.0
    purge_open: float = 0.0
    vapour_leak: float = 0.0
    air_meter: float = 0.0
    """Share of the air that it does not see."""
    vacuum_leak: float = 0.0
    throttle: float = 0.0
    pedal: float = 0.0
    turbo: float = 0.0
    turbo_oil: float = 0.0
    overboost: float = 0.0
    manifold_sensor: float = 0.0
    thermostat_open: float = 0.0
    thermostat_closed: float = 0.0
    water_pump: float = 0.0
    fan: float = 0.0
    coolant_leak: float = 0.0
    """1 loses all within 10 minutes."""
    head_gasket: float = 0.0
    coolant_sensor: float = 0.0
    """1 reads 60 K too low; -1 as much too high."""
    oil_pump: float = 0.0
    oil_lost: float = 0.0
    oil_leak: float = 0.0
    oil_sensor: float = 0.0
    oxygen_slow: float = 0.0
    oxygen_bias: float = 0.0
    catalyst: float = 0.0
    egr_open: float = 0.0
    egr_closed: float = 0.0
    soot: float = 0.0
    """Load of the particulate filter beyond what it burns off."""
    urea_lost: float = 0.0
    nox: float = 0.0
    """Conversion lost."""
    exhaust_leak: float = 0.0
    timing: float = 0.0
    """1 is 30 degrees late, or the chain has gone."""
    compression: float = 0.0
    oil_burnt: float = 0.0
    engine_unit: float = 0.0
    gear_valve: float = 0.0
    gear_fluid: float = 0.0
    converter: float = 0.0
    clutch: float = 0.0
    range_signal: float = 0.0
    gears: float = 0.0
    pads: float = 0.0
    brake_fluid: float = 0.0
    """Lost."""
    brake_assist: float = 0.0
    wheel_signal: float = 0.0
    brake_unit: float = 0.0
    brake_light: float = 0.0
    parking_brake: float = 0.0
    steering_assist: float = 0.0
    steering_signal: float = 0.0
    bearing: float = 0.0
    tyre_leak: float = 0.0
    """1 empties the tyre within a minute; the flow goes with its cube."""
    tyre_sensor: float = 0.0
    fob: float = 0.0
    lock: float = 0.0
    airbag: float = 0.0
    lights: float = 0.0
    climate: float = 0.0
    heater: float = 0.0
    window: float = 0.0
    bus: float = 0.0
    body_unit: float = 0.0
    harness: float = 0.0
    cells: float = 0.0
    cells_hot: float = 0.0
    contactor: float = 0.0
    isolation: float = 0.0
    converter_12v: float = 0.0
    inverter: float = 0.0
    inverter_hot: float = 0.0
    motor: float = 0.0
    resolver: float = 0.0
    charger: float = 0.0
    charge_lock: float = 0.0
    inlet_hot: float = 0.0
    hv_pump: float = 0.0


@dataclass(slots=True)
class Damage:
    """One failure under way: where its defects are heading and how they get there."""

    began: float
    heading: Sequence[tuple[str, float]]
    """Defect and its final size."""
    circuits: Sequence[str]
    onset: Onset
    span: float
    """Gradual: seconds to the full size. Intermittent: mean seconds of a fault, and as long without.
    Passing: seconds until it is over."""
    dice: Random
    level: float = 0.0
    """From 0 to 1 now."""
    _turns: float = field(default=-math.inf)
    _on: bool = False

    def step(self, now: float) -> bool:
        """Bring ``level`` to ``now``; return whether it changed."""
        before = self.level
        if now < self.began:
            return False
        if self.onset == "sudden":
            self.level = 1.0
        elif self.onset == "gradual":
            self.level = min(1.0, (now - self.began) / self.span)
        elif self.onset == "passing":
            self.level = float(now < self.began + self.span)
        else:
            self._flicker(now)
        return self.level != before

    def _flicker(self, now: float) -> None:
        self._turns = max(self._turns, self.began, now - 20 * self.span)
        while self._turns <= now:
            self._on = not self._on
            self._turns += self.dice.expovariate(1 / self.span)
        self.level = float(self._on)
