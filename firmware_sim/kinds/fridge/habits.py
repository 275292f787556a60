"""What a fridge pays for by itself: 4 payments in a home and month [fit]."""

from __future__ import annotations

from firmware_sim.device.habit import PayingHabit

HABITS = (PayingHabit("groceries", 4.0, 4.0, 45.0, "grocer-1", "The grocer", "what ran out"),)
