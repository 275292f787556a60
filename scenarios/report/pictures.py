"""The report's pictures, each an SVG element. matplotlib draws them; the page's style sheet colours them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np

from gateway.finding import Place
from scenarios.report.cases import Told
from scenarios.report.day import Day, Job
from scenarios.report.ink import BLUE, GREEN, INK, LINE, ORANGE, PAPER, PINK, RED, SKY, drawing, svg
from scenarios.report.paid import Paid
from scenarios.story.distributions import Numbers

WIDE, HALF = 10.4, 5.1
"""Inches: across the page, and half of it."""
MOST_TRUCKS = 60
"""More would be hairlines."""
MOST_POINTS = 3_000
"""From here on the map counts cases by hexagon."""
MOST_PARTS = 16
LEGEND = {"loc": "upper right", "fontsize": 8.5}


class Clock:
    """Labels moments by the hour at the story's place."""

    def __init__(self, utc_offset_s: float) -> None:
        self._zone = timezone(timedelta(seconds=utc_offset_s)) if utc_offset_s else UTC

    def hour(self, at: float) -> str:
        """Return ``06:14``."""
        return datetime.fromtimestamp(at, self._zone).strftime("%H:%M")

    def moment(self, at: float) -> str:
        """Return ``2026-01-12 06:14:05``."""
        return datetime.fromtimestamp(at, self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def axis(self, axes: Any, first: float, last: float) -> None:  # noqa: ANN401 - matplotlib's axes
        """Write whole hours (or days) below a picture."""
        span = max(60.0, last - first)
        step = next((step for step in _STEPS if span / step <= 12), 7 * 86400.0)  # noqa: PLR2004 - labels that fit
        offset = self._zone.utcoffset(None)
        shift = offset.total_seconds() if offset else 0.0
        ticks = np.arange(math.ceil((first + shift) / step) * step - shift, last + 1, step)
        by_day = step >= 86400  # noqa: PLR2004 - seconds in a day
        labels = [datetime.fromtimestamp(tick, self._zone).strftime("%d %b" if by_day else "%H:%M") for tick in ticks]
        axes.set_xticks(ticks, labels)
        axes.set_xlim(first, max(last, first + 60))


_STEPS = (60.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 21_600.0, 43_200.0, 86400.0)


def head_starts(cases: Sequence[Told], median_s: float | None) -> str:
    """How long before the customer would have phoned our call connected; left of zero the customer would have been first.

    ``median_s``: the scorecard's.
    """
    minutes = [one.head_start_s / 60 for one in cases if one.head_start_s is not None]
    middle = None if median_s is None else median_s / 60
    return _histogram("head", minutes, "head start, min", [("our call came first", GREEN, 0.0)], middle)


def waits_for_call(cases: Sequence[Told]) -> str:
    """How long after a case was opened our call connected: what a ledger alone knows of being first."""
    minutes = [
        one.waited_for_call_s / 60 for one in cases if one.case.connected_at and one.waited_for_call_s is not None
    ]
    middle = float(np.median(minutes)) if minutes else None
    return _histogram(
        "call", minutes, "from the fault's report to our call, min", [("connected", BLUE, -math.inf)], middle
    )


def _histogram(
    name: str,
    values: Sequence[float],
    label: str,
    legend: list[tuple[str, str, float]],
    middle: float | None,
) -> str:
    """Draw how often each value occurs, and mark ``middle`` as their median."""
    with drawing(HALF, 3.1) as picture:
        axes = picture.subplots()
        if values:
            low, high = np.percentile(values, [1, 99])
            bins = np.linspace(min(low, 0.0), max(high, 1.0), 36).tolist()
            shown = np.clip(values, bins[0], bins[-1])
            ((said, colour, zero),) = legend
            axes.hist(shown[shown >= zero], bins, color=colour, label=said)
            if (shown < zero).any():
                axes.hist(
                    shown[shown < zero],
                    bins,
                    color=RED,
                    hatch="////",
                    edgecolor=PAPER,
                    label="the customer would have been",
                )
                axes.axvline(0, color=INK, linewidth=1)
            if middle is not None:
                axes.axvline(middle, color=INK, linestyle="--", linewidth=1, label="median")
            axes.legend(**LEGEND)
        _whole_numbers(axes)
        axes.set_xlabel(label)
        axes.set_ylabel("cases")
        return svg(picture, name)


def _whole_numbers(axes: Any, most: int = 6) -> None:  # noqa: ANN401 - matplotlib's axes
    """Cases and calls are counted: no half ones on the axis."""
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=most)


def paid(found: Paid) -> str:
    """What devices of each kind paid, week by week, one upon the other."""
    with drawing(HALF, 3.1) as picture:
        axes = picture.subplots()
        below = [0.0 for _ in found.weeks]
        for number, (kind, _, sums) in enumerate(found.kinds()):
            colour = _KINDS[number % len(_KINDS)]
            axes.bar(
                [week + 1 for week in found.weeks], [one / 100 for one in sums], bottom=below, color=colour, label=kind
            )
            below = [before + one / 100 for before, one in zip(below, sums, strict=True)]
        axes.set_xticks([week + 1 for week in found.weeks])
        axes.set_xlabel("week")
        axes.set_ylabel("paid")
        axes.legend(**LEGEND)
        return svg(picture, "paid")


_KINDS = (BLUE, ORANGE, GREEN, PINK, SKY, RED)


def responses(cases: Sequence[Told], due_s: float) -> str:
    """Which share of trucks was there within a time, and by when they should be."""
    minutes = np.sort([one.response_s / 60 for one in cases if one.response_s is not None])
    with drawing(HALF, 3.1) as picture:
        axes = picture.subplots()
        due = due_s / 60
        if len(minutes):
            axes.step(np.append(0, minutes), np.linspace(0, 1, len(minutes) + 1), where="post", color=BLUE, linewidth=2)
            axes.set_xlim(0, max(due * 1.2, float(np.percentile(minutes, 99)) * 1.05))
        axes.axvline(due, color=RED, linestyle="--", linewidth=1.2, label=f"due, {due:.3g} min")
        axes.set_ylim(0, 1.02)
        axes.set_yticks(np.linspace(0, 1, 6), [f"{share:.0%}" for share in np.linspace(0, 1, 6)])
        axes.set_xlabel("from the fault to the truck, min")
        axes.set_ylabel("share of arrivals")
        axes.legend(loc="lower right", fontsize=8.5)
        return svg(picture, "response")


def course(day: Day, agents: int, clock: Clock) -> str:
    """Over the day: calls that wait, agents who speak, trucks under way."""
    first, last = day.first_at or 0.0, day.last_at
    shown = (
        ("calls that wait", day.waiting, ORANGE, 0),
        ("agents with a call", day.talking, BLUE, agents),
        ("trucks with a job", day.trucks_busy(), GREEN, len(day.trucks)),
    )
    with drawing(WIDE, 4.6) as picture:
        for axes, (label, steps, colour, most) in zip(picture.subplots(3, sharex=True), shown, strict=True):
            times, heights = _curve(steps, first, last)
            axes.fill_between(times, heights, step="post", color=colour, alpha=0.35, linewidth=0)
            axes.step(times, heights, where="post", color=colour, linewidth=1.1)
            if most and (not len(heights) or most <= 4 * heights.max()):
                axes.axhline(most, color=INK, linestyle=":", linewidth=1)
            axes.set_ylim(0, max(1.0, *(1.08 * heights), most if most <= 4 * heights.max() else 0.0))
            _whole_numbers(axes, 4)
            axes.set_title(f"{label}{f' (of {most})' if most else ''}", loc="left", fontsize=9.5)
            clock.axis(axes, first, last)
        return svg(picture, "course")


def _curve(steps: Sequence[tuple[float, int]], first: float, last: float) -> tuple[Numbers, Numbers]:
    """Return times and heights; of many steps the highest in each of some thousand stretches."""
    ordered = np.array([(first, 0), *sorted(steps), (last, 0)], dtype=float)
    times, heights = ordered[:, 0], np.cumsum(ordered[:, 1])
    if len(times) <= _FINE:
        return times, heights
    edges = np.linspace(first, last, _FINE)
    starts = np.searchsorted(times, edges[:-1])
    peaks = np.maximum.reduceat(heights, np.minimum(starts, len(heights) - 1))
    return edges, np.append(peaks, heights[-1])


_FINE = 2_000


def map_of(cases: Sequence[Told], day: Day) -> str:
    """Where the cases were, by what became of them; without tiles, for a page that needs no network."""
    placed = [(one, one.case.place) for one in cases if one.case.place is not None]
    with drawing(HALF, 4.7) as picture:
        axes = picture.subplots()
        axes.grid(visible=False)
        if placed:
            (_hexagons if len(placed) > MOST_POINTS else _points)(axes, placed)
            middle = float(np.mean([place.latitude for _, place in placed]))
            axes.set_aspect(1 / math.cos(math.radians(middle)), adjustable="datalim")
        if day.workshops:
            north, east = zip(*day.workshops, strict=True)
            axes.scatter(
                east, north, marker="P", s=40, color=INK, edgecolor=PAPER, linewidth=0.5, label="workshop", zorder=3
            )
        axes.set_xlabel("longitude, °")
        axes.set_ylabel("latitude, °")
        if axes.get_legend_handles_labels()[1]:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, fontsize=8.5)
        return svg(picture, "map")


def _points(axes: Any, placed: Sequence[tuple[Told, Place]]) -> None:  # noqa: ANN401
    looks = {
        "helped in time": (GREEN, "o"),
        "helped late": (ORANGE, "D"),
        "informed": (BLUE, "s"),
        "not reached": (RED, "X"),
        "open": (PINK, "^"),
    }
    for outcome, (colour, marker) in looks.items():
        mine = [place for one, place in placed if outcome_of(one) == outcome]
        if mine:
            where = [place.longitude for place in mine], [place.latitude for place in mine]
            axes.scatter(
                *where, s=18, color=colour, marker=marker, linewidth=0, alpha=0.85, label=f"{outcome} ({len(mine)})"
            )


def _hexagons(axes: Any, placed: Sequence[tuple[Told, Place]]) -> None:  # noqa: ANN401
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - as in ``ink``

    shades = LinearSegmentedColormap.from_list("cases", ["#56b4e930", "#0072b2ff"])
    where = [place.longitude for _, place in placed], [place.latitude for _, place in placed]
    found = axes.hexbin(*where, gridsize=36, mincnt=1, cmap=shades, linewidths=0)
    axes.figure.colorbar(found, ax=axes, label="cases", shrink=0.7)


def outcome_of(one: Told) -> str:
    """Say in a word what became of a case."""
    if one.case.arrivals:
        return "helped late" if one.late else "helped in time"
    if one.case.connected_at is not None or (one.case.closed_at is not None and not one.case.calls):
        return "informed"
    return "open" if one.case.closed_at is None else "not reached"


def gantt(day: Day, clock: Clock) -> str:
    """What each truck did: under way, on the scene and towing. At most the sixty that had most to do."""
    first, last = day.first_at or 0.0, day.last_at
    count = Counter(job.truck for job in day.jobs)
    names = sorted(name for name, _ in count.most_common(MOST_TRUCKS))
    row = {name: number for number, name in enumerate(names)}
    jobs = [job for job in day.jobs if job.truck in row]
    with drawing(WIDE, max(1.6, 0.8 + 0.135 * len(names))) as picture:
        axes = picture.subplots()
        for phase, colour, hatch, span in _PHASES:
            bars = [(row[job.truck], *span(job, last)) for job in jobs]
            bars = [bar for bar in bars if bar[2] > 0]
            if bars:
                at, starts, spans = zip(*bars, strict=True)
                axes.barh(
                    at,
                    spans,
                    left=starts,
                    height=0.78,
                    color=colour,
                    hatch=hatch,
                    edgecolor=PAPER,
                    linewidth=0,
                    label=phase,
                )
        axes.set_yticks(range(len(names)), [name.partition("/")[2] or name for name in names], fontsize=7)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        if jobs:
            axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8.5)
        clock.axis(axes, first, last)
        return svg(picture, "gantt")


def _under_way(job: Job, last: float) -> tuple[float, float]:
    return job.since, (job.there or job.until or last) - job.since


def _at_work(job: Job, last: float) -> tuple[float, float]:
    return (job.there or last), ((job.until or last) - job.there if job.there else 0.0)


_PHASES: tuple[tuple[str, str, str, Callable[[Job, float], tuple[float, float]]], ...] = (
    ("under way", SKY, "", _under_way),
    ("on the scene, towing", BLUE, "", _at_work),
)


def confusion(cases: Sequence[Told]) -> str:
    """What broke, by row, against what was concluded, by column: shares of the row, with counts."""
    pairs = Counter((one.fault.part if one.fault else "nothing", one.case.last.part) for one in cases)
    true, named = (_frequent(pairs, side) for side in (0, 1))
    columns = [*[part for part in true if part in named], *[part for part in named if part not in true]]
    table = np.array([[_count(pairs, part, column, true, columns) for column in columns] for part in true], dtype=float)
    with drawing(WIDE, max(1.8, 1.2 + 0.28 * len(true))) as picture:
        axes = picture.subplots()
        axes.grid(visible=False)
        for (row, column), count in np.ndenumerate(table):
            if count:
                right = true[row] == columns[column]
                share = count / table[row].sum()
                box = {"color": GREEN if right else RED, "alpha": 0.25 + 0.6 * share, "linewidth": 0}
                axes.fill(
                    [column - 0.5, column + 0.5, column + 0.5, column - 0.5], [row - 0.5] * 2 + [row + 0.5] * 2, **box
                )
                axes.text(column, row, f"{count:.0f}", ha="center", va="center", fontsize=8.5)
        axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right", fontsize=8)
        axes.set_yticks(range(len(true)), true, fontsize=8)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(true) - 0.5, -0.5)
        axes.set_xlabel("concluded")
        axes.set_ylabel("broken")
        return svg(picture, "confusion")


OTHERS = "others"


def _frequent(pairs: Counter[tuple[str, str]], side: int) -> list[str]:
    """Return the parts that occur most, by row or by column; what is left is told together."""
    counts = Counter[str]()
    for pair, count in pairs.items():
        counts[pair[side]] += count
    most = [part for part, _ in counts.most_common(MOST_PARTS)]
    return most if len(counts) <= MOST_PARTS else [*most[:-1], OTHERS]


def _count(pairs: Counter[tuple[str, str]], row: str, column: str, rows: list[str], columns: list[str]) -> int:
    return sum(
        count
        for (true, named), count in pairs.items()
        if (true if true in rows else OTHERS) == row and (named if named in columns else OTHERS) == column
    )


def parts(cases: Sequence[Told]) -> str:
    """What was concluded how often: all that a ledger alone can tell of the diagnosis."""
    counts = Counter(one.case.last.part for one in cases).most_common(MOST_PARTS)
    with drawing(HALF, max(1.6, 0.8 + 0.24 * len(counts))) as picture:
        axes = picture.subplots()
        axes.barh(range(len(counts)), [count for _, count in counts], color=BLUE)
        axes.set_yticks(range(len(counts)), [part for part, _ in counts], fontsize=8)
        axes.set_ylim(len(counts) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("cases")
        axes.spines["left"].set_color(LINE)
        return svg(picture, "parts")
