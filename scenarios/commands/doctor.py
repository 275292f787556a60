"""The command ``callahead doctor``. Exit codes: 0 fit and sound, 1 not, 2 bad input."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from dispatch.core.quiet_hours import BadQuietHours
from dispatch.service.policy_file import BadPolicyFile, desk_policy, house_of
from dispatch.store.address import StoreAddress
from dispatch.store.errors import JournalFailed, JournalRefused
from scenarios.doctor import ledger as ledgers
from scenarios.doctor.finding import CheckResult, State
from scenarios.doctor.machine import machine
from scenarios.doctor.packages import packages
from scenarios.terminal import show
from scenarios.terminal.exit_codes import BAD_INPUT, FAILED

SERVICE = Path("runs/serve")
_STYLE = {State.OK: "green", State.ABSENT: "dim", State.POOR: "yellow", State.BAD: "red"}


def doctor(
    *,
    ledger: Annotated[bool, typer.Option("--ledger", help="Prove that a store's ledger is sound.")] = False,
    folder: Annotated[Path | None, typer.Option("--dir", help="The service's folder; runs/serve.")] = None,
    store: Annotated[str | None, typer.Option(metavar="DSN", help="Or the store's address.")] = None,
    quiet_hours: Annotated[
        str | None, typer.Option(metavar="FROM-TO", help="As its service has it, so that a replay decides alike.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="Its policy file, likewise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Tell what is installed and what is missing; with --ledger, whether a ledger is sound."""
    if folder is not None and store is not None:
        raise _bad("--dir and --store both say where the ledger is; give one of them")
    if ledger:
        _ledger(folder or SERVICE, store, quiet_hours, policy, as_json=as_json)
    elif store is not None or quiet_hours is not None or policy is not None:
        raise _bad("--store, --policy and --quiet-hours are about a ledger; add --ledger")
    else:
        _machine(folder or SERVICE, as_json=as_json)


def _machine(folder: Path, *, as_json: bool) -> None:
    found = [*machine(folder), *packages()]
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
    else:
        show.OUT.print(_table(found))
    if any(one.state is State.BAD for one in found):
        raise typer.Exit(FAILED)


def _table(found: list[CheckResult]) -> Table:
    card = Table(show_edge=False)
    for title in ("what", "", "found", "to do"):
        card.add_column(title, overflow="fold")
    for one in found:
        card.add_row(
            one.what, Text(one.state, style=_STYLE[one.state]), Text(one.found), Text(one.todo)
        )  # callahead[sim] is no markup
    return card


def _ledger(folder: Path, store: str | None, quiet_hours: str | None, policy: Path | None, *, as_json: bool) -> None:
    try:
        house = house_of(policy, quiet_hours)
        address = StoreAddress.parse(store) if store is not None else StoreAddress.in_folder(folder)
        report = ledgers.examine(address, desk_policy(house))
    except (JournalRefused, JournalFailed, BadQuietHours, BadPolicyFile) as error:
        raise _bad(str(error)) from None
    if as_json:
        typer.echo(ledgers.as_json(report))
    else:
        ledgers.tell(report, str(address))
    if not report.sound:
        raise typer.Exit(FAILED)


def _bad(message: str) -> typer.Exit:
    show.complain(f"callahead doctor: {message}")
    return typer.Exit(BAD_INPUT)
