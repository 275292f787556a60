"""Durations as people read them. Pure."""

from __future__ import annotations


def waited(seconds: float) -> str:
    """Return a duration, ``12 s``, ``4 min``, ``3 h``; what clocks that disagree make negative is none."""
    if seconds < 90:  # noqa: PLR2004 - up to here seconds are what one wants to know
        return f"{max(0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"  # noqa: PLR2004


def ago(seconds: float) -> str:
    """Return how long ago something was, ``just now``, ``6 min ago``."""
    return "just now" if seconds < 90 else f"{waited(seconds)} ago"  # noqa: PLR2004 - what people call just now
