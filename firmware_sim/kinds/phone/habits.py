"""What a phone pays for by itself: 20 payments in a home and month [fit]."""

from __future__ import annotations

from firmware_sim.device.habit import PayingHabit

HABITS = (
    PayingHabit("other", 9.0, 1.5, 40.0, "shop-1", "The shop", "at the till"),
    PayingHabit("groceries", 6.0, 4.0, 60.0, "grocer-1", "The grocer", "groceries"),
    PayingHabit("toll", 3.0, 1.2, 3.5, "transit-1", "Buses and trams", "a ticket"),
    PayingHabit("subscription", 2.0, 3.0, 15.0, "apps-1", "Apps", "a month of an app"),
)
