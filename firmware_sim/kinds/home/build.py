"""How one home is built: how fast it cools down, its boiler and pump, its meter, and what is measured. Spreads [fit]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gateway.kinds.home.messages import HomeAlarm

REPORTS = {
    "outdoors": 0.9,
    "demand": 0.95,
    "pressure": 0.95,
    "flow_temperature": 0.97,
    "return_temperature": 0.9,
    "pump_speed": 0.85,
    "pump_power": 0.75,
    "flame": 0.85,
    "ignition_tries": 0.85,
    "flame_losses": 0.8,
    "leak": 0.8,
    "water_flow": 0.9,
    "least_flow": 0.9,
    "meter_battery": 0.9,
    "meter_clock": 0.85,
    "meter_silent": 0.97,
    "meter_rssi": 0.8,
    "power": 0.9,
    "energy": 0.97,
}
"""Share of the homes in which each is measured and told [fit]."""
COMPLAINS: dict[HomeAlarm, float] = {
    "LowPressure": 0.95,
    "PumpFault": 0.9,
    "IgnitionFailed": 0.98,
    "FlameLost": 0.92,
    "SensorFault": 0.95,
    "ControlFault": 0.9,
    "FrostDanger": 0.9,
    "WaterLeak": 0.8,
    "ValveFault": 0.9,
    "MeterBatteryLow": 0.95,
    "MeterClockInvalid": 0.9,
    "TariffInvalid": 0.8,
    "MeterSilent": 0.97,
}
"""Share of the controllers that know each alarm [fit]."""


@dataclass(frozen=True, slots=True)
class Build:
    """One home."""

    weather_k: float
    """By how much it is warmer outdoors than on average."""
    cools_h: float
    """In which it loses two thirds of its warmth over what is outdoors."""
    setpoint_c: float
    heats_k: float
    """Difference to outdoors at which its boiler works at full load."""
    bar: float
    """Of the heating's water."""
    pump_rpm: float
    pump_w: float
    flame_ua: float
    meter_rssi: float
    battery: float
    power_w: float
    noise: float
    """Of every reading, share."""
    instruments: frozenset[str]
    """Attributes that are measured and told."""
    alarms: frozenset[HomeAlarm]


def draw_build(dice: np.random.Generator, needs: frozenset[str] = frozenset()) -> Build:
    """Draw a home that has what ``needs`` names: alarms and instruments."""
    told = {name for name, share in zip(REPORTS, dice.random(len(REPORTS)), strict=True) if share < REPORTS[name]}
    alarms = {one for one, share in zip(COMPLAINS, dice.random(len(COMPLAINS)), strict=True) if share < COMPLAINS[one]}
    return Build(
        weather_k=float(dice.uniform(-5, 5)),
        cools_h=float(dice.uniform(18, 40)),
        setpoint_c=float(dice.uniform(19.5, 22.5)),
        heats_k=float(dice.uniform(36, 46)),
        bar=float(dice.uniform(1.3, 1.9)),
        pump_rpm=float(dice.uniform(1800, 3000)),
        pump_w=float(dice.uniform(12, 35)),
        flame_ua=float(dice.uniform(5, 12)),
        meter_rssi=float(dice.uniform(-95, -65)),
        battery=float(dice.uniform(0.45, 1.0)),
        power_w=float(dice.uniform(150, 500)),
        noise=float(dice.uniform(0.01, 0.03)),
        instruments=frozenset(told | (needs & REPORTS.keys())),
        alarms=frozenset(alarms | {one for one in COMPLAINS if one in needs}),
    )
