"""What satellite receivers make of a place."""

from __future__ import annotations

import math

from firmware_sim.device.fix import Fix
from scenarios.world.town import METRES_PER_DEGREE, Point
from scenarios.world.world import World

PHONE_ERROR_M = 15.0
"""Standard deviation of a phone's fix in town, each of east and north [fit]."""
TO_68_PERCENT = 1.51
"""Radius that holds 68% of fixes whose east and north errors have standard deviation 1 (Rayleigh distribution)."""


def measured(world: World, device: str, place: Point, error: float) -> Fix:
    """Return a device's fix of ``place``, off by ``error`` metres (standard deviation of east and of north).

    Who stands still gets the same fix again: the error is mostly that of walls and trees around, and receivers hold a
    position while they do not move.
    """
    north, east = world.noise.pair("fix", device, place.latitude, place.longitude)
    north *= error / METRES_PER_DEGREE
    east *= error / (METRES_PER_DEGREE * math.cos(math.radians(place.latitude)))
    return Fix(place.latitude + north, place.longitude + east, error * TO_68_PERCENT, world.now)
