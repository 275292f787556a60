"""Where the service keeps its store: a file in its folder, a database on a server, or on a PostgreSQL of our own to kill."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dispatch.store.address import StoreAddress
from dispatch.store.errors import said
from scenarios.chaos.disk import Disk, disk_at
from scenarios.service import postgres
from scenarios.service.ports import free_port
from scenarios.service.process import CannotPlay

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SIZE = "400m"
"""Of our PostgreSQL's disk: its write-ahead log wants room."""
NAMED = "callahead_chaos"
"""How the names of our databases begin."""


class Store(Protocol):
    """Where stores are made, a new one for each stage."""

    def fresh(self, folder: Path, number: int) -> StoreAddress:
        """Return the address of a store that holds nothing."""

    def stop(self) -> None:
        """End what was started."""


class Files:
    """SQLite: a file in the service's folder."""

    def fresh(self, folder: Path, number: int) -> StoreAddress:  # noqa: ARG002 - every folder has its own
        """Return the address of a store that holds nothing."""
        return StoreAddress.in_folder(folder)

    def stop(self) -> None:
        """Nothing was started."""


class Server:
    """A PostgreSQL that somebody else runs: each stage has a database of its own there, which is dropped at the end."""

    def __init__(self, dsn: str) -> None:
        self._at = StoreAddress.parse(dsn)
        self._made: list[str] = []
        self._say("SELECT 1")

    def fresh(self, folder: Path, number: int) -> StoreAddress:  # noqa: ARG002 - it lies elsewhere
        """Return the address of a store that holds nothing."""
        name = f"{NAMED}_{os.getpid()}_{number}"
        self._say(f'CREATE DATABASE "{name}"')
        self._made.append(name)
        return StoreAddress(self._at.url.set(database=name))

    def stop(self) -> None:
        """Drop what was made."""
        for name in self._made:
            self._say(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _say(self, sentence: str) -> None:
        engine = self._at.engine().execution_options(isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(sentence))
        except (DBAPIError, OSError) as error:
            message = f"--store {self._at}: {said(error)}"
            raise CannotPlay(message) from None
        finally:
            engine.dispose()


class FillablePostgres(Server):
    """A PostgreSQL of our own, in a folder of its own, with a disk that can be full."""

    def __init__(self, folder: Path, port: int) -> None:
        self.disk: Disk = disk_at(folder, SIZE)
        self._server = postgres.Postgres(folder, port=port, settings={"max_wal_size": "64MB", "max_connections": 30})
        self._server.open()
        super().__init__(self._server.dsn)

    def start(self) -> None:
        """Start it, unless it runs, and return once it takes connections."""
        self._server.start()

    def kill(self, *, first: bool) -> None:
        """Kill it whole, or the process that serves us, after which PostgreSQL recovers by itself."""
        if first or not self._server.kill_session(NAMED):
            self._server.kill()

    def stop(self) -> None:
        """End it for good."""
        self._server.stop()
        self.disk.close()


@contextmanager
def store_of(asked: str) -> Iterator[Store]:
    """Bring up what ``--store`` asks for, and end it. Raises ``CannotPlay`` and ``JournalRefused``."""
    with ExitStack() as running:
        store: Store = Files()
        if asked == POSTGRESQL:
            store = FillablePostgres(running.enter_context(postgres.folder_of_its_own()), free_port())
        elif asked != SQLITE:
            store = Server(asked)
        running.callback(store.stop)
        yield store
