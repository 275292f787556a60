"""The map that the operator brings (``--map``), for every page that shows one: what draws it, its tiles, what a page is told."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import logging
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starlette.responses import Response

from dispatch.maps.errors import BadMap
from dispatch.maps.map_tiles import MapTiles, MapTold

log = logging.getLogger("callahead")

MAPLIBRE = ("maplibre-gl.js", "maplibre-gl.css")
FOR_MAP = {"worker-src": "blob:"}
"""MapLibre unpacks tiles beside the page, by a script that it makes of itself."""
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOREVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, gzipped."""

    packed: bytes
    media_type: str

    @property
    def plain(self) -> bytes:
        """As it is."""
        return gzip.decompress(self.packed)


def asset(path: Path) -> Asset:
    """Return a file, packed."""
    return Asset(gzip.compress(path.read_bytes(), 9, mtime=0), MEDIA_TYPES[path.suffix])


@cache
def map_assets() -> dict[str, Asset]:
    """Return what draws the tiles of a map, by its name; nothing where ``callahead[map]`` is not installed."""
    found = importlib.util.find_spec("maplibre")
    folders = [] if found is None else found.submodule_search_locations or []
    files = [Path(folder) / "srcjs" / name for folder in folders for name in MAPLIBRE]
    return {path.name: asset(path) for path in files if path.exists()}


@cache
def map_version() -> str:
    """Return what is another whenever one of those files is."""
    digest = hashlib.sha256()
    for name, one in sorted(map_assets().items()):
        digest.update(name.encode() + one.packed)
    return digest.hexdigest()[:12]


def shown_map(told: MapTold, *, tiles: str, files: str) -> dict[str, Any]:
    """Return what a page has to know to draw a map: where its ``tiles`` and the ``files`` that draw them are, and what is in it."""
    where = {
        "tiles": f"{tiles}/{told.made}/{{z}}/{{x}}/{{y}}",
        "script": f"{files}/{MAPLIBRE[0]}",
        "style": f"{files}/{MAPLIBRE[1]}",
    }
    return where | asdict(told)


def tile_of(tiles: MapTiles | None, made: str, zoom: int, column: int, row: int) -> Response:
    """Return a tile as it stands in the file; where it is broken, the map has a hole and the log says why."""
    if tiles is None or made != tiles.told.made:
        return Response(status_code=404)
    try:
        found = tiles.tile(zoom, column, row)
    except BadMap as error:
        log.warning("%s", error, extra={"flood": "map"})
        found = None
    headers = {"cache-control": FOREVER}
    if found is None:
        return Response(status_code=204, headers=headers)
    headers |= {"content-encoding": tiles.encoding} if tiles.encoding else {}
    return Response(found, media_type=tiles.media_type, headers=headers)
