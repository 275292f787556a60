"""What the pages are made of: our files, and Leaflet as NiceGUI's wheel brings it. Read and packed once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nicegui

from dispatch.web.shown_map import MEDIA_TYPES, Asset, asset

HERE = Path(__file__).with_name("desk")
FOLDERS = (HERE, Path(__file__).with_name("agent"))
"""Of all pages; no two files have one name, so that each names another as if they lay side by side."""
_LEAFLET = Path(nicegui.__file__).parent / "elements" / "leaflet" / "dist"
_OTHERS = {
    "leaflet.js": _LEAFLET / "index.js",
    "leaflet.css": _LEAFLET / "leaflet" / "leaflet.css",
    "video.js": Path(__file__).parents[1] / "own_page" / "files" / "video.js",  # both ends of a call speak the same
}


@cache
def assets() -> dict[str, Asset]:
    """Return every file by its name."""
    ours = {path.name: path for folder in FOLDERS for path in sorted(folder.iterdir()) if path.suffix in MEDIA_TYPES}
    return {name: asset(path) for name, path in (ours | _OTHERS).items()}


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
    for name, one in sorted(assets().items()):
        digest.update(name.encode() + one.packed)
    return digest.hexdigest()[:12]
