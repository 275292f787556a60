"""What a car pays for by itself: 12 payments in a home and month [fit]. Charging and parking end when they are paid [fit]."""

from __future__ import annotations

from firmware_sim.device.habit import PayingHabit

HABITS = (
    PayingHabit("charging", 4.4, 6.0, 32.0, "charge-1", "Charging posts", "charging", session_min=35.0),
    PayingHabit("parking", 5.5, 0.8, 9.0, "parking-1", "City parking", "parking", session_min=70.0),
    PayingHabit("toll", 2.0, 1.2, 14.0, "toll-1", "Road tolls", "toll"),
    PayingHabit("tow", 0.1, 70.0, 160.0, "tow-1", "Tow trucks", "a tow"),
)
