"""The roads as a map draws them: GeoJSON (RFC 7946), packed, a line string of many parts for each class of road."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache, partial

import msgspec

from dispatch.core.policy import Policy
from dispatch.roads.graph import RoadGraph
from dispatch.roads.times import RoadTimes
from dispatch.roads.ways import CLASSES

NOT_DRAWN = frozenset({"service", "road"})
"""Yards, alleys, ways of parking sites: a third of all that is there, and a map of a city is none for them."""
DIGITS = 5
"""Of degrees: a metre."""
Lines = Callable[[], bytes]


def lines_of(policy: Policy) -> Lines | None:
    """Return what draws the roads of a policy whose roads were read, once it is asked; ``None``: it has none."""
    return cache(partial(geojson, policy.drives.graph)) if isinstance(policy.drives, RoadTimes) else None


def geojson(graph: RoadGraph) -> bytes:
    """Return the roads as gzipped GeoJSON, with whose map it is, the same bytes for the same graph."""
    drawn = [name for name in CLASSES if name not in NOT_DRAWN and graph.of_classes(name).any()]
    found = {
        "type": "FeatureCollection",
        "attribution": graph.attribution,
        "features": [_feature(graph, one) for one in drawn],
    }
    return gzip.compress(msgspec.json.encode(found), mtime=0)


def _feature(graph: RoadGraph, road: str) -> dict[str, object]:
    longitude, latitude = (one.round(DIGITS).tolist() for one in (graph.longitude, graph.latitude))
    points, first = list(zip(longitude, latitude, strict=True)), graph.first.tolist()
    parts = [points[first[one] : first[one + 1]] for one in graph.of_classes(road).nonzero()[0].tolist()]
    return {
        "type": "Feature",
        "properties": {"road": road},
        "geometry": {"type": "MultiLineString", "coordinates": parts},
    }
