"""What the page is made of: a document, and files of ours alone, read and packed once."""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import cache
from html import escape
from pathlib import Path

from dispatch.maps.map_tiles import MapTold
from dispatch.web.shown_map import map_version, shown_map
from dispatch.words import LANGUAGES, phrases

FILES, MAP = "/me/files", "/me/map"
_HERE = Path(__file__).with_name("files")
_SHARED = [
    Path(__file__).parents[1] / "console" / "desk" / name for name in ("dom.js", "icon.svg", "ink.js", "map_style.js")
]
"""What the dispatcher's page has, too: how a map looks is one."""
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_BESIDE = {"worker.js", "recorder.js"}
"""Run beside the page and not in it."""
RIGHT_TO_LEFT = {"fa"}
_PREFIX = "page_"


@cache
def packed() -> dict[str, bytes]:
    """Return every file by its name, gzipped."""
    return {
        path.name: gzip.compress(path.read_bytes(), 9, mtime=0)
        for path in sorted([*_HERE.iterdir(), *_SHARED])
        if path.suffix in TYPES
    }


@cache
def words(language: str) -> str:
    """Return what the page itself says in a language, as JSON: the phrases ``page_…`` without that, and its direction."""
    said = {key.removeprefix(_PREFIX): one.texts[language] for key, one in phrases().items() if key.startswith(_PREFIX)}
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return json.dumps({"language": language, "direction": direction, "words": said}, ensure_ascii=False)


@cache
def version() -> str:
    """Return what is another whenever a file is, or a word."""
    digest = hashlib.sha256()
    for name, content in packed().items():
        digest.update(name.encode() + content)
    for language in LANGUAGES:
        digest.update(words(language).encode())
    return digest.hexdigest()[:12]


@cache
def document(brought: MapTold | None = None) -> str:
    """Return the page, with where its files are; all scripts are asked for at once, and not each when another names it.

    ``brought``: the map of the house, where it has one.
    """
    told = "" if brought is None else json.dumps(shown_map(brought, tiles=MAP, files=f"{FILES}/{map_version()}"))
    files = f"{FILES}/{version()}"
    scripts = [name for name in packed() if name.endswith(".js") and name not in _BESIDE]
    wanted = "\n    ".join(f'<link rel="modulepreload" href="{files}/{name}">' for name in scripts)
    text = (_HERE / "me.html").read_text("utf-8")
    return text.replace("{scripts}", wanted).replace("{files}", files).replace("{map}", escape(told, quote=True))
