"""A PMTiles archive (version 3): a file with all tiles of a map, each found by its number. Threads may ask it, too.

https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

from __future__ import annotations

import gzip
import html
import json
import mmap
import re
import zlib
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from dispatch.maps.errors import BadMap
from dispatch.maps.map_tiles import MapTold

HEADER_BYTES = 127
DIRECTORIES = 64
"""So many are at hand, each of some thousand tiles."""
DEPTH = 4
"""A directory may lead to another so often."""
LONGEST_METADATA = 16 * 1024 * 1024
LONGEST_CREDIT = 300
"""Letters of whom the map is owed to."""
_MEDIA = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}
_ENCODINGS = {Compression.NONE: None, Compression.GZIP: "gzip", Compression.BROTLI: "br"}
_TAG = re.compile(r"<[^>]*>")


class MapFile:
    """Ask it for a ``tile``. ``told``: what it is. Raises ``BadMap`` where it is no map that a browser can draw."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes = _opened(path)
        self._header = self._read_header()
        self.media_type = _MEDIA[self._header["tile_type"]]
        self.encoding = _ENCODINGS[self._header["tile_compression"]]
        """As HTTP names how a tile is packed; ``None``: it is not."""
        self._directory = lru_cache(DIRECTORIES)(self._unpacked)
        self.told = self._read_told()

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile as it stands in the file; ``None``: it has none there. Raises ``BadMap`` where the file is broken there."""
        if not self.told.min_zoom <= zoom <= self.told.max_zoom or not (
            0 <= column < 1 << zoom and 0 <= row < 1 << zoom
        ):
            return None
        number = zxy_to_tileid(zoom, column, row)
        at, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(DEPTH):
            found = find_tile(self._directory(at, length), number)
            if found is None:
                return None
            if found.run_length:
                return self._cut(self._header["tile_data_offset"] + found.offset, found.length)
            at, length = self._header["leaf_directory_offset"] + found.offset, found.length
        raise self._bad("its directories lead nowhere")

    def _read_header(self) -> HeaderDict:
        try:
            header = deserialize_header(self._bytes[:HEADER_BYTES].ljust(HEADER_BYTES, b"\0"))
        except SpecVersionUnsupported:
            raise self._bad(
                "it is of another version of PMTiles than 3: 'pmtiles convert OLD NEW' writes that"
            ) from None
        except (MagicNumberNotFound, UnicodeDecodeError):
            raise self._bad("it is no PMTiles archive (one begins with the letters PMTiles)") from None
        except ValueError as error:
            raise self._bad(f"its head is broken: {error}") from None
        self._check(header)
        return header

    def _check(self, header: HeaderDict) -> None:
        if header["tile_type"] not in _MEDIA:
            raise self._bad(
                f"its tiles are {header['tile_type'].name}; a browser draws {', '.join(one.name for one in _MEDIA)}"
            )
        if header["tile_compression"] not in _ENCODINGS:
            raise self._bad(
                f"its tiles are packed by {header['tile_compression'].name}; GZIP and BROTLI can be unpacked"
            )
        if header["internal_compression"] is not Compression.GZIP:
            raise self._bad(
                f"its directories are packed by {header['internal_compression'].name}; GZIP can be unpacked"
            )
        parts = ("root", "metadata", "leaf_directory", "tile_data")
        size: Any = header  # each part is told by where it begins and how long it is
        ends = max(size[f"{part}_offset"] + size[f"{part}_length"] for part in parts)
        if ends > len(self._bytes):
            raise self._bad(f"it is cut short: {ends:,} bytes are told of, and {len(self._bytes):,} are there")

    def _read_told(self) -> MapTold:
        header = self._header
        if not self._directory(header["root_offset"], header["root_length"]):
            raise self._bad("it has no tiles")
        metadata = self._metadata()
        degrees = (header["min_lon_e7"], header["min_lat_e7"], header["max_lon_e7"], header["max_lat_e7"])
        west, south, east, north = (each / 1e7 for each in degrees)
        return MapTold(
            made=sha256(self._bytes[:HEADER_BYTES] + json.dumps(metadata, sort_keys=True).encode()).hexdigest()[:12],
            kind="vector" if header["tile_type"] is TileType.MVT else "raster",
            layers=_layers(metadata),
            min_zoom=header["min_zoom"],
            max_zoom=header["max_zoom"],
            bounds=(west, south, east, north),
            credit=html.unescape(_TAG.sub("", str(metadata.get("attribution") or "")))[:LONGEST_CREDIT],
        )

    def _metadata(self) -> dict[str, Any]:
        packed = self._cut(self._header["metadata_offset"], self._header["metadata_length"])
        try:
            text = zlib.decompressobj(wbits=31).decompress(packed, LONGEST_METADATA)
            found = json.loads(text)
        except (zlib.error, ValueError, RecursionError) as error:
            raise self._bad(f"what it says of itself cannot be read: {error}") from None
        return found if isinstance(found, dict) else {}

    def _unpacked(self, at: int, length: int) -> list[Entry]:
        try:
            return deserialize_directory(self._cut(at, length))
        except (gzip.BadGzipFile, zlib.error, EOFError, ValueError, IndexError) as error:
            raise self._bad(f"one of its directories cannot be read: {error}") from None

    def _cut(self, at: int, length: int) -> bytes:
        return self._bytes[at : at + length]

    def _bad(self, why: str) -> BadMap:
        return BadMap(f"{self._path}: {why}")


def _layers(metadata: dict[str, Any]) -> tuple[str, ...]:
    told = metadata.get("vector_layers")
    found = told if isinstance(told, list) else []
    return tuple(str(one["id"]) for one in found if isinstance(one, dict) and "id" in one)


def _opened(path: Path) -> mmap.mmap:
    """Return a file as bytes that are read when they are looked at."""
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise BadMap(f"{path}: {error.strerror}") from None
    except ValueError:
        raise BadMap(f"{path}: it is empty") from None
