"""What OpenStreetMap's tags say of a way: may cars use it, in which direction, how fast. Pure.

Speeds are those that cars really drive where nothing is in their way, not what is allowed: by class as OSRM's ``car`` profile has
them, and four fifths of a posted limit, which is OSRM's, too (``speed_reduction``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SPEED_KMH: Mapping[str, int] = {
    "motorway": 90, "motorway_link": 45, "trunk": 85, "trunk_link": 40, "primary": 65, "primary_link": 30,
    "secondary": 55, "secondary_link": 25, "tertiary": 40, "tertiary_link": 20, "unclassified": 25, "residential": 25,
    "living_street": 10, "service": 15, "road": 15,
}  # fmt: skip
"""Class of road → how fast one drives where no limit is posted. The order is that of the classes in a file of roads."""
CLASSES = tuple(SPEED_KMH)
OF_LIMIT = 0.8
"""Of a posted limit: corners, crossings, lights."""
SLOWEST_KMH, FASTEST_KMH = 5, 130
MPH_KMH = 1.609344
_WORDS_KMH = {
    "walk": 7.0,
    "none": 130.0,
    "urban": 50.0,
    "rural": 90.0,
    "trunk": 110.0,
    "motorway": 120.0,
    "living_street": 20.0,
}
"""``maxspeed=SE:urban`` and its kin, by what follows the country; what Europe's countries have in common, roughly."""
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?")
ACCESS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""The first of them that is said holds."""
CLOSED = frozenset({"no", "private", "agricultural", "forestry", "emergency", "psv", "bus"})
_ONE_WAY = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1, "no": 0, "false": 0, "0": 0}


@dataclass(frozen=True, slots=True)
class Drivable:
    """What a way is to a car."""

    road: str
    """Its class, one of ``CLASSES``."""
    kmh: int
    direction: int
    """1: one way, as its points go; -1: one way, against them; 0: both."""


def kind_of(tags: Mapping[str, str]) -> Drivable | None:
    """Return what a way is to a car; ``None``: no car may use it."""
    road = tags.get("highway", "")
    access = next((tags[one] for one in ACCESS if one in tags), "yes")
    if road not in SPEED_KMH or access in CLOSED or tags.get("area") == "yes" or tags.get("oneway") == "reversible":
        return None
    limit = limit_kmh(tags.get("maxspeed", ""))
    free = SPEED_KMH[road] if limit is None else min(limit * OF_LIMIT, _likely(road))
    return Drivable(road, round(min(FASTEST_KMH, max(SLOWEST_KMH, free))), _direction(road, tags))


def limit_kmh(text: str) -> float | None:
    """Return a posted limit; the lowest of several (``70; 50``); ``None``: nothing one could read is said."""
    found = [limit for part in text.split(";") if (limit := _one_limit(part.strip())) is not None]
    return min(found, default=None)


def _one_limit(text: str) -> float | None:
    number = _NUMBER.fullmatch(text)
    if number is None:
        return _WORDS_KMH.get(text.rpartition(":")[2])
    kmh = float(number[1]) * (MPH_KMH if number[2] == "mph" else 1.0)
    return kmh if kmh > 0 else None


def _likely(road: str) -> float:
    """Return the most that one drives on a class of road, whatever is allowed there."""
    return {"service": 30.0, "living_street": 20.0, "road": 50.0}.get(road, float(FASTEST_KMH))


def _direction(road: str, tags: Mapping[str, str]) -> int:
    """Return it; roundabouts and motorways are one-way unless it is said that they are not."""
    said = _ONE_WAY.get(tags.get("oneway", ""))
    if said is not None:
        return said
    return int(tags.get("junction") in {"roundabout", "circular"} or road in {"motorway", "motorway_link"})
