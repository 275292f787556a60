"""``callahead fuzz``."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.table import Table

from scenarios.fuzz.campaign import CampaignSize, campaign
from scenarios.fuzz.findings import Tally, Verdict
from scenarios.terminal import show
from scenarios.terminal.exit_codes import FAILED


def fuzz(
    *,
    events: Annotated[int, typer.Option(min=0, help="Hostile events of devices, at the intake.")] = 10_000,
    packets: Annotated[int, typer.Option(min=0, help="Hostile packets of a broker, at our end of the line.")] = 5_000,
    strangers: Annotated[int, typer.Option(min=0, help="Hostile callers at the embedded broker.")] = 500,
    http: Annotated[int, typer.Option(min=0, help="Hostile HTTP requests.")] = 2_000,
    websocket: Annotated[int, typer.Option(min=0, help="Hostile pages of the console.")] = 500,
    files: Annotated[int, typer.Option(min=0, help="Hostile stories, policies, mappings and catalogues.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed plays the same inputs.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Play hostile inputs against a real service, its broker, and what reads devices' messages and files.

    Exit code 1 where one crashed it, cost more than 100 ms of processor or 64 MB, or was taken and should not have been.
    """
    logging.getLogger("callahead").addHandler(
        logging.NullHandler()
    )  # what strangers call themselves is for no terminal
    with TemporaryDirectory() as folder, show.bar("hostile inputs") as progress:
        found = campaign(CampaignSize(events, packets, strangers, http, websocket, files), seed, Path(folder), progress)
    if as_json:
        typer.echo(json.dumps([asdict(tally) for tally in found]))
    else:
        _show(found)
    if any(tally.faults for tally in found):
        raise typer.Exit(FAILED)


def _show(found: list[Tally]) -> None:
    table = Table("surface", "inputs", "refused", *Verdict)
    for tally in found:
        table.add_row(*map(str, (tally.surface, tally.inputs, tally.refused, *tally.counts.values())))
    show.OUT.print(table)
    for tally in found:
        for one in tally.found:
            show.OUT.print(f"{tally.surface} {one}", soft_wrap=True, markup=False)
