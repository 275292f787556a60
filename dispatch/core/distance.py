"""How far and how long: geodesics on WGS 84, and a cheap measure to choose whom to measure exactly."""

from __future__ import annotations

import math

from geographiclib.geodesic import Geodesic

_METRES_PER_DEGREE = 111_320.0
"""Of latitude, on the sphere of WGS 84's equatorial radius."""

Point = tuple[float, float]
"""Latitude and longitude, degrees."""


def metres(a: Point, b: Point) -> float:
    """Return the geodesic between two points (Karney's algorithm)."""
    return float(Geodesic.WGS84.Inverse(*a, *b, Geodesic.DISTANCE)["s12"])


def roughly(a: Point, b: Point) -> float:
    """Return about the distance in metres, good enough to rank what lies within some hundred kilometres."""
    east = ((b[1] - a[1] + 180) % 360 - 180) * math.cos(math.radians((a[0] + b[0]) / 2))
    return _METRES_PER_DEGREE * math.hypot(b[0] - a[0], east)
