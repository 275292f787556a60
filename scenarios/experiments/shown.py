"""A comparison as a table for people and as JSON for machines."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from scenarios.experiments.comparison import Comparison
from scenarios.experiments.paired import CONFIDENCE, PairedDifference


def table(found: Comparison) -> Table:
    """Return both sides' means, the mean difference and its interval; what clearly differs stands out."""
    mine, other = found.sides
    title = f"{mine.story.name}: {mine.name} against {other.name}, {len(found.pairs)} seeds"
    card = Table(title=title, title_justify="left", show_edge=False)
    card.add_column("figure", no_wrap=True)
    for heading in (mine.name, other.name, "difference"):
        card.add_column(heading, justify="right")
    card.add_column("95% interval", justify="right", no_wrap=True)
    for one in found.differences():
        style = "bold" if one.clear else "dim"
        card.add_row(
            one.key, *(number(value) for value in (one.story, one.against)), Text(signed(one.difference), style),
            Text(_interval(one), style),
        )  # fmt: skip
    return card


def report(found: Comparison, wanted: int, out: str) -> str:
    """Return everything as JSON."""
    mine, other = found.sides
    told = {
        "story": mine.story.name,
        "side": mine.name,
        "against": other.name,
        "seeds": len(found.pairs),
        "seeds_wanted": wanted,
        "stopped_early": found.narrow,
        "interrupted": found.interrupted,
        "confidence": CONFIDENCE,
        "figures": {
            one.key: {name: part for name, part in asdict(one).items() if name != "key"} for one in found.differences()
        },
        "out": out,
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def number(value: float) -> str:
    """Write a figure in as many places as it is worth."""
    if value == round(value) or abs(value) >= 100:  # noqa: PLR2004 - tenths of hundreds say nothing
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"  # noqa: PLR2004


def signed(value: float) -> str:
    """Write a difference with its sign."""
    return f"{'+' if value > 0 else ''}{number(value)}"


def _interval(one: PairedDifference) -> str:
    if one.low is None or one.high is None:
        return "-"
    return f"{signed(one.low)} .. {signed(one.high)}"
