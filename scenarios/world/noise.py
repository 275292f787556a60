"""Errors of sensors. Each depends on who measures what and nothing else: whoever slept before measures the same."""

from __future__ import annotations

import math

from scenarios.story.streams import Streams


class Noise:
    """Standard normal numbers by what they are for."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def pair(self, purpose: str, *key: str | float) -> tuple[float, float]:
        """Return two independent numbers of mean 0 and standard deviation 1 (Box and Muller 1958)."""
        first, second = self._streams.uniforms(purpose, *key)
        radius, angle = math.sqrt(-2 * math.log1p(-first)), 2 * math.pi * second
        return radius * math.cos(angle), radius * math.sin(angle)
