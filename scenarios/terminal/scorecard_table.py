"""The scorecard as people see it on a terminal, and as machines read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from scenarios.score.scorecard import Figure, meaning
from scenarios.story.expectations import Expectation, holds
from scenarios.terminal.show import OUT

VALUE_WIDTH = 13
AIMS = {"publish_to_queued_p99_ms": "<= 500"}
"""What a live run shows beside its scorecard, and what it should be on a machine that is not busy with other things."""
MEANS = {"slowed": "how much longer it took than at the speed asked for; 1.0: the machine kept up"}
WIDE = 120
"""Characters from which on there is room to say what a figure is."""


def table(story: str, figures: Mapping[str, Figure], expect: list[Expectation]) -> Table:
    """Return the scorecard with a mark beside each figure that something was expected of."""
    card = Table(title=story, title_justify="left", show_edge=False)
    rules = {one.key: one for one in expect}
    card.add_column("figure", no_wrap=True, min_width=max(map(len, figures)))
    card.add_column("value", justify="right", no_wrap=True, min_width=VALUE_WIDTH)
    card.add_column("expected", no_wrap=True, min_width=max((len(one.rule) + 2 for one in expect), default=0))
    explained = OUT.width >= WIDE
    if explained:
        card.add_column("what it is", style="dim", no_wrap=True, overflow="ellipsis")
    for key, value in figures.items():
        said = (Text(meaning(key).partition("; ")[0]),) if explained else ()
        card.add_row(key, _shown(value), _mark(rules.get(key)), *said)
    return card


def beside(key: str, value: Figure) -> Text:
    """Return a line about a figure that stands beside a live run's scorecard."""
    line = Text(f"{key}: {value} ")
    if key in AIMS and isinstance(value, (int, float)):
        line.append_text(_mark(Expectation(key, AIMS[key], value, holds(AIMS[key], value))))
    return line.append(f"({MEANS[key]})" if key in MEANS else "", style="dim")


def report(story: str, seed: int, figures: Mapping[str, Figure], expect: list[Expectation], **more: object) -> str:
    """Return everything about a run as JSON."""
    found = {
        "story": story,
        "seed": seed,
        "scorecard": dict(figures),
        "expect": [asdict(one) for one in expect],
        **more,
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def _shown(value: Figure) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return f"{value[:12]}…"
    return f"{value:,}".replace(",", " ")


def _mark(expectation: Expectation | None) -> Text:
    if expectation is None:
        return Text("")
    return (
        Text(f"✓ {expectation.rule}", style="green")
        if expectation.holds
        else Text(f"✗ {expectation.rule}", style="bold red")
    )
