"""A file of roads: columns of whole numbers, each told as steps from the one before, packed. The same roads give the same bytes."""

from __future__ import annotations

import zlib
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np

from dispatch.roads.errors import BadRoads
from dispatch.roads.graph import Columns, RoadGraph, Whole
from dispatch.roads.network import is_connected
from dispatch.roads.reading import MICRO
from dispatch.roads.ways import CLASSES, FASTEST_KMH

SUFFIX = ".roads"
MARK = b"callahead roads 1\n"
MOST_BYTES = 1 << 29
"""Unpacked."""
HERE = Path(__file__).parent
SHIPPED = tuple(sorted(path.name.removesuffix(SUFFIX) for path in HERE.glob(f"*{SUFFIX}")))
"""The names of the graphs that come with Callahead."""
_NAMES = tuple(one.name for one in fields(Columns))
_JUNCTIONS = ("latitude", "longitude")
_POINTS = ("shape_latitude", "shape_longitude")


class _RoadFile(msgspec.Struct):
    name: str
    attribution: str
    zone: str
    drawn: str
    columns: dict[str, bytes]


def written(graph: RoadGraph) -> bytes:
    """Return a file's bytes."""
    columns = {name: _packed(getattr(graph.columns, name)) for name in _NAMES}
    kept = _RoadFile(graph.name, graph.attribution, graph.zone, graph.drawn, columns)
    return MARK + zlib.compress(msgspec.msgpack.encode(kept), 9)


def read_roads(name: str) -> RoadGraph:
    """Read a graph by the name of one that is shipped, or a file's. Raises ``BadRoads``."""
    path = HERE / f"{name}{SUFFIX}" if name in SHIPPED else Path(name)
    try:
        found = path.read_bytes()
    except OSError as error:
        shipped = ", ".join(SHIPPED)
        raise BadRoads(
            f"{name}: {error.strerror}: name a file that 'callahead roads build' wrote, or {shipped}"
        ) from None
    return _graph(path, _kept(path, found))


def _kept(path: Path, found: bytes) -> _RoadFile:
    if not found.startswith(MARK):
        raise BadRoads(f"{path}: no file of roads; make one of OpenStreetMap's data: callahead roads build FILE")
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(found[len(MARK) :], MOST_BYTES)
        if not unpacking.eof:
            raise BadRoads(f"{path}: not whole, or larger than {MOST_BYTES >> 20} MB unpacked")
        return msgspec.msgpack.decode(plain, type=_RoadFile)
    except (zlib.error, msgspec.DecodeError) as error:
        raise BadRoads(f"{path}: broken: {error}; build it anew") from None


def _graph(path: Path, kept: _RoadFile) -> RoadGraph:
    try:
        columns = Columns(**{name: _unpacked(kept.columns[name]) for name in _NAMES})
        ZoneInfo(kept.zone)
    except (LookupError, ValueError, ZoneInfoNotFoundError, OSError) as error:
        raise BadRoads(f"{path}: broken: {error}; build it anew") from None
    if not _sound(columns):
        raise BadRoads(f"{path}: broken: its columns contradict each other; build it anew")
    return RoadGraph(kept.name, kept.attribution, kept.zone, kept.drawn, columns)


def _sound(columns: Columns) -> bool:
    """Tell whether every stretch begins and ends somewhere, is of a class, and has as many points as there are."""
    stretches, junctions = len(columns.tail), len(columns.latitude)
    of_stretches = [getattr(columns, name) for name in _NAMES if name not in {*_JUNCTIONS, *_POINTS}]
    return (
        stretches > 0
        and all(len(one) == stretches for one in of_stretches)
        and len(columns.longitude) == junctions
        and len(columns.shape_latitude) == len(columns.shape_longitude) == columns.points.sum()
        and _within(np.concatenate([columns.tail, columns.head]), 0, junctions - 1)
        and _within(columns.points, 0, len(columns.shape_latitude))
        and _within(columns.road, 0, len(CLASSES) - 1)
        and _within(columns.kmh, 1, FASTEST_KMH)
        and _within(columns.one_way, 0, 1)
        and is_connected(columns)
        and all(_within(getattr(columns, name), -180 * MICRO, 180 * MICRO) for name in (*_JUNCTIONS, *_POINTS))
    )


def _within(found: Whole, least: int, most: int) -> bool:
    return bool(((found >= least) & (found <= most)).all())


def _packed(column: Whole) -> bytes:
    """Return the steps from each number to the next, the lowest bytes of all of them first: like stands beside like."""
    steps = np.diff(column, prepend=0).astype("<i4")
    zigzag = ((steps << 1) ^ (steps >> 31)).astype("<u4")
    return zigzag.view(np.uint8).reshape(-1, 4).T.tobytes()


def _unpacked(packed: bytes) -> Whole:
    zigzag = np.frombuffer(packed, np.uint8).reshape(4, -1).T.copy().view("<u4").ravel().astype(np.int64)
    found: Whole = np.cumsum((zigzag >> 1) ^ -(zigzag & 1))
    return found
