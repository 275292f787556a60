"""``callahead bench live``."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from dispatch.store.address import StoreAddress
from dispatch.store.errors import JournalRefused
from dispatch.store.journal import Journal
from gateway.contract.broker_address import BadBrokerAddress
from scenarios.bench.live.cold_start import cold_start as run_cold_start
from scenarios.bench.live.connections import LoadFailed
from scenarios.bench.live.generator import Load
from scenarios.bench.live.maximum import find_maximum as run_maximum
from scenarios.bench.live.measure import measure
from scenarios.bench.live.stage import Setup
from scenarios.bench.live.table import shown
from scenarios.chaos.database import POSTGRESQL, SQLITE
from scenarios.service.postgres import Postgres, folder_of_its_own
from scenarios.service.process import CannotPlay
from scenarios.terminal import show
from scenarios.terminal.exit_codes import BAD_INPUT, FAILED

SETTLE_S = 120.0
"""How long what is still to come back is waited for."""
CONNECTS_PER_S = 800
COLD_START_S = 10.0


def live(
    *,
    devices: Annotated[int, typer.Option(min=2, max=60_000, help="MQTT connections; a tenth are phones.")] = 1_000,
    rate: Annotated[
        float, typer.Option(min=1, max=1_000_000, help="Events a second over all devices, faults not counted.")
    ] = 1_000,
    faults_per_s: Annotated[float, typer.Option(min=0.1, max=10_000, help="Faults a second, on top.")] = 10,
    seconds: Annotated[float, typer.Option(min=2, max=86_400, help="How long.")] = 15,
    broker: Annotated[str, typer.Option(metavar="embedded|mosquitto|URL", help="Which broker.")] = "embedded",
    store: Annotated[
        str,
        typer.Option(
            metavar="sqlite|postgresql|DSN",
            help="The service's store: its own file; Debian's PostgreSQL, started for this; or an empty database.",
        ),
    ] = SQLITE,
    find_maximum: Annotated[
        bool, typer.Option("--find-maximum", help="Step the rate up from --rate until it is not kept up.")
    ] = False,
    cold_start: Annotated[
        int | None,
        typer.Option(min=2, max=60_000, metavar="N", help="Instead: start the service while N devices connect."),
    ] = None,
    gateways: Annotated[int, typer.Option(min=1, max=64, help="callahead-serve --gateways.")] = 1,
    connect_within_s: Annotated[
        float | None, typer.Option(min=0.1, help="All devices connect within so many seconds; a cold start: 10.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for store, logs and figures; without it, none is kept.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Broker, service and an open-loop load of real connections: rates, latency from fault to command, cost, losses.

    Exit code 1 where a fault was lost or led to something twice, or a message was never handled.
    """
    with _folder(out) as folder, _told_plainly(), show.ERR.status("starting") as status, _store(store) as at_work:
        within_s = connect_within_s or max(2.0, (cold_start or devices) / CONNECTS_PER_S)
        setup = Setup(cold_start or devices, broker, at_work, folder, within_s, status.update, gateways)
        if cold_start is not None:
            figures = run_cold_start(setup, connect_within_s or COLD_START_S)
        elif find_maximum:
            figures = run_maximum(setup, Load(rate, faults_per_s, seconds, SETTLE_S))
        else:
            figures = measure(setup, Load(rate, faults_per_s, seconds, SETTLE_S))
    _print(figures, as_json=as_json)
    if figures.get("lost") or figures.get("duplicates") or figures.get("unhandled"):
        raise typer.Exit(FAILED)


def _print(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures))
        return
    show.OUT.print(shown(figures))


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        yield out
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@contextmanager
def _store(wanted: str) -> Iterator[str | None]:
    """Yield the address of a store that nobody has used; ``None``: the service's own file. Raises ``CannotPlay``."""
    if wanted == POSTGRESQL:
        with folder_of_its_own() as folder, Postgres(folder) as server:
            yield server.dsn
    elif wanted == SQLITE:
        yield None
    else:
        yield _unused(wanted)


def _unused(dsn: str) -> str:
    """Return an address where no service kept anything: of what it has, the load would be repeats. Raises ``CannotPlay``."""
    try:
        with Journal.look_at(StoreAddress.parse(dsn)) as journal:
            used = bool(journal.ledger.pen().seq)
    except JournalRefused:
        return dsn  # there is none yet, or none to be opened, which the service tells
    if used:
        raise CannotPlay("the store of --store was used before: what is sent would be a repeat; give an empty database")
    return dsn


@contextmanager
def _told_plainly() -> Iterator[None]:
    """What cannot be run is told in a line."""
    try:
        yield
    except (LoadFailed, CannotPlay, BadBrokerAddress, JournalRefused) as error:
        typer.echo(f"callahead bench live: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from None
