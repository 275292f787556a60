"""Where the service keeps its store: a file in its folder, a database on a server, or on a PostgreSQL of our own to kill."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dispatch.store.address import StoreAddress
from dispatch.store.trouble import said
from scenarios.chaos.disk import Disk, disk_at
from scenarios.chaos.ports import free_port
from scenarios.service_process import CannotPlay

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SIZE = "400m"
"""Of our PostgreSQL's disk: its write-ahead log wants room."""
START_WITHIN_S = 60.0
GLANCE_S = 0.02
_BINARIES = "usr/lib/postgresql/*/bin"
_USER = "postgres"
"""PostgreSQL will not run as root."""


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
        name = f"callahead_chaos_{os.getpid()}_{number}"
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


class Postgres(Server):
    """A PostgreSQL of our own, in a folder of its own, with a disk that can be full."""

    def __init__(self, folder: Path, port: int) -> None:
        self._binaries = binaries()
        self._folder = folder
        self._port = port
        self.disk: Disk = disk_at(folder, SIZE)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder.with_suffix(".log")
        self._own(folder)
        made = folder / "store"
        self._run("initdb", "-D", str(made), "-A", "trust", "-U", "callahead", "-E", "UTF8", "--no-sync")
        self.start()
        super().__init__(f"postgresql://callahead@127.0.0.1:{port}/postgres")

    def start(self) -> None:
        """Start it, unless it runs, and return once it takes connections."""
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                self._launch()  # again and again: one that was killed leaves processes that take a moment to go
            if time.monotonic() > deadline:
                message = f"PostgreSQL did not start: {self._log.read_text('utf-8', 'replace')[-500:]}"
                raise CannotPlay(message)
            time.sleep(GLANCE_S)

    def kill(self, *, first: bool) -> None:
        """Kill the first process, which takes all with it, or one that serves us, after which PostgreSQL recovers by itself."""
        if self._process is None:
            return
        served = [] if first else self._serving()
        for pid in served or [self._process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if not served:
            self._process.wait()

    def stop(self) -> None:
        """End it for good."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        self.disk.close()

    def _launch(self) -> None:
        settings = ("-c", "listen_addresses=127.0.0.1", "-c", "max_wal_size=64MB", "-c", "max_connections=30")
        command: list[str | Path] = [
            self._binaries / "postgres",
            "-D",
            self._folder / "store",
            "-p",
            str(self._port),
            "-k",
            "",
            *settings,
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - Debian's binary, our own words
                command, stdout=log, stderr=log, user=_user(), start_new_session=True
            )

    def _answers(self) -> bool:
        asked: list[str | Path] = [self._binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        return subprocess.run(asked, check=False).returncode == 0  # noqa: S603 - Debian's binary, our own words

    def _serving(self) -> list[int]:
        children = Path(f"/proc/{self._process.pid if self._process else 0}/task").glob("*/children")
        found = [int(child) for listed in children for child in listed.read_text().split()]
        return [pid for pid in found if b"callahead_chaos" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def _own(self, folder: Path) -> None:
        user = _user()
        if user is not None:
            shutil.chown(folder, user)

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(  # noqa: S603 - Debian's binary, our own words
            [self._binaries / name, *words], capture_output=True, text=True, check=False, user=_user()
        )
        if done.returncode:
            message = f"--store postgresql: {name} failed: {done.stderr.strip()[-500:]}"
            raise CannotPlay(message)


@contextmanager
def store_of(asked: str) -> Iterator[Store]:
    """Bring up what ``--store`` asks for, and end it. Raises ``CannotPlay`` and ``JournalRefused``."""
    with ExitStack() as running:
        store: Store = Files()
        if asked == POSTGRESQL:
            folder = Path(tempfile.mkdtemp(prefix="callahead-postgresql-"))
            running.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.chmod(0o755)  # it runs as another user than we
            store = Postgres(folder / "disk", free_port())
        elif asked != SQLITE:
            store = Server(asked)
        running.callback(store.stop)
        yield store


def binaries() -> Path:
    """Return where PostgreSQL's newest programs are. Raises ``CannotPlay``."""
    found = sorted(Path("/").glob(_BINARIES), key=lambda path: int(path.parent.name))
    if not found:
        message = "--store postgresql: PostgreSQL is not installed (Debian: apt install postgresql)"
        raise CannotPlay(message)
    return found[-1]


def _user() -> str | None:
    """Return who PostgreSQL runs as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_USER).pw_name
    except KeyError:
        message = (
            f"--store postgresql: it will not run as root, and there is no user {_USER} (Debian's package makes one)"
        )
        raise CannotPlay(message) from None
