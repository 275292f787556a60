"""A few samples of each reading that is watched over time: enough to tell a fall, few enough to store with the twin. Pure."""

from __future__ import annotations

from collections.abc import Collection

KEEP = 6
"""Samples of each reading."""
SPAN_S = 7_200.0
"""How far back they reach."""
APART_S = 60.0
"""Closer samples replace one another, unless they are extreme: a dip while cranking lasts a second."""

Samples = dict[str, list[tuple[float, float]]]
"""Name → (POSIX seconds, value), oldest first."""


def keep(samples: Samples, names: Collection[str], readings: dict[str, float | int | str | bool], at: float) -> None:
    """Add the watched readings taken at ``at`` (POSIX seconds, by the device's clock)."""
    for name in names:
        value = readings.get(name)
        if value is None or isinstance(value, bool | str):
            continue
        kept = samples.get(name)
        if kept is None:
            samples[name] = [(at, float(value))]
            continue
        if at < kept[-1][0]:
            continue
        kept.append((at, float(value)))
        if len(kept) > KEEP or kept[0][0] < at - SPAN_S:
            _thin(kept, at)


def _thin(kept: list[tuple[float, float]], at: float) -> None:
    """Drop what is too old, then the least telling: a sample between two neighbours that are close in time and value."""
    while len(kept) > 2 and kept[0][0] < at - SPAN_S:  # noqa: PLR2004 - two make a slope
        del kept[0]
    while len(kept) > KEEP:
        telling = [_telling(kept, index) for index in range(1, len(kept) - 1)]
        del kept[telling.index(min(telling)) + 1]


def _telling(kept: list[tuple[float, float]], index: int) -> tuple[bool, float]:
    began, before = kept[index - 1]
    ended, after = kept[index + 1]
    here = kept[index][1]
    if (here - before) * (here - after) > 0:
        return ended - began < SPAN_S, abs(here - before)
    return False, ended - began
