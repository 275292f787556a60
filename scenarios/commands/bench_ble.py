"""``callahead bench ble``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scenarios.terminal import show
from scenarios.terminal.exit_codes import FAILED


def ble(
    *,
    peripherals: Annotated[int, typer.Option(min=1, max=200, help="Simulated devices at once.")] = 50,
    seconds: Annotated[
        float, typer.Option(min=2, max=3_600, help="How long each device tells an event a second.")
    ] = 20,
    backlog: Annotated[
        int, typer.Option(min=1, help="Events that wait in all devices together, for the throughput.")
    ] = 5_000,
    bonded: Annotated[bool, typer.Option(help="Encrypted links with bonds.")] = True,
    out: Annotated[Path | None, typer.Option(help="Folder for the service's store.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Devices on simulated Bluetooth radios against a real service: throughput, and fault to stored finding.

    Exit code 1 where anything was lost or stored twice.
    """
    from scenarios.bench.ble import measure  # noqa: PLC0415 - the command line starts without Bluetooth's libraries

    figures = measure(peripherals, seconds, backlog, bonded=bonded, out=out)
    show.figures(figures, as_json=as_json)
    if figures["lost"] or figures["duplicates"]:
        raise typer.Exit(FAILED)
