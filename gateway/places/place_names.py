"""A place in words an agent can say, without the internet: the nearest of GeoNames' places of 5,000 people or more.

A quarter is named with its city (``Dārzciems, Riga``), a point in a large city by its way from the centre, a place near a
border or of a name that a larger place elsewhere has with its country (in the United States: its state). Far from every
place the degrees are said, too. The data is GeoNames' (CC BY 4.0), in the order in which it is asked for: ``world.places``, which
``gateway.places.prepare`` makes, has a part for each wide cell, and a part is read when somebody is near it.
"""

from __future__ import annotations

import math
import mmap
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import msgspec

INDEX = Path(__file__).parent / "world.places"
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


class NamedPlace(msgspec.Struct, frozen=True, gc=False, array_like=True):
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
    foremost: str | None = None
    """The country of the largest place of that name; ``None``: this is the largest."""

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


Cell = tuple[int, int]
Block = tuple[int, int, int, int]
"""A cell and the eight around it: the row of that in the middle, and the column in the row before, in its own and in the next."""
BLOCKS_KNOWN = 4_096
"""Of so many blocks it is known which places lie there."""


class Lattice:
    """Cuts the world into cells. All are about equally wide in kilometres, so that a search holds near the poles, too."""

    def __init__(self, degrees: float) -> None:
        self._degrees = degrees
        self.reach_km = degrees * _KM_PER_DEGREE
        """What is nearer than this lies in the point's cell or in one of the eight around it."""
        self._columns_of: dict[int, int] = {}

    def cell(self, latitude: float, longitude: float) -> Cell:
        """Return the cell of a point."""
        row = self._row(latitude)
        return row, self._column(longitude, self._columns(row))

    def block(self, latitude: float, longitude: float) -> Block:
        """Return the block around the point's cell."""
        row = self._row(latitude)
        before, own, after = [self._column(longitude, self._columns(one)) for one in (row - 1, row, row + 1)]
        return row, before, own, after

    def cells(self, block: Block) -> Iterator[Cell]:
        """Yield the cells of a block."""
        middle, *in_rows = block
        for row, column in zip((middle - 1, middle, middle + 1), in_rows, strict=True):
            columns = self._columns(row)
            for one in {(column - 1) % columns, column, (column + 1) % columns}:
                yield row, one

    def around(self, latitude: float, longitude: float) -> Iterator[Cell]:
        """Yield the point's cell and the eight around it."""
        return self.cells(self.block(latitude, longitude))

    def by_cell(self, places: Iterable[NamedPlace]) -> dict[Cell, list[NamedPlace]]:
        """Return places by the cell they lie in."""
        found: dict[Cell, list[NamedPlace]] = {}
        for place in places:
            found.setdefault(self.cell(place.latitude, place.longitude), []).append(place)
        return found

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


FINE, COARSE, WIDE = Lattice(_FINE), Lattice(_COARSE), Lattice(_WIDE)


class Contents(msgspec.Struct, frozen=True):
    """What an index has, in front of it."""

    parts: list[tuple[int, int, int]]
    """Of each part in the order they stand: row and column of its wide cell, and its length in bytes."""
    countries: dict[str, str]
    """Names by ISO 3166-1 alpha-2."""
    states: dict[str, str]
    """Names of the United States' states by GeoNames' first-order division."""


def index_of(places: Iterable[NamedPlace], countries: Mapping[str, str], states: Mapping[str, str]) -> bytes:
    """Return places as an index: the length of its contents in four bytes, the contents, and the parts, each packed."""
    parts = {
        cell: zlib.compress(msgspec.msgpack.encode(found), 9) for cell, found in sorted(WIDE.by_cell(places).items())
    }
    listed = [(*cell, len(part)) for cell, part in parts.items()]
    contents = msgspec.msgpack.encode(Contents(listed, dict(countries), dict(states)))
    return b"".join([len(contents).to_bytes(4), contents, *parts.values()])


class _Part:
    """The places of one wide cell, by smaller ones."""

    def __init__(self, places: list[NamedPlace]) -> None:
        self.places = places
        self.fine = FINE.by_cell(places)
        self.coarse = COARSE.by_cell(places)
        self.cities = COARSE.by_cell(place for place in places if place.population >= _CITY)


class Gazetteer:
    """Named places by where they are."""

    def __init__(self, index: bytes | mmap.mmap) -> None:
        """``index``: as ``index_of`` makes it. Parts are read when they are asked for."""
        begin = 4 + int.from_bytes(index[:4])
        contents = msgspec.msgpack.decode(index[4:begin], type=Contents)
        self._countries, self._states = contents.countries, contents.states
        self._index = index
        self._where: dict[Cell, tuple[int, int]] = {}
        for row, column, length in contents.parts:
            self._where[row, column] = (begin, begin + length)
            begin += length
        self._parts: dict[Cell, _Part] = {}
        self._labels: dict[NamedPlace, str] = {}
        self._in_fine: dict[Block, list[NamedPlace]] = {}
        self._in_coarse: dict[Block, list[NamedPlace]] = {}

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
        for lattice, among in ((FINE, self._quarters), (COARSE, self.around), (WIDE, self._everything)):
            place, km = _nearest(among(latitude, longitude), latitude, longitude)
            if km <= lattice.reach_km:
                return place
        return None

    def around(self, latitude: float, longitude: float) -> list[NamedPlace]:
        """Return the places within about half a degree."""
        block = COARSE.block(latitude, longitude)
        found = self._in_coarse.get(block)
        if found is None:
            parts = [part.coarse for part in self._parts_around(latitude, longitude)]
            found = _remembered(self._in_coarse, block, _of(COARSE, parts, block))
        return found

    def _quarters(self, latitude: float, longitude: float) -> list[NamedPlace]:
        """Return the places within about a tenth of a degree."""
        block = FINE.block(latitude, longitude)
        found = self._in_fine.get(block)
        if found is None:
            parts = [part.fine for part in self._parts_around(latitude, longitude)]
            found = _remembered(self._in_fine, block, _of(FINE, parts, block))
        return found

    def _everything(self, latitude: float, longitude: float) -> Iterable[NamedPlace]:
        """Return the places within about two degrees and a half."""
        return chain.from_iterable(part.places for part in self._parts_around(latitude, longitude))

    def _parts_around(self, latitude: float, longitude: float) -> list[_Part]:
        found = (self._part(cell) for cell in WIDE.around(latitude, longitude))
        return [part for part in found if part is not None]

    def _part(self, cell: Cell) -> _Part | None:
        """Return what lies in a wide cell; ``None``: nothing. Two who ask at once get the same."""
        part = self._parts.get(cell)
        if part is None and cell in self._where:
            begin, end = self._where[cell]
            places = msgspec.msgpack.decode(zlib.decompress(self._index[begin:end]), type=list[NamedPlace])
            part = self._parts.setdefault(cell, _Part(places))
        return part

    def _label(self, place: NamedPlace) -> str:
        """Return the name with what it takes to know which one is meant."""
        city = self._city_of(place)
        if city is not None:
            return f"{place.name}, {self._labels.setdefault(city, self._label(city))}"
        if place.country == "US" and place.foremost is not None:
            return f"{place.name}, {self._states.get(place.region, place.region)}"
        if place.foremost not in {None, place.country} or self._near_border(place):
            return f"{place.name}, {self._countries.get(place.country, place.country)}"
        return place.name

    def _city_of(self, place: NamedPlace) -> NamedPlace | None:
        parts = self._parts_around(place.latitude, place.longitude)
        cities = (
            city
            for city in _of(COARSE, [part.cities for part in parts], COARSE.block(place.latitude, place.longitude))
            if (city.country, city.region) == (place.country, place.region)
            and city.population >= _QUARTER * place.population
            and _offset(city, place.latitude, place.longitude)[0] < city.radius_km
        )
        return max(cities, key=lambda city: city.population, default=None)

    def _near_border(self, place: NamedPlace) -> bool:
        around = self.around(place.latitude, place.longitude)
        abroad = (one for one in around if one.country != place.country)
        return any(_offset(one, place.latitude, place.longitude)[0] < _BORDER_KM for one in abroad)


def _of(lattice: Lattice, parts: list[dict[Cell, list[NamedPlace]]], block: Block) -> Iterator[NamedPlace]:
    """Yield the places of a block: a cell may lie in several parts."""
    for cell in lattice.cells(block):
        for by_cell in parts:
            yield from by_cell.get(cell, ())


def _remembered(known: dict[Block, list[NamedPlace]], block: Block, places: Iterable[NamedPlace]) -> list[NamedPlace]:
    """Return places as a list, the same from now on."""
    if len(known) >= BLOCKS_KNOWN:
        known.clear()
    return known.setdefault(block, list(places))


def _nearest(places: Iterable[NamedPlace], latitude: float, longitude: float) -> tuple[NamedPlace | None, float]:
    """Return the nearest of ``places`` and how many kilometres it is away; infinitely many where there are none.

    This runs over dozens of places for each finding, so it is kept flat.
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
def gazetteer() -> Gazetteer:
    """Return the world's places; what is asked for is read, and no more."""
    with INDEX.open("rb") as file:
        return Gazetteer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
