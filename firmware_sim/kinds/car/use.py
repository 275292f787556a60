"""What is done with a car at a moment, and in which weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Activity = Literal["parked", "unlocking", "cranking", "idling", "driving", "plugged"]


@dataclass(frozen=True, slots=True)
class Use:
    """``unlocking``: the driver is at the car, its doors and switches; ``cranking``: turns the key, or presses start."""

    activity: Activity = "parked"
    speed: float = 0.0
    """km/h that the driver wants."""
    ambient: float = 15.0
    """Degrees Celsius."""
    since: float = 0.0
    """Seconds that a ``cranking`` has lasted so far."""
