"""``callahead bench dispatch``."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from scenarios.bench.dispatch.drawn import drawn
from scenarios.bench.dispatch.instance import read_instances
from scenarios.terminal import show
from scenarios.terminal.exit_codes import FAILED

OWN = 60
"""Instances that are drawn where no file is given."""


def dispatch(
    *,
    instances: Annotated[Path | None, typer.Option(help="A file of instances; without one, 60 are drawn.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the instances that are drawn.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=1_000, help="Days of ten trucks at load 0.9.")] = 6,
    replans: Annotated[int, typer.Option(min=1, max=1_000_000, help="Plans made anew with pinned jobs.")] = 1_000,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as there are processors.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Hold the plan against first come, nearest pair and the exact optimum in hindsight.

    Exit code 1 where a plan did what none may: a pinned job moved, somebody deferred or left out.
    """
    from scenarios.bench.dispatch.measured import measured  # noqa: PLC0415 - the command line starts without the solver

    played = read_instances(instances) if instances else [drawn(seed * OWN + number) for number in range(OWN)]
    with show.bar("dispatch") as progress:
        figures = asdict(measured(played, days, replans, jobs or os.cpu_count() or 1, progress))
    show.figures(figures, as_json=as_json)
    if figures["deferred"] or figures["pinned_moved"] or figures["unassigned"]:
        raise typer.Exit(FAILED)
