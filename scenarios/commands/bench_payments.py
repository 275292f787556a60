"""``callahead bench payments``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from scenarios.terminal import show


def payments(
    *,
    count: Annotated[int, typer.Option("--payments", min=1, max=1_000_000, help="That are asked for.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Have devices pay as fast as that is decided and committed, and reckon anew whether anything is over a limit or twice."""
    from scenarios.bench.payments import measured  # noqa: PLC0415 - opens a store

    with show.bar("payments") as progress:
        figures = asdict(measured(count, seed, progress))
    show.figures(figures, as_json=as_json)
