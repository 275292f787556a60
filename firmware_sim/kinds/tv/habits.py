"""What a television set pays for by itself: 3 payments in a home and month [fit]."""

from __future__ import annotations

from firmware_sim.device.habit import PayingHabit

HABITS = (
    PayingHabit("media", 2.0, 2.5, 6.0, "films-1", "Films", "a film"),
    PayingHabit("subscription", 1.0, 8.0, 15.0, "channels-1", "Channels", "a month of channels"),
)
