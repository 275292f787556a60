"""What came of playing a recording."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a recording."""

    sent: int
    refused: tuple[tuple[str, str], ...]
    """Topic and the broker's reason. MQTT 3.1.1 has no reasons: there, what is refused looks like success."""
    version: str
    """The MQTT version it was played in."""
