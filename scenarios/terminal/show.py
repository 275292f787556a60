"""What people see on a terminal: the scorecard as a table, a bar for long work, mistakes in red."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from scenarios.score.scorecard import Figure, meaning
from scenarios.story.expectations import Expectation, holds

VALUE_WIDTH = 13
AIMS = {"publish_to_queued_p99_ms": "<= 500"}
"""What a live run shows beside its scorecard, and what it should be on a machine that is not busy with other things."""
MEANS = {"slowed": "how much longer it took than at the speed asked for; 1.0: the machine kept up"}
WIDE = 120
"""Characters from which on there is room to say what a figure is."""
OUT = Console()
ERR = Console(stderr=True)


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


@contextmanager
def bar(what: str) -> Iterator[Callable[[float], None]]:
    """Show how far long work is, on standard error where that is a terminal. Yields what is told the share done."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda share: progress.update(task, completed=share)


@contextmanager
def telling(what: str, *, quiet: bool) -> Iterator[tuple[Callable[[str], None], Callable[[float], None]]]:
    """Show a bar and lines above it. Yields what is told a line, and what is told the share done; quiet, lines vanish."""
    with bar(what) as progress:
        console = ERR if ERR.is_terminal and OUT.is_terminal else OUT
        yield (_nobody if quiet else lambda line: console.print(Text(line), soft_wrap=True)), progress


def _nobody(_line: str) -> None:
    """Let a line pass."""


def complain(message: str) -> None:
    """Say on standard error what is wrong."""
    ERR.print(Text(message, style="red"), soft_wrap=True)


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
