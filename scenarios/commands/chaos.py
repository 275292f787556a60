"""``callahead chaos``."""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from scenarios.chaos.database import POSTGRESQL, SQLITE
from scenarios.chaos.kinds import BrokerChoice, FaultKind
from scenarios.terminal import show
from scenarios.terminal.exit_codes import FAILED, INTERRUPTED


def chaos(
    *,
    rounds: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="The same seed does the same things at the same instants.")] = 1,
    broker: Annotated[
        BrokerChoice,
        typer.Option(help="own: the service's child; apart: the same server by itself; embedded: both in turn."),
    ] = BrokerChoice.EMBEDDED,
    store: Annotated[
        str,
        typer.Option(
            metavar="sqlite|postgresql|DSN",
            help="postgresql: Debian's, started for this; a DSN: new databases on a server that runs.",
        ),
    ] = SQLITE,
    faults: Annotated[
        str,
        typer.Option(
            metavar="KIND,KIND", help=f"What is done: {', '.join(FaultKind)}. Everything that can be done here."
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the evidence of failed rounds; without it, runs/.")
    ] = None,
    payments: Annotated[
        bool, typer.Option("--payments", help="Instead: devices pay, and each round ends with a kill -9 of the till.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Kill, cut, fill and repeat while devices report faults; every one must become exactly one case.

    Exit code 1 where a fault was lost, something was done twice or left undone, or the ledger is not sound.
    """
    if payments:
        _play_payments(rounds, seed, as_json=as_json)
        return
    from scenarios.chaos.campaign import Campaign, run  # noqa: PLC0415 - the command line starts without it
    from scenarios.chaos.choice import choose  # noqa: PLC0415

    kinds = choose(faults, broker, own_database=store == POSTGRESQL)
    campaign = Campaign(rounds, seed, kinds, broker, store, out)
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # as Ctrl-C: everything is taken down, and what was played is told
    with show.bar("chaos") as progress:
        outcome = run(campaign, progress)
    if as_json:
        typer.echo(json.dumps(asdict(outcome)))
    else:
        show.OUT.print(_table(asdict(outcome)))
        for kept in outcome.evidence:
            show.complain(f"a round failed; its evidence: {kept}")
    if outcome.rounds < rounds:
        show.complain(f"stopped after {outcome.rounds} of {rounds} rounds")
        raise typer.Exit(INTERRUPTED)
    if not outcome.holds:
        raise typer.Exit(FAILED)


def _play_payments(rounds: int, seed: int, *, as_json: bool) -> None:
    from scenarios.chaos.payments import play  # noqa: PLC0415 - starts processes

    with show.bar("payments") as progress:
        outcome = play(rounds, seed, progress)
    if as_json:
        typer.echo(json.dumps(asdict(outcome)))
    else:
        for name, value in asdict(outcome).items():
            show.OUT.print(f"{name.replace('_', ' ')}: {value}")
    if not outcome.holds:
        raise typer.Exit(FAILED)


def _table(figures: dict[str, Any]) -> Table:
    table = Table(title="chaos", title_justify="left", show_header=False, show_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    done = figures.pop("faults")
    figures.pop("evidence")
    for name, value in {**figures, **done}.items():
        table.add_row(name.replace("_", " "), str(value))
    return table
