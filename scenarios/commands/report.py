"""``callahead report``: one page about a run, or about a live service's ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from scenarios.report.content import figures_of, write_page
from scenarios.runner.recorded import Recorded, open_recorded


def report(
    recorded: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's or a service's folder, a ledger's file, or a DSN.")
    ],
    *,
    out: Annotated[Path | None, typer.Option(help="The page's file; without: report.html in the folder.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print scorecard, groups of agents and surveys as JSON, and write no page.")
    ] = False,
) -> None:
    """Write one self-contained HTML page about a run or a live service's ledger."""
    found = open_recorded(recorded)
    if as_json:
        typer.echo(json.dumps(figures_of(found), indent=2))
        return
    path = out or _beside(found)
    write_page(found, path)
    typer.echo(path)


def _beside(found: Recorded) -> Path:
    file = found.address.file
    return file.parent / "report.html" if file is not None else Path("report.html")
