"""A backup is a store: one SQLite file, whatever the store is kept in, so that it also moves a store from one kind to the other.

It is taken in one read transaction beside the running service, and its ledger is checked before it gets its name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from dispatch.ledger.rows import faults
from dispatch.store import tables, versions
from dispatch.store.address import StoreAddress
from dispatch.store.bulk import write_lines
from dispatch.store.errors import JournalRefused, said
from dispatch.store.journal import Journal
from dispatch.store.ownership import own
from dispatch.store.private_files import private_file, private_folder

AT_ONCE = 5_000
FEW_AT_ONCE = {tables.voice_messages.name: 16, tables.inbox.name: 16}
"""Of tables whose lines are up to some megabytes each."""
Progress = Callable[[int, int], None]
"""Is told how many rows of how many are copied."""


def back_up(address: StoreAddress, file: Path, progress: Progress | None = None) -> int:
    """Copy the store at ``address`` into ``file``; return how many rows its ledger has. Raises ``JournalRefused``."""
    if file.exists():
        raise JournalRefused(f"{file} is there already; name a file that is not")
    begun = file.with_name(f".{file.name}.begun")
    begun.unlink(missing_ok=True)
    try:
        private_folder(file.parent)
        private_file(begun)
        count = _copy(address, StoreAddress.file_at(begun), progress)
        with closing(sqlite3.connect(begun)) as copy:  # a single file, that is read without files beside it
            copy.execute("PRAGMA journal_mode = DELETE")
        begun.replace(file)
    except OSError as error:
        raise JournalRefused(f"the backup {file} cannot be written: {error.strerror}") from error
    finally:
        for left in (begun, *begun.parent.glob(f"{begun.name}-*"), begun.with_name(f"{begun.name}.lock")):
            left.unlink(missing_ok=True)
    return count


def bring_back(file: Path, address: StoreAddress, progress: Progress | None = None) -> int:
    """Copy a backup into the empty store at ``address``; return how many rows its ledger has. Raises ``JournalRefused``."""
    if not file.is_file():
        raise JournalRefused(f"{file}: there is no such backup")
    if address.file is not None:
        private_folder(address.file.parent)
        if not address.file.exists():
            private_file(address.file)
    return _copy(StoreAddress.file_at(file), address, progress)


def _copy(source: StoreAddress, target: StoreAddress, progress: Progress | None) -> int:
    there, here = source.reader(), target.engine()
    try:
        versions.check(source, there)
        owner = own(target, here)
        try:
            with _at_one_moment(there) as reading, owner.transaction() as writing:
                _must_be_empty(target, writing)
                _copy_all(reading, writing, progress)
        finally:
            owner.close()
    except (SQLAlchemyError, OSError) as error:
        raise JournalRefused(f"{source} cannot be copied to {target}: {said(error)}") from error
    finally:
        there.dispose()
        here.dispose()
    return _checked(target)


def _at_one_moment(there: Engine) -> Connection:
    """Return a connection to which the store stands still, and which brings long tables in parts."""
    steady = {} if there.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    return there.connect().execution_options(stream_results=True, **steady)


def _must_be_empty(target: StoreAddress, writing: Connection) -> None:
    if versions.revision_of(writing) is not None:
        raise JournalRefused(f"the store {target} is not empty; a backup is brought back into an empty one")
    versions.make(writing)


def _copy_all(reading: Connection, writing: Connection, progress: Progress | None) -> None:
    every = tables.tables.sorted_tables
    total = sum(reading.scalar(select(func.count()).select_from(table)) or 0 for table in every)
    done = 0
    for table in every:
        for lines in reading.execute(select(table)).partitions(FEW_AT_ONCE.get(table.name, AT_ONCE)):
            write_lines(writing, table, [tuple(line) for line in lines])
            done += len(lines)
            if progress:
                progress(done, total)


def _checked(target: StoreAddress) -> int:
    """Read the copied ledger; it must be sound."""
    with Journal.look_at(target) as copy:
        wrong = next(faults(copy.ledger.rows()), None)
        if wrong is not None:
            raise JournalRefused(f"the ledger in {target} is not sound: {wrong}")
        return copy.ledger.pen().seq
