"""What people see on a terminal: lines, a bar for long work, mistakes in red."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

OUT = Console()
ERR = Console(stderr=True)


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


def figures(found: Mapping[str, object], *, as_json: bool) -> None:
    """Print what a bench came to: a line for each figure, or JSON and nothing else."""
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        OUT.print(f"{name}: {'not measured' if value is None else value}")


def complain(message: str) -> None:
    """Say on standard error what is wrong."""
    ERR.print(Text(message, style="red"), soft_wrap=True)
