"""A few samples of each reading that is watched over time: enough to tell a fall, few enough to store with the twin. Pure."""

from __future__ import annotations

from collections.abc import Collection

KEEP = 6
"""Samples of each reading."""
SPAN_S = 7_200.0
"""How far back they reach."""
RECENT_S = 900.0
"""The extremes of so long a time are kept whatever else goes: ``lowest`` and ``highest`` look no farther."""

Samples = dict[str, list[tuple[float, float]]]
"""Name → (POSIX seconds, value), oldest first."""


def keep(samples: Samples, names: Collection[str], readings: dict[str, float | int | str | bool], at: float) -> None:
    """Add the watched readings taken at ``at`` (POSIX seconds, by the device's clock)."""
    for name in names:
        value = readings.get(name)
        if value is None or value.__class__ is bool or value.__class__ is str:
            continue
        kept = samples.get(name)
        if not kept:
            samples[name] = [(at, float(value))]
            continue
        last_at, last = kept[-1]
        if at < last_at:
            continue
        if value == last and len(kept) > 1 and kept[-2][1] == last:
            kept[-1] = (at, last)  # it still is as it was: two samples say so, whatever the time between
            continue
        kept.append((at, float(value)))
        if len(kept) > KEEP or (len(kept) > 2 and kept[0][0] < at - SPAN_S):  # noqa: PLR2004 - two make a slope
            _thin(kept, at)


def _thin(kept: list[tuple[float, float]], at: float) -> None:
    """Drop what is too old; else, of the samples between the ends, the one whose neighbours are closest in time.

    The newest sample that is as low or as high as any of the last minutes is never dropped.
    """
    if kept[0][0] < at - SPAN_S:
        del kept[0]
        return
    least, most = _extremes(kept, at - RECENT_S)
    closest, spared = float("inf"), len(kept) - 2
    for index in range(1, len(kept) - 1):
        gap = kept[index + 1][0] - kept[index - 1][0]
        if gap < closest and index != least and index != most:  # noqa: PLR1714 - a set would be made each time
            closest, spared = gap, index
    del kept[spared]


def _extremes(kept: list[tuple[float, float]], since: float) -> tuple[int, int]:
    """Return where the newest lowest and the newest highest sample since then stand."""
    least = most = len(kept) - 1
    for index in range(len(kept) - 2, -1, -1):
        at, value = kept[index]
        if at < since:
            break
        if value < kept[least][1]:
            least = index
        elif value > kept[most][1]:
            most = index
    return least, most
