"""Reads the ways of a file of OpenStreetMap's: GeoJSON, plain or ``.gz``, or ``.pbf`` by osmium. Nothing is made of them here."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dispatch.roads.errors import BadRoads

MOST_BYTES = 1 << 29
"""Of GeoJSON, unpacked: 512 MB, some ten cities. More is for ``.pbf``."""
MOST_POINTS = 5_000_000
"""Of all ways together, whichever file they come from: a small country."""
MICRO = 1_000_000
"""Positions are kept in millionths of a degree, 11 cm at most."""
OSM = "© OpenStreetMap contributors"

Spot = tuple[int, int]
"""Latitude and longitude, millionths of a degree. Ways that share one meet there."""


@dataclass(frozen=True, slots=True)
class RoadWay:
    """A way as it was drawn."""

    tags: Mapping[str, str]
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What was read."""

    ways: list[RoadWay]
    attribution: str = OSM
    drawn: str = ""
    """As of when, as the file says it."""


class _Geometry(msgspec.Struct):
    type: str
    coordinates: Any = None


class _Feature(msgspec.Struct):
    geometry: _Geometry | None = None
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct):
    features: list[_Feature]
    copyright: str = OSM
    timestamp: str = ""


def read_source(path: Path) -> Source:
    """Read a file's ways. Raises ``BadRoads``."""
    try:
        found = _from_pbf(path) if path.name.endswith((".pbf", ".osm")) else _from_geojson(path)
    except OSError as error:
        raise BadRoads(f"{path}: cannot be read: {error.strerror or error}") from None
    if not found.ways:
        raise BadRoads(f"{path}: there is no road in it: no line with a 'highway' tag")
    return found


def _from_geojson(path: Path) -> Source:
    try:
        found = msgspec.json.decode(_unpacked(path), type=_Collection)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRoads(
            f"{path}: not GeoJSON with a list of features: {error}; or bring an OpenStreetMap .pbf"
        ) from None
    ways, points = list[RoadWay](), 0
    for number, feature in enumerate(found.features):
        for way in _ways_of(feature, f"{path}: features.{number}"):
            ways.append(way)
            points = _must_be_few(path, points + len(way.spots))
    return Source(ways, found.copyright, found.timestamp)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadRoads(f"{path}: not whole, or no gzip: {error}") from None
    if len(found) > MOST_BYTES:
        raise BadRoads(f"{path}: more than {MOST_BYTES >> 20} MB of GeoJSON; cut out the region, or bring a .pbf of it")
    return found


def _ways_of(feature: _Feature, where: str) -> Iterator[RoadWay]:
    tags = {key: value for key, value in (feature.properties or {}).items() if isinstance(value, str)}
    geometry = feature.geometry
    if geometry is None or "highway" not in tags:
        return
    lines = {"LineString": [geometry.coordinates], "MultiLineString": geometry.coordinates}.get(geometry.type, [])
    try:
        for line in lines:
            yield RoadWay(tags, tuple(_spot(point[1], point[0]) for point in line))
    except (TypeError, ValueError, LookupError) as error:
        raise BadRoads(f"{where}: positions are [longitude, latitude], in degrees: {error}") from None


def _spot(latitude: float, longitude: float) -> Spot:
    """Return a position. Raises ``ValueError`` and ``TypeError`` where it is none."""
    if not (math.isfinite(latitude) and abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 - the Earth
        raise ValueError(f"{longitude}, {latitude} is nowhere")
    return round(latitude * MICRO), round(longitude * MICRO)


def _must_be_few(path: Path, points: int) -> int:
    if points > MOST_POINTS:
        raise BadRoads(
            f"{path}: more than {MOST_POINTS:,} points of roads; cut out the region: osmium extract --bbox …"
        )
    return points


def _from_pbf(path: Path) -> Source:
    try:
        import osmium  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise BadRoads(f"{path}: a .pbf needs osmium: pip install 'callahead[roads]'; GeoJSON does without") from None
    if not path.is_file():
        raise BadRoads(f"{path}: cannot be read: there is no such file")
    ways, points = list[RoadWay](), 0
    try:
        reading = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        for found in reading:
            if isinstance(found, osmium.osm.Way):
                way = RoadWay(
                    dict(found.tags), tuple(_spot(one.lat, one.lon) for one in found.nodes if one.location.valid())
                )
                ways.append(way)
                points = _must_be_few(path, points + len(way.spots))
        drawn = reading.header.get("osmosis_replication_timestamp")
    except (RuntimeError, ValueError) as error:
        raise BadRoads(f"{path}: no OpenStreetMap file that osmium can read: {error}") from None
    return Source(ways, drawn=drawn)
