"""The command ``callahead doctor``. Exit codes: 0 fit and sound, 1 not, 2 bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dispatch.journal import JournalFailed, JournalRefused
from dispatch.store.address import StoreAddress
from scenarios import show
from scenarios.doctor import ledger as ledgers

NOT_WELL, BAD_INPUT = 1, 2


def doctor(
    *,
    ledger: Annotated[bool, typer.Option("--ledger", help="Prove that a store's ledger is sound.")] = False,
    folder: Annotated[Path | None, typer.Option("--dir", help="The folder of its service; runs/serve.")] = None,
    store: Annotated[str | None, typer.Option(metavar="DSN", help="Or the store's address.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Tell what is installed and what is missing; with --ledger, whether a ledger is sound."""
    if folder is not None and store is not None:
        raise _bad("--dir and --store both say where the ledger is; give one of them")
    if ledger:
        _ledger(folder or Path("runs/serve"), store, as_json=as_json)
        return
    if folder is not None or store is not None:
        raise _bad("--dir and --store say where the ledger is; add --ledger")


def _ledger(folder: Path, store: str | None, *, as_json: bool) -> None:
    try:
        address = StoreAddress.parse(store) if store is not None else StoreAddress.in_folder(folder)
        report = ledgers.examine(address)
    except (JournalRefused, JournalFailed) as error:
        raise _bad(str(error)) from None
    if as_json:
        typer.echo(ledgers.as_json(report))
    else:
        ledgers.tell(report, str(address))
    if not report.sound:
        raise typer.Exit(NOT_WELL)


def _bad(message: str) -> typer.Exit:
    show.complain(f"callahead doctor: {message}")
    return typer.Exit(BAD_INPUT)
