"""Which version a store is of. A new one is made as of today, an older one is brought up to date, a newer one is left alone."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from dispatch.store.address import StoreAddress
from dispatch.store.errors import JournalRefused
from dispatch.store.private_files import private_file
from dispatch.store.tables import tables

log = logging.getLogger("callahead")

MIGRATIONS = Path(__file__).parent / "migrations"
BEFORE_ALEMBIC = "0001"
"""What stores were that have no version table yet."""
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
"""Every version there was, oldest first; a test holds them against ``migrations/versions``."""
HEAD = REVISIONS[-1]


def bring_up_to_date(address: StoreAddress, engine: Engine) -> None:
    """Make the tables of a new store, or migrate an older one in one transaction; SQLite's file is copied first.

    To be called by whoever owns the store. Raises ``JournalRefused`` for one of a newer service, and for one that was
    there and is empty: a new service in its place would know nothing of who waits for help.
    """
    if address.file is not None and not address.file.exists():
        _make_file(address.file)
    with engine.begin() as connection:
        found = revision_of(connection)
        if found is None:
            if address.file is not None:
                raise JournalRefused(_emptied(address))
            make(connection)
            return
        if _lost_its_ledger(connection):
            raise JournalRefused(_emptied(address))
    if found == HEAD:
        return
    if found not in REVISIONS:
        raise JournalRefused(_newer(address, found))
    if address.file is not None:
        _copy(address.file, found)
    with engine.begin() as connection:
        _migrate(connection, found)
    log.info("the store %s was brought from version %s to %s", address, found, HEAD)


def _make_file(file: Path) -> None:
    """Make a new store's file; it gets its name when it is whole, so that an empty one of that name is never ours."""
    if (wal := file.with_name(f"{file.name}-wal")).exists() and wal.stat().st_size:
        raise JournalRefused(f"{file} is gone, and what belongs to it is there ({wal.name}): bring it back beside it")
    begun = file.with_name(f".{file.name}.begun")
    begun.unlink(missing_ok=True)
    private_file(begun)
    engine = StoreAddress.file_at(begun).engine()
    try:
        with engine.begin() as connection:
            make(connection)
    finally:
        engine.dispose()
    begun.replace(file)


def _lost_its_ledger(connection: Connection) -> bool:
    """Tell whether no row of the ledger is left of those that others point at."""
    names = set(inspect(connection).get_table_names())

    def has_lines(name: str) -> bool:
        return name in names and connection.scalar(text(f"SELECT 1 FROM {name} LIMIT 1")) is not None  # noqa: S608 - ours

    return not has_lines("ledger") and (has_lines("outbox") or has_lines("snapshots"))


def check(address: StoreAddress, engine: Engine) -> None:
    """See that a store is of this version. Raises ``JournalRefused``."""
    with engine.connect() as connection:
        found = revision_of(connection)
    if found is None:
        raise JournalRefused(f"the store {address} is empty: no service has kept anything there")
    if found not in REVISIONS:
        raise JournalRefused(_newer(address, found))
    if found != HEAD:
        raise JournalRefused(
            f"the store {address} has schema version {found}, this is {HEAD}: start the service on it once"
        )


def make(connection: Connection) -> None:
    """Make every table as it is today."""
    tables.create_all(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def revision_of(connection: Connection) -> str | None:
    """Return the version a store says it is of; ``None``: it is new."""
    names = set(inspect(connection).get_table_names())
    if "alembic_version" in names:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return str(found) if found is not None else None
    if "meta" not in names:
        return None
    said = connection.scalar(text("SELECT value FROM meta WHERE name = 'schema_version'"))
    return None if said is None else BEFORE_ALEMBIC if said == "1" else str(said)


def _migrate(connection: Connection, found: str) -> None:
    """Run Alembic from ``found`` to today within the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - a third of a second, and needed once in a store's life
    from alembic.config import Config  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if "alembic_version" not in inspect(connection).get_table_names():
        command.stamp(config, found)
    command.upgrade(config, "head")


def _copy(file: Path, found: str) -> None:
    """Keep the file as it was, under the name of its version."""
    kept = file.with_name(f"{file.stem}-of-version-{found}{file.suffix}")
    private_file(kept)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(kept)) as copy:
        source.backup(copy)
    log.info("the store as it was is kept in %s", kept)


def _emptied(address: StoreAddress) -> str:
    return (
        f"the store {address} was there before and is empty now: bring a backup back into it with "
        "'callahead-serve restore FILE', or take it away if the service shall begin anew, knowing nothing"
    )


def _newer(address: StoreAddress, found: str) -> str:
    return (
        f"the store {address} has schema version {found}, this service knows versions up to {HEAD}: "
        "use the service that made it, or another store with --dir or --store"
    )
