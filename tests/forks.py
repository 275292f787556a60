"""Starts of our commands as copies of a process that has imported already what they import.

A start of Python imports for a second or two what the start before it imported as well, and tests start hundreds. A copy is
what ``python -m module`` would be: a process of its own, with its own words, folder, environment and standard streams, that
runs the command's ``main`` and ends as Python ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, NamedTuple, Self

from fastapi.routing import iter_route_contexts

from gateway.contract.broker_address import BrokerAddress

ROOT = Path(__file__).parents[1]
SERVICE = "dispatch.cli.serve"
CALLAHEAD = "scenarios.cli"
_COMMANDS = (ROOT / "scenarios" / "commands").glob("*.py")
WARM = {
    SERVICE: (
        "dispatch.cli.command_line",
        "dispatch.web.api.app",
        "dispatch.web.console.page",
        "dispatch.web.slow_connections",
        *("httpcore", "uvicorn.lifespan.on", "uvicorn.protocols.websockets.auto"),
    ),
    CALLAHEAD: tuple(f"scenarios.commands.{file.stem}" for file in _COMMANDS),
}
"""What else a command has imported once it is at work."""
MOST = 128 * 1024
"""Bytes of what a start is asked with: the environment, mostly."""


class Asked(NamedTuple):
    """What a copy shall be."""

    words: list[str]
    cwd: str
    environment: dict[str, str]


class Ended(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


class Forked:
    """A copy that runs, with what is used of ``subprocess.Popen``."""

    def __init__(self, line: socket.socket, stdin: IO[str] | None, stdout: IO[str] | None) -> None:
        self.stdin, self.stdout = stdin, stdout
        self._line = line
        self.pid = int(line.recv(64))
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code, once it ended. Raises ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                self.returncode = int(self._line.recv(64))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0) from None
            self._line.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit code, ``None`` while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, where it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of its streams, and wait for its end."""
        for stream in (self.stdin, self.stdout):
            if stream:
                stream.close()
        self.wait()


class Forks:
    """The process that is copied, as whoever starts copies sees it. It ends with us."""

    def __init__(self, module: str) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-c", "import tests.forks as f; f.main()", str(theirs.fileno()), module]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])

    def start(self, *words: str, stderr: IO[str] | None = None) -> Forked:
        """Start a copy. Its input and its output are pipes."""
        (their_in, our_in), (our_out, their_out) = os.pipe(), os.pipe()
        try:
            line = self._ask(words, None, (their_in, their_out, 2 if stderr is None else stderr.fileno()), {})
        finally:
            os.close(their_in)
            os.close(their_out)
        return Forked(line, os.fdopen(our_in, "w"), os.fdopen(our_out))

    def run(self, *words: str, cwd: Path | None = None, timeout_s: float = 60.0, **environment: str) -> Ended:
        """Return what a copy came to that was told nothing. Raises ``subprocess.TimeoutExpired``."""
        with open(os.devnull) as nothing, TemporaryFile("w+") as out, TemporaryFile("w+") as err:  # noqa: PTH123 - a device
            standard = (nothing.fileno(), out.fileno(), err.fileno())
            forked = Forked(self._ask(words, cwd, standard, environment), None, None)
            try:
                code = forked.wait(timeout_s)
            finally:
                forked.kill()
            out.seek(0)
            err.seek(0)
            return Ended(code, out.read(), err.read())

    def _ask(
        self, words: Sequence[str], cwd: Path | None, standard: Sequence[int], environment: dict[str, str]
    ) -> socket.socket:
        """Ask for a copy; return the line on which its number comes, and then what it came to."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a number is not read into the next
        with theirs:
            asked = Asked(list(words), str(cwd or Path.cwd()), {**os.environ, **environment})
            socket.send_fds(self._door, [json.dumps(asked).encode()], [theirs.fileno(), *standard])
        return ours


@cache
def forks(module: str = SERVICE) -> Forks:
    """Return what starts copies of a command of ours."""
    return Forks(module)


def _warm(module: str) -> None:
    """Have imported and read what a service has once it is up, or what some command of the command line wants."""
    import_module(module)
    for name in WARM[module]:
        import_module(name)
    import_module("gateway.kinds.registry").check_catalogues()
    import_module("gateway.places.place_names").gazetteer()
    if module == SERVICE:
        asyncio.run(_build_once())
    gc.collect()
    gc.freeze()


async def _build_once() -> None:
    """Have built what serves, for whatever is read, or worked out, once in a process."""
    built = import_module("dispatch.service.build")
    app = import_module("dispatch.web.api.app")
    broker = built.ServiceBroker.at(BrokerAddress("127.0.0.1", 1))
    with import_module("dispatch.store.journal").Journal.in_memory() as journal:
        service, _ = built.build(journal, import_module("dispatch.engine.clock").WallClock(), broker, built.Hearing())
        app.create_app(service)
    list(iter_route_contexts(app.served()))  # at a first request otherwise
    import_module("dispatch.web.console.assets").version()


def _copied(door: socket.socket) -> list[str] | None:
    """Start copies as they are asked for: returns in each of them, with its words, and here at the end with ``None``."""
    while True:
        packet, handles, _flags, _address = socket.recv_fds(door, MOST, 4)
        if not packet:
            return None
        if os.fork() == 0:
            door.close()
            return _kept(Asked(*json.loads(packet)), handles)
        for handle in handles:
            os.close(handle)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _kept(asked: Asked, handles: list[int]) -> list[str]:
    """Fork once more: here what the copy comes to is waited for and told; returns in the copy, with its words."""
    line = socket.socket(fileno=handles.pop(0))
    pid = os.fork()
    if pid:
        for handle in (*handles, 0, 1):
            os.close(handle)
        line.send(str(pid).encode())
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
        os._exit(0)
    line.close()
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(asked.environment)
    os.chdir(asked.cwd)
    sys.path[0] = asked.cwd
    return asked.words


def main() -> None:
    """Be the process that is copied; in a copy, be the command. Words: the number of the door, and the module."""
    _, door, module = sys.argv
    _warm(module)
    words = _copied(socket.socket(fileno=int(door)))
    if words is not None:
        sys.argv = [module, *words]
        import_module(module).main()
