"""What the pages are made of: our files, Leaflet as NiceGUI's wheel brings it, MapLibre as its own does. Read and packed once."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nicegui

HERE = Path(__file__).with_name("desk")
FOLDERS = (HERE, Path(__file__).with_name("agent"))
"""Of all pages; no two files have one name, so that each names another as if they lay side by side."""
_LEAFLET = Path(nicegui.__file__).parent / "elements" / "leaflet" / "dist"
_OTHERS = {
    "leaflet.js": _LEAFLET / "index.js",
    "leaflet.css": _LEAFLET / "leaflet" / "leaflet.css",
    "video.js": Path(__file__).parents[1] / "own_page" / "files" / "video.js",  # both ends of a call speak the same
}
MAPLIBRE = ("maplibre-gl.js", "maplibre-gl.css")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, gzipped."""

    packed: bytes
    media_type: str

    @property
    def plain(self) -> bytes:
        """As it is."""
        return gzip.decompress(self.packed)


@cache
def map_assets() -> dict[str, Asset]:
    """Return what draws the tiles of a map, by its name; nothing where ``callahead[map]`` is not installed."""
    found = importlib.util.find_spec("maplibre")
    folders = [] if found is None else found.submodule_search_locations or []
    files = [Path(folder) / "srcjs" / name for folder in folders for name in MAPLIBRE]
    return {path.name: _asset(path) for path in files if path.exists()}


def _asset(path: Path) -> Asset:
    return Asset(gzip.compress(path.read_bytes(), 9, mtime=0), _TYPES[path.suffix])


@cache
def assets() -> dict[str, Asset]:
    """Return every file by its name."""
    ours = {path.name: path for folder in FOLDERS for path in sorted(folder.iterdir()) if path.suffix in _TYPES}
    return {name: _asset(path) for name, path in (ours | _OTHERS).items()}


_IMPORTED = re.compile(r"""from "\./([\w-]+\.js)";""")


def modules(entry: str) -> list[str]:
    """Return a script and all that it imports, one through another."""
    found: dict[str, None] = {}
    _follow(entry, found)
    return list(found)


def _follow(name: str, found: dict[str, None]) -> None:
    found[name] = None
    for other in _imports(name):
        if other not in found:
            _follow(other, found)


def _imports(name: str) -> Iterator[str]:
    yield from (other for other in _IMPORTED.findall(assets()[name].plain.decode()) if other in assets())


@cache
def version() -> str:
    """Return what is another whenever a file is."""
    digest = hashlib.sha256()
    for name, asset in sorted(assets().items()):
        digest.update(name.encode() + asset.packed)
    return digest.hexdigest()[:12]
