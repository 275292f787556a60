"""What a sweep found, one row a run: into one Parquet file, and its means as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table

from scenarios.experiments.axes import Point
from scenarios.experiments.shown import number
from scenarios.experiments.trial import Card
from scenarios.story.scorecard_keys import KEYS

SHOWN = ("cases", "called_first_share", "response_p50_s", "late_share", "calls_per_case", "agent_occupancy")
"""Figures of the table where nobody asks for others."""
_COUNTS = {"devices", "events", "findings", "cases", "calls_connected", "customer_calls", "tows", "orders", "bookings"}
_WHOLE = _COUNTS | {"duplicates", "lost"}


@dataclass(frozen=True, slots=True)
class SweepLine:
    """One run: which point of the sweep, which seed, what came of it."""

    point: int
    settings: Point
    seed: int
    scorecard: Card


def write(path: Path, lines: Sequence[SweepLine], paths: Sequence[str]) -> None:
    """Write every run: ``point``, ``seed``, a column for each axis, and the scorecard."""
    columns: dict[str, pa.Array] = {
        "point": pa.array([line.point for line in lines], pa.int64()),
        "seed": pa.array([line.seed for line in lines], pa.int64()),
    }
    columns |= {name: _column([line.settings[name] for line in lines]) for name in paths}
    columns |= {key: pa.array([line.scorecard.get(key) for line in lines], _type(key)) for key in KEYS}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def table(title: str, lines: Sequence[SweepLine], paths: Sequence[str], figures: Sequence[str]) -> Table:
    """Return the means over the seeds, a row for each point, with what differs between points."""
    paths = [name for name in paths if len({line.settings[name] for line in lines}) > 1]
    card = Table(title=title, title_justify="left", show_edge=False)
    for name in paths:
        card.add_column(name, justify="right", no_wrap=True)
    for name in ("runs", *figures):
        card.add_column(name.replace("_", " "), justify="right", overflow="fold")
    points: dict[int, list[SweepLine]] = {}
    for line in lines:
        points.setdefault(line.point, []).append(line)
    for runs in points.values():
        settings = (str(runs[0].settings[name]) for name in paths)
        card.add_row(*settings, str(len(runs)), *(_mean([run.scorecard.get(key) for run in runs]) for key in figures))
    return card


def _mean(values: Sequence[object]) -> str:
    known = [float(value) for value in values if isinstance(value, (int, float))]
    return number(fmean(known)) if known else "-"


def _column(values: Sequence[object]) -> pa.Array:
    if all(isinstance(value, int) for value in values):
        return pa.array(values, pa.int64())
    if all(isinstance(value, (int, float)) for value in values):
        return pa.array([float(str(value)) for value in values], pa.float64())
    return pa.array([str(value) for value in values], pa.string())


def _type(key: str) -> pa.DataType:
    if key == "ledger_sha256":
        return pa.string()
    return pa.int64() if key in _WHOLE else pa.float64()
