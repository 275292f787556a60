"""A PostgreSQL of its own for a bench, a campaign or a test: Debian's server, in a folder of ours, gone with us.

It keeps what it would in production (``fsync`` and ``synchronous_commit`` stay on). The server refuses to run as root; started
by root it runs as the user ``postgres``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from scenarios.service.ports import free_port
from scenarios.service.process import CannotPlay

USER = "callahead"
START_WITHIN_S = 30.0
GLANCE_S = 0.02
_DEBIAN = Path("/usr/lib/postgresql")


class PostgresMissing(CannotPlay):
    """The machine has no PostgreSQL server, or it did not start."""


class Postgres:
    """A server in ``folder``. Use it in a ``with`` block; ``kill`` it and ``start`` it again as often as you like.

    ``settings`` are added to its configuration.
    """

    def __init__(self, folder: Path, *, port: int | None = None, settings: Mapping[str, object] | None = None) -> None:
        self._folder = folder.resolve()
        self._bin = find_server()
        self._port = port or free_port()
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._user = "postgres" if os.geteuid() == 0 else None

    @property
    def dsn(self) -> str:
        """Where a service finds it."""
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{USER}"

    def __enter__(self) -> Self:
        """Open it."""
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    def open(self) -> None:
        """Make the cluster and its database, and start it. Raises ``PostgresMissing``."""
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._make()
            self.start()
            self.database(USER)
            undo.pop_all()

    def start(self) -> None:
        """Start it, unless it runs, and return once it takes connections. Raises ``PostgresMissing``."""
        deadline = monotonic() + START_WITHIN_S
        while not self._answers():
            if monotonic() > deadline:
                raise PostgresMissing(f"the PostgreSQL in {self._folder} did not start (log: server.log there)")
            if self._process is None or self._process.poll() is not None:
                self._process = self._begun()  # again and again: what is left of one that was killed holds its memory
            sleep(GLANCE_S)

    def kill(self) -> None:
        """End it as a power cut would: all of its processes at once."""
        if self._process is not None:
            _kill(self._process.pid, *_children(self._process.pid))
            self._process.wait()
            self._process = None

    def kill_session(self, database: str) -> bool:
        """Kill the processes that serve a database, after which it recovers by itself; ``False``: none does."""
        found = _children(self._process.pid) if self._process else []
        serving = [pid for pid in found if database.encode() in _command_line(pid)]
        _kill(*serving)
        return bool(serving)

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

    def _answers(self) -> bool:
        asked: list[str | Path] = [self._bin / "pg_isready", "--quiet", *self._there]
        return subprocess.run(asked, check=False).returncode == 0  # noqa: S603 - Debian's binary

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
        settings: dict[str, object] = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        with (data / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in (settings | self._settings).items())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(  # noqa: S603 - Debian's binaries
            command, user=self._user, cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise PostgresMissing(f"{program} failed: {done.stderr.strip()}")


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Yield a temporary folder that the server's user reaches, too."""
    with TemporaryDirectory(prefix="callahead-postgresql-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "server"


def find_server() -> Path:
    """Return the folder of the server's programs. Raises ``PostgresMissing``."""
    found = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise PostgresMissing(
            "there is no PostgreSQL server here: install Debian's postgresql, or give a DSN with --store"
        )
    return found[-1].parent if found else Path(on_path or "").resolve().parent


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _command_line(pid: int) -> bytes:
    """Return what a process was started with; nothing where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
