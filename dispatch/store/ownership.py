"""One service for each store: whoever writes holds it, and lets go of it when its process ends, however it ends.

SQLite: a lock on a file beside it, which the kernel takes back. PostgreSQL: an advisory lock of the session that writes. All
writes go through that session, so that a service that lost it, as when the server was restarted, writes nothing more before
it has the lock again; where another service was faster, it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError

from dispatch.store.address import StoreAddress
from dispatch.store.errors import JournalRefused

_ADVISORY = 0x63616C6C6168
"""The number of the advisory lock: "callah" as bytes. It is counted for each database."""


class Owner(Protocol):
    """Holds the store, and lends the connection that writes."""

    def transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """Return a transaction: committed at its end, rolled back where it raises."""

    def close(self) -> None:
        """Let another service have the store."""


class FileOwner:
    """Holds a SQLite file, by a lock beside it; ``file`` and ``lock`` are ``None`` for a store in memory.

    A file that is taken away, replaced or cut while we run is written no more until it is back: SQLite would go on with what it
    has open, and nobody would find that again.
    """

    def __init__(self, engine: Engine, file: Path | None = None, lock: IO[str] | None = None) -> None:
        self._engine = engine
        self._file = file
        self._lock = lock
        self._known: os.stat_result | None = None
        """The file as it was when it was written last."""

    def transaction(self) -> contextlib.AbstractContextManager[Connection]:
        """Return a transaction. Raises ``OSError`` where the file is not the one that was written before."""
        if self._file is not None:
            self._known = self._looked_at(self._file)
        return self._engine.begin()

    def _looked_at(self, file: Path) -> os.stat_result:
        again = "bring it back, or stop the service"
        try:
            found = file.stat()
        except FileNotFoundError:
            raise OSError(f"its file is gone: {again}") from None
        if self._known is None:
            return found
        if not os.path.samestat(found, self._known):
            raise OSError(f"another file lies in its place: {again}")
        if found.st_size < self._known.st_size:
            raise OSError(f"its file was cut from {self._known.st_size} to {found.st_size} bytes: {again}")
        return found

    def close(self) -> None:
        """Let another service have the store."""
        if self._lock:
            self._lock.close()


class SessionOwner:
    """Holds a PostgreSQL database, by its one session that writes."""

    def __init__(self, engine: Engine, told: str) -> None:
        self._engine = engine
        self._told = told
        self._session: Connection | None = None
        self._own()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the session in a transaction; after it broke, a new one that holds the lock again."""
        session = self._session or self._own()
        try:
            with session.begin():
                yield session
        except (InterfaceError, OSError):  # the line broke; the driver may or may not have put it in its own words
            self._drop()
            raise

    def close(self) -> None:
        """Let another service have the store."""
        self._drop()

    def _own(self) -> Connection:
        session = self._engine.connect()
        with session.begin():
            mine = session.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": _ADVISORY})
        if not mine:
            session.close()
            raise JournalRefused(_taken(self._told, "another database with --store"))
        self._session = session
        return session

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(DBAPIError, OSError):
                session.invalidate()
            session.close()


def own(address: StoreAddress, engine: Engine) -> Owner:
    """Take a store for this process. Raises ``JournalRefused`` where another service has it."""
    if address.file is None:
        return SessionOwner(engine, str(address))
    return FileOwner(engine, address.file, _lock(address.file))


def _lock(file: Path) -> IO[str]:
    lock = file.with_name("service.lock" if file.name == "ledger.sqlite" else f"{file.name}.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise JournalRefused(_taken(str(file.parent), "its own folder with --dir")) from None
    return lock


def _taken(where: str, otherwise: str) -> str:
    return f"another service runs on {where}: stop it, or give this one {otherwise}"
