"""How one television set is built and where it stands: light, signal, habits, and what it measures. Spreads [fit]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REPORTS = {
    "temperature": 0.9,
    "rssi": 0.97,
    "beacons_lost": 0.7,
    "packet_loss": 0.85,
    "radio_resets": 0.8,
    "backlight": 0.85,
    "backlight_wanted": 0.85,
    "backlight_voltage": 0.7,
    "panel_errors": 0.8,
    "supply": 0.85,
    "ripple": 0.7,
    "tuner_level": 0.9,
    "tuner_mer": 0.9,
    "storage_free": 0.97,
    "memory_free": 0.9,
    "app_crashes": 0.95,
}
"""Share of the models that measure and tell each [fit]."""


@dataclass(frozen=True, slots=True)
class Build:
    """One model in one living room."""

    on_h: float
    """When it is switched on, hours after midnight UTC."""
    plays_h: float
    """For how long it plays a day."""
    warm_k: float
    """By how much its board is warmer than the room while it plays."""
    backlight_ma: float
    backlight_v: float
    ripple_mv: float
    rssi: float
    """dBm at its place."""
    level: float
    """dBuV at its socket."""
    storage_mb: float
    memory_mb: float
    noise: float
    """Of every reading, share."""
    instruments: frozenset[str]
    """Attributes that it measures and tells."""


def draw_build(dice: np.random.Generator) -> Build:
    """Draw a model and a room."""
    told = {name for name, share in zip(REPORTS, dice.random(len(REPORTS)), strict=True) if share < REPORTS[name]}
    return Build(
        on_h=float(dice.uniform(4, 12)),
        plays_h=float(dice.uniform(5, 10)),
        warm_k=float(dice.uniform(24, 34)),
        backlight_ma=float(dice.uniform(250, 600)),
        backlight_v=float(dice.uniform(80, 130)),
        ripple_mv=float(dice.uniform(20, 60)),
        rssi=float(dice.uniform(-66, -42)),
        level=float(dice.uniform(58, 72)),
        storage_mb=float(dice.uniform(700, 3500)),
        memory_mb=float(dice.uniform(300, 900)),
        noise=float(dice.uniform(0.01, 0.03)),
        instruments=frozenset(told),
    )
