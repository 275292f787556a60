"""What lies around: the time zone by whose clock the house goes, and what places are called. Asked of the gazetteer, once."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.core.policy import Policy
from dispatch.views.casebook import Casebook
from gateway.finding import Place
from gateway.places.place_names import gazetteer

NAMES = 60
"""So many places are named on a map, the largest."""


def zone_of(policy: Policy, book: Casebook) -> str:
    """Return the house's time zone, IANA: that of its quiet hours, else of where its trucks or cases are; UTC: not known yet."""
    if policy.quiet is not None:
        return policy.quiet.zone
    place = some_place(book)
    nearest = gazetteer().nearest(place.latitude, place.longitude) if place is not None else None
    return nearest.time_zone if nearest is not None and _is_known(nearest.time_zone) else "UTC"


def place_names(book: Casebook) -> list[list[Any]]:
    """Return the largest places around: name, latitude, longitude, people."""
    place = some_place(book)
    if place is None:
        return []
    around = sorted(gazetteer().around(place.latitude, place.longitude), key=lambda one: -one.population)
    return [[one.name, one.latitude, one.longitude, one.population] for one in around[:NAMES]]


def some_place(book: Casebook) -> Place | None:
    """Return where somebody is; ``None``: nobody has said so far."""
    trucks = (truck.place for truck in book.trucks.values())
    cases = (case.place for case in book.cases.values())
    return next((place for places in (trucks, cases) for place in places if place is not None), None)


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
