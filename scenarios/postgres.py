"""A PostgreSQL of its own for a bench, a campaign or a test: Debian's server, in a folder of ours, gone with us.

It keeps what it would in production (``fsync`` and ``synchronous_commit`` stay on). The server refuses to run as root; started
by root it runs as the user ``postgres``.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

USER = "callahead"
START_WITHIN_S = 30.0
GLANCE_S = 0.02
_DEBIAN = Path("/usr/lib/postgresql")


class PostgresMissing(Exception):  # noqa: N818 - says what is wrong
    """The machine has no PostgreSQL server, or it did not start."""


class Postgres:
    """A server in ``folder``. Use it in a ``with`` block; ``kill`` it and ``start`` it again as often as you like."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._bin = find_server()
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user = "postgres" if os.geteuid() == 0 else None

    @property
    def dsn(self) -> str:
        """Where a service finds it."""
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{USER}"

    def __enter__(self) -> Self:
        """Make the cluster and start it."""
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._make()
            self.start()
            self.database(USER)
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    def start(self) -> None:
        """Start it and return once it takes connections. Raises ``PostgresMissing``."""
        deadline = monotonic() + START_WITHIN_S
        self._process = self._begun()
        while subprocess.run([self._bin / "pg_isready", "--quiet", *self._there], check=False).returncode:  # noqa: S603
            if monotonic() > deadline:
                raise PostgresMissing(f"the PostgreSQL in {self._folder} did not start (log: server.log there)")
            if self._process.poll() is not None:  # what is left of one that was killed still holds its memory
                self._process = self._begun()
            sleep(GLANCE_S)

    def kill(self) -> None:
        """End it as a power cut would: all of its processes at once."""
        if self._process is not None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            for pid in (self._process.pid, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in order, without waiting for whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
            self._process = None

    def database(self, name: str) -> str:
        """Make a database; return its DSN."""
        self._run("createdb", *self._there, "--username", USER, name)
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{name}"

    def _begun(self) -> subprocess.Popen[bytes]:
        with (self._folder / "server.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - Debian's binary, our own folder
                [self._bin / "postgres", "-D", self._folder / "data"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                start_new_session=True,
            )

    @property
    def _there(self) -> list[str]:
        return ["--host", "127.0.0.1", "--port", str(self._port)]

    def _make(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        self._run(
            "initdb", "--pgdata", str(data), "--username", USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"
        )
        settings = {"port": self._port, "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self._folder)}
        with (data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(  # noqa: S603 - Debian's binaries
            command, user=self._user, cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PostgresMissing(f"{program} failed: {done.stderr.strip()}")


def find_server() -> Path:
    """Return the folder of the server's programs. Raises ``PostgresMissing``."""
    found = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise PostgresMissing(
            "there is no PostgreSQL server here: install Debian's postgresql, or give a DSN with --store"
        )
    return found[-1].parent if found else Path(on_path or "").resolve().parent


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
