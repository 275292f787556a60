"""Makes PMTiles files for tests: vector tiles as the specification has them, of a few lines and areas."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dispatch.roads.file import read_roads
from dispatch.roads.lines import geojson

EXTENT = 4096
LINE, AREA = 2, 3
Feature = tuple[int, Sequence[tuple[int, int]], Mapping[str, str]]
"""Kind of geometry, its points within the tile, and what is said of it."""


def vector_tile(layers: Mapping[str, Iterable[Feature]]) -> bytes:
    """Return a tile. https://github.com/mapbox/vector-tile-spec/tree/master/2.1."""
    return b"".join(_field(3, _layer(name, list(features))) for name, features in layers.items())


def write_map(
    path: Path, tiles: Mapping[tuple[int, int, int], bytes], metadata: Mapping[str, Any], **head: Any
) -> Path:
    """Write tiles (zoom, column, row → content) to a file."""
    from pmtiles.tile import Compression, TileType, zxy_to_tileid  # noqa: PLC0415 - an extra
    from pmtiles.writer import Writer  # noqa: PLC0415 - likewise

    with path.open("wb") as file:
        writer = Writer(file)
        for number, tile in sorted((zxy_to_tileid(*where), tile) for where, tile in tiles.items()):
            writer.write_tile(number, gzip.compress(tile))
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP} | head
        writer.finalize(header, dict(metadata))
    return path


def _layer(name: str, features: Sequence[Feature]) -> bytes:
    keys = sorted({key for _, _, said in features for key in said})
    values = sorted({value for _, _, said in features for value in said.values()})
    parts = [_field(15, 2), _field(1, name.encode())]
    parts += [_field(2, _feature(one, keys, values)) for one in features]
    parts += [_field(3, key.encode()) for key in keys]
    parts += [_field(4, _field(1, value.encode())) for value in values]
    return b"".join([*parts, _field(5, EXTENT)])


def _feature(feature: Feature, keys: Sequence[str], values: Sequence[str]) -> bytes:
    kind, points, said = feature
    tags = [number for key, value in said.items() for number in (keys.index(key), values.index(value))]
    moves, at = [(1 << 3) | 1], (0, 0)
    for number, point in enumerate(points):
        if number == 1:
            moves.append((len(points) - 1) << 3 | 2)
        moves += [_zigzag(to - since) for to, since in zip(point, at, strict=True)]
        at = point
    if kind == AREA:
        moves.append((1 << 3) | 7)
    return _field(2, b"".join(map(_varint, tags))) + _field(3, kind) + _field(4, b"".join(map(_varint, moves)))


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


Way = tuple[str, Sequence[tuple[float, float]]]
"""What a road is called by OpenStreetMap, and its points: longitude, latitude, degrees."""


def tiles_of(ways: Iterable[Way], zoom: int) -> dict[tuple[int, int, int], bytes]:
    """Return the tiles of a zoom in which ways lie, on land that is everywhere: a town as it is, for pictures."""
    roads: dict[tuple[int, int], list[Feature]] = {}
    for kind, points in ways:
        lying = [tile_at(longitude, latitude, zoom) for longitude, latitude in points]
        columns, rows = ({int(one[axis]) for one in lying} for axis in (0, 1))
        for column in range(min(columns), max(columns) + 1):
            for row in range(min(rows), max(rows) + 1):
                within = [(round((x - column) * EXTENT), round((y - row) * EXTENT)) for x, y in lying]
                roads.setdefault((column, row), []).append((LINE, within, {"kind_detail": kind}))
    whole = (AREA, [(0, 0), (EXTENT, 0), (EXTENT, EXTENT), (0, EXTENT)], {"kind": "earth"})
    return {(zoom, *where): vector_tile({"earth": [whole], "roads": found}) for where, found in roads.items()}


def write_town(path: Path, near: tuple[float, float], within: float = 0.03) -> Path:
    """Write a map of the roads that come with the house, around a place of Gothenburg: latitude and longitude, degrees."""
    latitude, longitude = near
    told = json.loads(gzip.decompress(geojson(read_roads("gothenburg"))))
    ways = [(one["properties"]["road"], way) for one in told["features"] for way in one["geometry"]["coordinates"]]
    around = [one for one in ways if math.dist(one[1][0], (longitude, latitude)) < within]
    tiles = {where: tile for zoom in range(10, 15) for where, tile in tiles_of(around, zoom).items()}
    said = {"attribution": told["attribution"], "vector_layers": [{"id": "earth"}, {"id": "roads"}]}
    edges = {"min_lon_e7": longitude - within, "min_lat_e7": latitude - within}
    edges |= {"max_lon_e7": longitude + within, "max_lat_e7": latitude + within}
    return write_map(path, tiles, said, **{name: round(value * 1e7) for name, value in edges.items()})


def tile_at(longitude: float, latitude: float, zoom: int) -> tuple[float, float]:
    """Return column and row of a place, with what is left of them; Web Mercator."""
    north = math.asinh(math.tan(math.radians(latitude)))
    return (longitude + 180) / 360 * 2**zoom, (1 - north / math.pi) / 2 * 2**zoom
