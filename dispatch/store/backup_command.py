"""``callahead-serve backup`` and ``restore``: the store into a file, and back into an empty store of either kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from dispatch.store.address import StoreAddress
from dispatch.store.backup import back_up, bring_back

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="One SQLite file.")]


def backup(context: typer.Context, file: BackupFile) -> None:
    """Copy the store into FILE, beside the service that runs on it, and check the copy's ledger."""
    address: StoreAddress = context.obj
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{address}")
        count = back_up(address, file, lambda done, total: bar.update(task, completed=done, total=total))
    typer.echo(
        f"{file}: {count} rows of the ledger, sound. Keep the folder 'authority' beside it: it signs certificates. "
        "Keep 'erased.jsonl' apart from it, and delete old backups: whoever was erased since can be read in them."
    )


def restore(context: typer.Context, file: BackupFile) -> None:
    """Bring FILE back into the store that --dir or --store names, which must be empty."""
    address: StoreAddress = context.obj
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{address}")
        count = bring_back(file, address, lambda done, total: bar.update(task, completed=done, total=total))
    typer.echo(f"{address}: {count} rows of the ledger, sound. Start the service on it.")
    typer.echo("With 'erased.jsonl' in --dir, who is in it is erased again.")
