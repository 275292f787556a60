"""What a home pays for by itself: 2 payments in a home and month [fit]."""

from __future__ import annotations

from firmware_sim.device.habit import PayingHabit

HABITS = (
    PayingHabit("energy", 1.0, 35.0, 190.0, "energy-1", "The grid", "electricity and heat"),
    PayingHabit("water", 1.0, 9.0, 40.0, "water-1", "The waterworks", "water"),
)
