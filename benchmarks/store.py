"""What a batch costs in the store, and how large the store grows: 100 statuses a batch, every other with a fault, at a steady pace.

On SQLite, and on a PostgreSQL started for it, as everywhere: written to disk before it counts as committed.
"""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psutil
import typer
from sqlalchemy import text

from dispatch.store import tables
from dispatch.store.address import StoreAddress
from dispatch.store.batch import Batch
from dispatch.store.database import Database
from dispatch.store.inbox_rows import InboxRow
from dispatch.store.journal import Journal
from scenarios.service.postgres import Postgres, folder_of_its_own

STATUS_BYTES, STATUSES, TWINS, ROWS, CARS = 720, 100, 4, 5, 5_000
"""A batch: so many statuses, and the twins that fall due meanwhile; a fault: rows of the ledger, one of which leaves us."""
BATCHES_PER_S = 100
COVERED_AFTER_S = 30
TWIN, ROW = json.dumps({"history": "z" * 1_500}), json.dumps({"told": "y" * 900})
MEGABYTE = 1e6


@contextmanager
def address(store: str) -> Iterator[StoreAddress]:
    """Yield where to write."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield StoreAddress.in_folder(Path(folder) / "store")
    else:
        with folder_of_its_own() as folder, Postgres(folder) as server:
            yield StoreAddress.parse(server.dsn)


def batch(number: int, frames: tuple[bytes, ...]) -> Batch:
    """Return the batch of a number, counted from 1."""
    rows = range(number * ROWS, (number + 1) * ROWS) if number % 2 else ()
    ledger = [(seq, float(number), "in", "FaultFound", f"key/{seq}", "case", None, ROW, "h" * 64) for seq in rows]
    outbox = [(line[4], line[0], None, None, None, 0, None, None, None) for line in ledger[:1]]
    twins = [(f"volta/car-{(number * TWINS + one) % CARS}", TWIN) for one in range(TWINS)]
    covered = max(0, number - COVERED_AFTER_S * BATCHES_PER_S)
    return Batch(ledger, outbox, twins, [], [], InboxRow(number, frames), covered, [], [], float(number))


def sizes(where: StoreAddress) -> str:
    """Return how large the store is now."""
    if where.file is not None:
        files = where.file.parent.glob(f"{where.file.name}*")
        return ", ".join(f"{one.name} {one.stat().st_size / MEGABYTE:.0f} MB" for one in sorted(files))
    reading = Database.look_at(where)
    try:
        with reading.reading() as connection:
            asked = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
            told = {one.name: connection.scalar(asked, {"name": one.name}) for one in tables.tables.sorted_tables}
            log = connection.scalar(text("SELECT sum(size) FROM pg_ls_waldir()"))
    finally:
        reading.close()
    large = {name: size for name, size in [*told.items(), ("write-ahead log", log)] if size and size > MEGABYTE}
    return ", ".join(f"{name} {float(size) / MEGABYTE:.0f} MB" for name, size in large.items())


def database_cpu_s() -> float:
    """Return the processor's time of every PostgreSQL of this machine."""
    spent = 0.0
    for one in psutil.process_iter(["name", "cpu_times"]):
        if (one.info["name"] or "").startswith("postgres") and one.info["cpu_times"]:
            spent += one.info["cpu_times"].user + one.info["cpu_times"].system
    return spent


def main(
    store: Annotated[str, typer.Option(metavar="sqlite|postgresql")] = "postgresql",
    seconds: float = 30,
    look_every_s: float = 15,
) -> None:
    """Write batches for so many seconds, and print what they cost and how large the store is."""
    frames = tuple(secrets.token_bytes(STATUS_BYTES) for _ in range(STATUSES))
    with address(store) as where, Journal.open_at(where) as journal:
        began, spent, database, look, took = (
            time.perf_counter(),
            time.process_time(),
            database_cpu_s(),
            0.0,
            list[float](),
        )
        number = 0
        while (now := time.perf_counter() - began) < seconds:
            if now >= look:
                typer.echo(f"{now:4.0f} s, {number:,} batches: {sizes(where)}")
                look += look_every_s
            time.sleep(max(0.0, number / BATCHES_PER_S - now))
            number += 1
            due = batch(number, frames)
            at = time.perf_counter()
            journal.write(due)
            took.append(time.perf_counter() - at)
            if due.outbox:
                journal.outbox.note_commands([due.outbox[0][0]], float(number))
        ours, theirs = time.process_time() - spent, database_cpu_s() - database
        typer.echo(f"{now:4.0f} s, {number:,} batches: {sizes(where)}")
        each = 1e6 / (number * STATUSES)
        typer.echo(f"µs of the processor a status: {ours * each:.1f} here, {theirs * each:.1f} in the database")
        typer.echo(
            f"a batch took {1_000 * sorted(took)[len(took) // 2]:.1f} ms (median), {1_000 * max(took):.0f} ms at most"
        )


if __name__ == "__main__":
    typer.run(main)
