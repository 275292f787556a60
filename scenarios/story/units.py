"""Figures as a story writes them: the same as in a policy file."""

from __future__ import annotations

from dispatch.policy_model.units import (
    AS_DURATION,
    AS_SHARE,
    Duration,
    Length,
    Rate,
    Share,
    Speed,
    Temperature,
    celsius,
    metres,
    metres_per_second,
    per_second,
    seconds,
    share,
    spoken,
)

__all__ = [
    "AS_DURATION",
    "AS_SHARE",
    "Duration",
    "Length",
    "Rate",
    "Share",
    "Speed",
    "Temperature",
    "celsius",
    "metres",
    "metres_per_second",
    "per_second",
    "seconds",
    "share",
    "spoken",
]
