"""``callahead bench reasons``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import OperatorError
from scenarios.terminal import show


class NotWritten(OperatorError):  # noqa: N818 - says what is the matter
    """The table's file cannot be written."""


def reasons(
    *,
    seeds: Annotated[int, typer.Option(min=1, max=1_000, help="How many worlds.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The first of the seeds; the weights are fitted to 1 to 10.")] = 101,
    fit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Fit the weights to them, and write them there.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Play a town whose people turn to us for reasons of their own, and hold what was expected against what they said."""
    from scenarios.bench.reasons.fitted import fitted  # noqa: PLC0415 - imports scipy
    from scenarios.bench.reasons.measured import judged  # noqa: PLC0415 - likewise
    from scenarios.bench.reasons.played import played  # noqa: PLC0415 - plays stories

    with show.bar("reasons") as progress:
        contacts = played(range(seed, seed + seeds), workers, progress)
    if fit is not None:
        try:
            fit.write_text(fitted(contacts), "utf-8")
        except OSError as error:
            raise NotWritten(f"--fit {fit}: cannot be written: {error.strerror or error}") from None
    show.figures(asdict(judged(contacts)), as_json=as_json)
