"""``callahead bench calls``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from scenarios.bench.calls.jobs import read_jobs
from scenarios.bench.calls.optimum import solved
from scenarios.terminal import show


def calls(
    *,
    jobs: Annotated[
        Path | None,
        typer.Option(help='Instead: a JSON list of {"theta": …, "mu": …}, rates a second, for one agent.'),
    ] = None,
    instances: Annotated[int, typer.Option(min=1, max=10_000, help="Of nine calls, that are drawn.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of the instances that are drawn.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, max=1_000, help="Busy mornings, each by both orders.")] = 20,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Processes; as many as there are cores.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Hold the index against the exact optimum, and against severity and due time on a busy morning."""
    figures = asdict(solved(read_jobs(jobs))) if jobs is not None else _measured(instances, seed, seeds, workers)
    show.figures(figures, as_json=as_json)


def _measured(instances: int, seed: int, seeds: int, workers: int | None) -> dict[str, Any]:
    from scenarios.bench.calls.measured import measured  # noqa: PLC0415 - plays stories
    from scenarios.experiments.workers import hired  # noqa: PLC0415 - likewise

    with show.bar("calls") as progress, hired(workers) as hands:
        return asdict(measured(instances, seed, seeds, hands, progress))
