"""How one washing machine is built: tub, pump, heater, motor, what it measures, and what its controller complains about.

Sizes of ordinary front loaders of 5 to 9 kg: water comes at 6 to 11 l/min, a pump moves 14 to 20 l/min, a heater has about
2 kW, the first filling is 12 to 18 l of which the laundry holds two thirds. Spreads are ours [fit].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.kinds.washer.messages import WasherAlarm

NOMINAL_V = 230.0


@dataclass(frozen=True, slots=True)
class Build:
    """One model of washing machine."""

    inflow_l_min: float
    valve_a: float
    litres_per_mm: float
    """Free water for each millimetre of level."""
    pump_l_min: float
    pump_a: float
    heater_w: float
    motor_a: float
    """While the drum turns an ordinary load in water."""
    wash_rpm: float
    spin_rpm: float
    brushes: bool
    """A universal motor with carbon brushes; else a brushless one."""
    belted: bool
    """Driven by a belt; else directly."""
    stops_leaks: bool
    """It shuts its valve and pumps where there is water under the tub."""
    leak_at_l: float
    """So much water under the tub lifts the float of its switch."""
    wash_mm: float
    """Level to which it fills."""
    setpoint_c: float
    wash_s: float
    rinses: int
    fill_limit_s: float
    drain_limit_s: float
    lock_limit: int
    """Tries."""
    shakes_mm: float
    """It does not spin up where the tub swings more."""
    noise: float
    """Of every reading, share."""
    instruments: frozenset[str]
    """Attributes of ``WasherSensors`` that it measures and tells."""
    alarms: frozenset[WasherAlarm]
    """Those that this model knows at all."""


REPORTS = {
    "temperature_c": 0.98,
    "setpoint_c": 0.98,
    "leak": 0.8,
    "door_locked": 0.95,
    "lock_tries": 0.6,
    "water_level_mm": 0.9,
    "inflow_l_min": 0.6,
    "valve_a": 0.6,
    "fill_s": 0.95,
    "drain_s": 0.95,
    "pump_a": 0.75,
    "heating_rate": 0.9,
    "heater_a": 0.75,
    "heater_idle_a": 0.7,
    "drum_rpm": 0.95,
    "drum_rpm_wanted": 0.95,
    "motor_a": 0.9,
    "motor_c": 0.5,
    "vibration_mm": 0.8,
    "imbalance_kg": 0.6,
}
"""Share of the models that measure and tell each attribute [fit]: a connected one has an electronic control, which times every
phase, drives the motor by its current, and weighs the laundry by how the drum turns."""
COMPLAINS: dict[WasherAlarm, float] = {
    "InflowError": 0.97,
    "DrainError": 0.97,
    "DoorError": 0.97,
    "TempTooLow": 0.85,
    "TempTooHigh": 0.9,
    "WaterLevelError": 0.93,
    "WaterLeak": 0.85,
    "MotorFault": 0.95,
    "Unbalanced": 0.9,
    "SensorFault": 0.93,
    "ControlFault": 0.85,
}
"""Share of the models that know each alarm [fit]; the makers' lists of codes name nearly all of them."""
MEASURED_BY: dict[WasherAlarm, str] = {
    "InflowError": "fill_s",
    "DrainError": "drain_s",
    "WaterLeak": "leak",
    "Unbalanced": "vibration_mm",
}
"""A controller measures what it complains about."""


def draw_build(dice: np.random.Generator, needs: frozenset[str] = frozenset()) -> Build:
    """Draw a model that has what ``needs`` names: ``brushes``, ``belt``, ``leak_switch``."""
    luck = dice.random(6)
    brushes = bool(luck[0] < 0.5 or "brushes" in needs)
    alarms = {one for one, share in zip(COMPLAINS, dice.random(len(COMPLAINS)), strict=True) if share < COMPLAINS[one]}
    alarms |= {"WaterLeak"} if "leak_switch" in needs else set()
    told = {name for name, share in zip(REPORTS, dice.random(len(REPORTS)), strict=True) if share < REPORTS[name]}
    return Build(
        inflow_l_min=float(dice.uniform(6.5, 11)),
        valve_a=float(dice.uniform(0.03, 0.05)),
        litres_per_mm=float(dice.uniform(0.07, 0.1)),
        pump_l_min=float(dice.uniform(14, 20)),
        pump_a=float(dice.uniform(0.2, 0.35)),
        heater_w=float(dice.uniform(1750, 2150)),
        motor_a=float(dice.uniform(1.1, 2.0)),
        wash_rpm=float(dice.uniform(45, 55)),
        spin_rpm=(1000.0, 1200.0, 1400.0, 1600.0)[int(dice.integers(4))],
        brushes=brushes,
        belted=brushes or bool(luck[1] < 0.6 or "belt" in needs),
        stops_leaks=bool(luck[2] < 0.7),
        leak_at_l=float(dice.uniform(0.2, 0.5)),
        wash_mm=float(dice.uniform(55, 80)),
        setpoint_c=(30.0, 40.0, 40.0, 60.0)[int(dice.integers(4))],
        wash_s=60 * float(dice.uniform(15, 30)),
        rinses=int(dice.integers(2, 4)),
        fill_limit_s=60 * float(dice.uniform(6, 9)),
        drain_limit_s=60 * float(dice.uniform(3, 5)),
        lock_limit=int(dice.integers(3, 6)),
        shakes_mm=float(dice.uniform(13, 17)),
        noise=float(dice.uniform(0.01, 0.03)),
        instruments=frozenset(told | {MEASURED_BY[one] for one in alarms if one in MEASURED_BY}),
        alarms=frozenset(alarms),
    )
