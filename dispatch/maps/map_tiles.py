"""What whoever shows a map asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class MapTold:
    """What whoever draws a map has to know of it."""

    made: str
    """Another for each file: its tiles may be kept for ever under it."""
    kind: Literal["vector", "raster"]
    layers: tuple[str, ...]
    """Of vector tiles, as the file names them."""
    min_zoom: int
    max_zoom: int
    bounds: tuple[float, float, float, float]
    """West, south, east, north, degrees."""
    credit: str
    """Whom the map is owed to, as text."""


class MapTiles(Protocol):
    """A map in tiles. ``media_type`` and ``encoding`` as HTTP names them; no encoding: the tiles are not packed."""

    told: MapTold
    media_type: str
    encoding: str | None

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """Return a tile; ``None``: there is none. Raises ``BadMap``."""
