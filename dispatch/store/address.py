"""Where the store is: a folder's SQLite file, or a PostgreSQL by its DSN. Wrong addresses are told before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from dispatch.store.errors import JournalRefused
from dispatch.store.pipelined import PipelinedConnection

FILE = "ledger.sqlite"
BUSY_MS = 10_000
"""How long SQLite waits for a reader of an earlier moment, such as a backup."""
CONNECT_WITHIN_S = 10
_FORMS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A store's place. ``str`` of it never shows the password."""

    url: URL

    @classmethod
    def parse(cls, text: str) -> StoreAddress:
        """Read a DSN. Raises ``JournalRefused`` with what is wrong with it."""
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise JournalRefused(f"--store {text!r} is no address of a store; write {_FORMS}") from None
        kind = url.drivername.partition("+")[0]
        if kind == "sqlite" and url.database and url.database != ":memory:":
            return cls(url.set(drivername="sqlite"))
        if kind in {"postgresql", "postgres"} and url.database:
            return cls(url.set(drivername="postgresql+pg8000"))
        raise JournalRefused(f"--store {text!r}: there is no store of that kind; write {_FORMS}")

    @classmethod
    def in_folder(cls, folder: Path) -> StoreAddress:
        """Return the SQLite file that a service keeps in its folder."""
        return cls(URL.create("sqlite", database=str(folder / FILE)))

    @classmethod
    def file_at(cls, file: Path) -> StoreAddress:
        """Return a SQLite file by its path."""
        return cls(URL.create("sqlite", database=str(file)))

    @property
    def file(self) -> Path | None:
        """SQLite's file; ``None`` on a server."""
        return Path(self.url.database or "") if self.url.drivername == "sqlite" else None

    def __str__(self) -> str:
        return str(self.file or self.url.set(drivername="postgresql").render_as_string(hide_password=True))

    def engine(self) -> Engine:
        """Return what reads and writes it. Nothing is opened yet."""
        if self.file is None:
            engine = create_engine(self.url, connect_args={"timeout": CONNECT_WITHIN_S}, pool_pre_ping=True)
            event.listen(engine, "do_connect", _pipelined)
            return engine
        engine = create_engine(self.url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", _durable)
        return engine

    def reader(self) -> Engine:
        """Return what only reads it, beside the service that has it. Raises ``JournalRefused`` where there is no file."""
        if self.file is None:
            return self.engine()
        if not self.file.exists():
            raise JournalRefused(f"no service has kept its store in {self.file.parent}")
        return create_engine(f"sqlite:///file:{self.file}?mode=ro&uri=true")


def _pipelined(_dialect: object, _record: object, arguments: Any, options: Any) -> PipelinedConnection:  # noqa: ANN401 - likewise
    return PipelinedConnection(*arguments, **options)


def _durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    """Survive a crash of the machine: write-ahead log, and every commit on disk before it is called one.

    What is deleted is overwritten, and not only let go of.
    """
    for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"busy_timeout={BUSY_MS}"):
        connection.execute(f"PRAGMA {setting}")
