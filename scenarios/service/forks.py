"""Starts of our commands as copies of a process that has imported already what they import.

A start of Python imports for a second or two what the start before it imported as well; a campaign that kills the service, and
tests, start hundreds. A copy is what ``python -m module`` would be: a process of its own, with its own words, folder, environment
and standard streams, that runs the command's ``main`` and ends as Python ends. What a copy starts beside it is a copy as well: for
its ``sys.executable`` stands a small program that asks for one, and is Python for whatever else it is asked. Whoever has that
program stand for their own Python starts copies as well, from any process.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from types import TracebackType
from typing import IO, NamedTuple, Self

from gateway.broker.nats_process import find_binary
from gateway.contract.broker_address import BrokerAddress

PACKAGES = Path(__file__).parents[2]
SERVICE = "dispatch.cli.serve"
AT_WORK = (
    *(
        "dispatch.cli.command_line",
        "dispatch.web.api.app",
        "dispatch.web.console.page",
        "dispatch.web.slow_connections",
    ),
    *("httpcore", "uvicorn.lifespan.on", "uvicorn.protocols.websockets.auto"),
    *("dispatch.projection.process", "dispatch.shadow.process", "dispatch.gateways.process", "dispatch.router.process"),
)
"""What else a service has imported once it is at work."""
COPIED = {
    SERVICE: SERVICE,
    "dispatch.projection": "dispatch.projection.__main__",
    "dispatch.shadow": "dispatch.shadow.__main__",
    "dispatch.gateways": "dispatch.gateways.__main__",
    "dispatch.router": "dispatch.router.__main__",
}
"""What Python is asked for that a copy does as well, and where its ``main`` is."""
DOOR = "door"
"""The socket at which copies are asked for, in the folder of the process that is copied."""
PYTHON = "python"
"""What stands for Python, beside it."""
MOST = 128 * 1024
"""Bytes of what a start is asked with: the environment, mostly."""
MOST_WAITING = 64
"""Starts that are asked for while the process that is copied still imports."""


AS_PYTHON = """#!{python} -IS
import os, sys
words = sys.argv[1:]
if words[:1] != ["-m"] or words[1] not in {copied}:
    os.execv("{python}", ["{python}", *words])
import json, signal, socket
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
    line.connect("{door}")
    asked = json.dumps([words[1], words[2:], os.getcwd(), dict(os.environ)])
    socket.send_fds(line, [asked.encode()], [0, 1, 2])
    pid = int(line.recv(64))
    def passed_on(number, _frame):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, passed_on)
    for handle in (0, 1):
        os.close(handle)
    code = int(line.recv(64))
os._exit(code if code >= 0 else 128 - code)
"""
"""What stands for Python. It ends as the copy does, and the copy when it is killed; told to end, it tells the copy."""


class AskedCopy(NamedTuple):
    """What a copy shall be."""

    module: str
    words: list[str]
    cwd: str
    environment: dict[str, str]


class Ended(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


class Forked:
    """A copy that runs, with what is used of ``subprocess.Popen``. From any thread."""

    def __init__(self, line: socket.socket, stdin: IO[str] | None, stdout: IO[str] | None) -> None:
        self.stdin, self.stdout = stdin, stdout
        self._line = line
        self.pid = int(line.recv(64))
        self.returncode: int | None = None
        self._reading = threading.Lock()
        weakref.finalize(self, line.close)

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code, once it ended. Raises ``subprocess.TimeoutExpired``."""
        if not select.select([self._line], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        with self._reading:
            if self.returncode is None:
                self.returncode = int(self._line.recv(64))
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
    """The process that is copied, as whoever has it sees it. It ends with us."""

    def __init__(self, imports: Sequence[str] = AT_WORK, environment: Mapping[str, str] | None = None) -> None:
        """``imports``: what a copy has imported, besides what serves; ``environment``: what is added to ours for all copies.

        Nothing is imported before a first copy is asked for.
        """
        self._environment = environment or {}
        self.folder = Path(mkdtemp(prefix="forks-"))
        """Where it is asked for copies, and what stands for Python is."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.bind(str(self.folder / DOOR))
            door.listen(MOST_WAITING)
            _stand_for_python(self.folder)
            begin = f"from {__name__} import main; main()"
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-c", begin, str(door.fileno()), str(self.folder), *imports],
                cwd=PACKAGES,
                env={**os.environ, **self._environment},
                stdin=subprocess.PIPE,
                pass_fds=[door.fileno()],
                start_new_session=True,
            )

    def copies(self, module: str = SERVICE) -> Copies:
        """Return what starts copies of a command."""
        return Copies(self.folder, module, self._environment)

    def warm(self) -> None:
        """Have it import now: a first copy does not wait for it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
            line.connect(str(self.folder / DOOR))

    def close(self) -> None:
        """Start no more copies."""
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.close()
        self._process.wait()


class Copies:
    """Starts copies of one command of ours. From any thread, of any process."""

    def __init__(self, folder: Path, module: str = SERVICE, environment: Mapping[str, str] | None = None) -> None:
        """``folder``: of the process that is copied; ``environment``: what is added to ours for all copies."""
        self._door, self._module, self._environment = str(folder / DOOR), module, environment or {}

    def start(self, *words: str, stdout: IO[bytes] | None = None, stderr: IO[str] | IO[bytes] | None = None) -> Forked:
        """Start a copy. Its input is a pipe, and so is its output where it is not said where that goes."""
        (their_in, our_in), (our_out, their_out) = os.pipe(), os.pipe()
        try:
            standard = (
                their_in,
                their_out if stdout is None else stdout.fileno(),
                2 if stderr is None else stderr.fileno(),
            )
            line = self._ask(words, None, standard, {})
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
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a number is not read into the next
        line.connect(self._door)
        asked = AskedCopy(
            self._module, list(words), str(cwd or Path.cwd()), {**os.environ, **self._environment, **environment}
        )
        socket.send_fds(line, [json.dumps(asked).encode()], standard)
        return line


@contextmanager
def copies_of_service(environment: Mapping[str, str]) -> Iterator[Copies]:
    """Yield what starts copies of the service, with this added to their environment from their first instant.

    Whose own Python is stood for has the process that is copied already, unless something is added.
    """
    folder = Path(sys.executable).parent
    if not environment and (folder / DOOR).exists():
        yield Copies(folder)
        return
    forks = Forks(environment=environment)
    forks.warm()
    try:
        yield forks.copies()
    finally:
        forks.close()


def _warm(modules: Sequence[str]) -> None:
    """Have imported and read what a command has once it is at work."""
    for name in modules:
        import_module(name)
    import_module("gateway.kinds.registry").check_catalogues()
    import_module("gateway.contract.described").build_now()
    if set(AT_WORK) <= set(modules):
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
    list(import_module("fastapi.routing").iter_route_contexts(app.served()))  # at a first request otherwise
    import_module("dispatch.web.console.assets").version()


def _copied(door: socket.socket) -> AskedCopy | None:
    """Start copies as they are asked for: returns in each of them what it shall be, and here at the end ``None``."""
    while door in select.select([door, sys.stdin], (), ())[0]:
        with door.accept()[0] as line:
            packet, handles, _flags, _address = socket.recv_fds(line, MOST, 3)
            if packet and os.fork() == 0:
                door.close()
                return _kept(AskedCopy(*json.loads(packet)), line.detach(), handles)
        for handle in handles:
            os.close(handle)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    return None


def _kept(asked: AskedCopy, told: int, handles: Sequence[int]) -> AskedCopy:
    """Fork once more: here what the copy comes to is waited for and told; returns in the copy, with what it shall be.

    A copy ends with whoever waits for it.
    """
    line = socket.socket(fileno=told)
    pid = os.fork()
    if pid:
        for handle in (*handles, 0, 1):
            os.close(handle)
        with suppress(BrokenPipeError):
            line.send(str(pid).encode())
            ended = os.pidfd_open(pid)
            if ended not in select.select([line.fileno(), ended], [], [])[0]:
                os.kill(pid, signal.SIGKILL)
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
    return asked


def _stand_for_python(folder: Path) -> None:
    """Have what stands for our Python in a folder, with the broker that lies beside Python."""
    python = folder / PYTHON
    python.write_text(AS_PYTHON.format(python=sys.executable, door=folder / DOOR, copied=set(COPIED)))
    python.chmod(0o700)
    (folder / "nats-server").symlink_to(find_binary())


def main() -> None:
    """Be the process that is copied; in a copy, be the command. Words: the door's number, the folder, modules to be imported."""
    _, number, folder, *modules = sys.argv
    door = socket.socket(fileno=int(number))
    if door in select.select([door, sys.stdin], (), ())[0]:
        _warm([SERVICE, *modules])
    sys.executable = str(Path(folder) / PYTHON)
    asked = _copied(door)
    if asked is None:
        shutil.rmtree(folder)
        return
    sys.argv = [asked.module, *asked.words]
    import_module(COPIED.get(asked.module, asked.module)).main()
