"""How one phone is built, how old it is, and how its owner charges and pays with it. Spreads [fit]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REPORTS = {
    "battery_health": 0.9,
    "battery_cycles": 0.85,
    "battery_temperature": 0.95,
    "sudden_shutdowns": 0.8,
    "plugged": 0.97,
    "charge_current": 0.9,
    "plug_losses": 0.8,
    "port_moist": 0.85,
    "storage_free": 0.97,
    "storage_errors": 0.8,
    "rsrp": 0.9,
    "no_service": 0.9,
    "modem_resets": 0.85,
    "dead_touch": 0.75,
    "ghost_touches": 0.75,
    "tap_failures": 0.9,
}
"""Share of the models that measure and tell each [fit]."""


@dataclass(frozen=True, slots=True)
class Build:
    """One phone and its owner."""

    health: float
    """Percent of the charge it held when new."""
    cycles: int
    storage_mb: float
    rsrp: float
    """dBm where its owner is."""
    plugs_h: float
    """When it is plugged in, hours after midnight UTC."""
    charges_h: float
    uses_day: float
    """Charge used in a day, share."""
    taps_day: float
    """Payments at terminals."""
    noise: float
    """Of every reading, share."""
    instruments: frozenset[str]


def draw_build(dice: np.random.Generator) -> Build:
    """Draw a phone."""
    told = {name for name, share in zip(REPORTS, dice.random(len(REPORTS)), strict=True) if share < REPORTS[name]}
    return Build(
        health=float(dice.uniform(82, 100)),
        cycles=int(dice.integers(20, 700)),
        storage_mb=float(dice.uniform(2_000, 60_000)),
        rsrp=float(dice.uniform(-104, -78)),
        plugs_h=float(dice.uniform(16, 24)),
        charges_h=float(dice.uniform(4, 9)),
        uses_day=float(dice.uniform(0.4, 0.9)),
        taps_day=float(dice.uniform(1, 5)),
        noise=float(dice.uniform(0.01, 0.03)),
        instruments=frozenset(told),
    )
