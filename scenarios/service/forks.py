"""Starts of our commands as copies of a process that has imported already what they import.

A start of Python imports for a second or two what the start before it imported as well; a campaign that kills the service, and
tests, start hundreds. A copy is what ``python -m module`` would be: a process of its own, with its own words, folder, environment
and standard streams, that runs the command's ``main`` and ends as Python ends. What a copy of the service starts beside it is a
copy as well: for its ``sys.executable`` stands a small program that asks for one, and is Python for whatever else it is asked.
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
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
BESIDE = {
    "dispatch.projection": "dispatch.projection.__main__",
    "dispatch.shadow": "dispatch.shadow.__main__",
    "dispatch.gateways": "dispatch.gateways.__main__",
    "dispatch.router": "dispatch.router.__main__",
}
"""What a service starts beside it, and where its ``main`` is."""
MOST = 128 * 1024
"""Bytes of what a start is asked with: the environment, mostly."""


AS_PYTHON = """#!{python} -IS
import json, os, socket, sys
words = sys.argv[1:]
if words[:1] != ["-m"] or words[1] not in {beside}:
    os.execv("{python}", ["{python}", *words])
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
    line.connect("{door}")
    asked = json.dumps([words[1], words[2:], os.getcwd(), dict(os.environ)])
    socket.send_fds(line, [asked.encode()], [0, 1, 2])
    line.recv(64)
    for handle in (0, 1):
        os.close(handle)
    code = int(line.recv(64))
os._exit(code if code >= 0 else 128 - code)
"""
"""What stands for Python where the service is a copy. It ends as the copy does, and the copy when it is killed."""


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
    """The process that is copied, as whoever starts copies sees it. It ends with us."""

    def __init__(
        self, module: str, imports: Sequence[str] = AT_WORK, environment: Mapping[str, str] | None = None
    ) -> None:
        """``imports``: what else a copy has imported; ``environment``: what is added to ours for all copies."""
        self._module = module
        self._environment = environment or {}
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            begin = f"from {__name__} import main; main()"
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [sys.executable, "-c", begin, str(theirs.fileno()), module, *imports],
                cwd=PACKAGES,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def close(self) -> None:
        """Start no more copies."""
        self._door.close()
        self._process.wait()

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
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a number is not read into the next
        with theirs:
            asked = AskedCopy(
                self._module, list(words), str(cwd or Path.cwd()), {**os.environ, **self._environment, **environment}
            )
            socket.send_fds(self._door, [json.dumps(asked).encode()], [theirs.fileno(), *standard])
        return ours


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


def _copied(door: socket.socket, beside: socket.socket) -> AskedCopy | None:
    """Start copies as they are asked for: returns in each of them what it shall be, and here at the end ``None``."""
    while True:
        line = beside.accept()[0] if door not in select.select([door, beside], (), ())[0] else None
        packet, handles, _flags, _address = socket.recv_fds(line or door, MOST, 4)
        if not packet and line is None:
            return None
        if packet and os.fork() == 0:
            door.close()
            beside.close()
            return _kept(AskedCopy(*json.loads(packet)), handles if line is None else [line.detach(), *handles])
        if line is not None:
            line.close()
        for handle in handles:
            os.close(handle)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _kept(asked: AskedCopy, handles: list[int]) -> AskedCopy:
    """Fork once more: here what the copy comes to is waited for and told; returns in the copy, with what it shall be.

    A copy ends with whoever waits for it.
    """
    line = socket.socket(fileno=handles.pop(0))
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


def _as_python(folder: Path) -> socket.socket:
    """Have what stands for Python in a folder, with the broker that lies beside Python; return the door at which it asks."""
    python, door = folder / "python", folder / "door"
    python.write_text(AS_PYTHON.format(python=sys.executable, door=door, beside=set(BESIDE)))
    python.chmod(0o700)
    (folder / "nats-server").symlink_to(find_binary())
    beside = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    beside.bind(str(door))
    beside.listen(64)
    sys.executable = str(python)
    return beside


def main() -> None:
    """Be the process that is copied; in a copy, be the command. Words: the number of the door, and modules to be imported."""
    _, door, *modules = sys.argv
    _warm(modules)
    folder = Path(mkdtemp(prefix="forks-"))
    asked = _copied(socket.socket(fileno=int(door)), _as_python(folder))
    if asked is None:
        shutil.rmtree(folder)
        return
    sys.argv = [asked.module, *asked.words]
    import_module(BESIDE.get(asked.module, asked.module)).main()
