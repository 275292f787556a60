"""The database behind the journal: opened, owned by one service, written one transaction at a time, and read. Thread-safe."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from dispatch.store import versions
from dispatch.store.address import StoreAddress
from dispatch.store.errors import JournalFailed, JournalRefused, KeyTaken, said
from dispatch.store.ownership import FileOwner, Owner, own
from dispatch.store.private_files import private_folder, warn_of_others


class Database:
    """Reads and writes for the registers. ``own_at`` for a service, ``look_at`` beside it, ``in_memory``. Close it."""

    def __init__(self, address: str, engine: Engine, owner: Owner | None) -> None:
        """``address`` is what messages call the store; without an ``owner`` it is only read."""
        self.engine = engine
        self._address = address
        self._owner = owner
        self._writing = threading.Lock()

    @classmethod
    def own_at(cls, address: StoreAddress) -> Database:
        """Open, make or bring up to date the store at ``address``, and hold it. Raises ``JournalRefused``."""
        engine = address.engine()
        with _refused(address, engine):
            if address.file is not None:
                private_folder(address.file.parent)
            owner = own(address, engine)
            try:
                versions.bring_up_to_date(address, engine)
                if address.file is not None:
                    warn_of_others(address.file)
            except BaseException:
                owner.close()
                raise
        return cls(str(address), engine, owner)

    @classmethod
    def look_at(cls, address: StoreAddress) -> Database:
        """Open the store at ``address`` to read it, beside the service that has it. Raises ``JournalRefused``."""
        engine = address.reader()
        with _refused(address, engine):
            versions.check(address, engine)
        return cls(str(address), engine, None)

    @classmethod
    def in_memory(cls) -> Database:
        """Make a store that is gone when it is closed."""
        # One connection, lent to one thread at a time: a reader that gives a shared one back would undo what another
        # thread is just writing.
        alone = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, **alone)
        with engine.begin() as connection:
            versions.make(connection)
        return cls("in memory", engine, FileOwner(engine))

    def close(self) -> None:
        """Let go of the store, so that another service may have it."""
        self.engine.dispose()
        if self._owner:
            self._owner.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection to read by. Raises ``JournalFailed``."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise JournalFailed(f"the store {self._address} cannot be read: {said(error)}") from error

    def first(self, query: Any) -> Any:  # noqa: ANN401 - a question, and a line of any table
        """Return the first line that ``query`` finds; ``None``: there is none. Raises ``JournalFailed``."""
        with self.reading() as connection:
            return connection.execute(query).first()

    def write(self, change: Callable[[Connection], Any]) -> None:
        """Make a change in one transaction. Raises ``JournalFailed`` or ``KeyTaken``; then nothing is written."""
        if self._owner is None:
            raise JournalFailed(f"the store {self._address} is open to be read")
        try:
            with self._writing, self._owner.transaction() as connection:
                change(connection)
        except IntegrityError as error:
            raise KeyTaken(f"the store {self._address} has it already: {said(error)}") from error
        except (SQLAlchemyError, OSError) as error:
            raise JournalFailed(f"the store {self._address} did not take the batch: {said(error)}") from error

    def settle(self) -> None:
        """Have SQLite's log beside the file hold nothing of what was overwritten in it; PostgreSQL sees to that itself, in time."""
        if self.engine.dialect.name == "sqlite":
            with contextlib.suppress(SQLAlchemyError, OSError), self._writing, self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def _refused(address: StoreAddress, engine: Engine) -> Iterator[None]:
    """Tell what keeps a store from being opened, and let go of it."""
    try:
        yield
    except JournalRefused:
        engine.dispose()
        raise
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise JournalRefused(f"the store {address} cannot be opened: {said(error)}{_to_do(error)}") from error


def _to_do(error: Exception) -> str:
    """Say what helps where SQLite finds a file damaged."""
    damaged = any(sign in str(error) for sign in ("malformed", "not a database"))
    return ". Move the file away, and bring a backup back with 'callahead-serve restore FILE'" if damaged else ""
