"""Brokers that are not the service's own child: they can be killed while it lives, and come back on their port."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from gateway.broker.embedded import EmbeddedBroker
from scenarios.service.process import CannotPlay

ACK_WAIT_S = 1.0
"""After which NATS delivers again what was not acknowledged; the service's own waits longer."""
START_WITHIN_S = 20.0
GLANCE_S = 0.01


class BrokerProcess(Protocol):
    """A broker process."""

    def start(self) -> None:
        """Start it, and return once it takes connections."""

    def kill(self) -> None:
        """End it as a crash would."""

    def stop(self) -> None:
        """End it for good."""


class Nats:
    """The same server that the service embeds."""

    def __init__(self, folder: Path, port: int) -> None:
        self._broker = EmbeddedBroker(folder, port=port, ack_wait_s=ACK_WAIT_S)

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        self._broker.start()

    def kill(self) -> None:
        """End it as a crash would."""
        self._broker.kill()

    def stop(self) -> None:
        """End it for good."""
        self._broker.stop()


class Mosquitto:
    """Debian's Mosquitto, which writes its store only now and then: killed, it forgets what it has acknowledged.

    That is how Mosquitto is made. So here it is ended by a signal at which it writes its store.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._binary = mosquitto()
        self._folder, self._port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it takes connections."""
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "mosquitto.conf"
        lines = [
            f"listener {self._port} 127.0.0.1",
            "allow_anonymous true",
            "user root",
            "persistence true",
            f"persistence_location {self._folder}/",
            "max_queued_messages 0",
            "max_inflight_messages 0",
        ]
        settings.write_text("\n".join([*lines, ""]))
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the system's binary, our own file
                [self._binary, "-c", str(settings)], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_WITHIN_S
        while not _answers(self._port):
            if time.monotonic() > deadline or self._process.poll() is not None:
                message = f"Mosquitto did not start; its log: {self._folder / 'mosquitto.log'}"
                raise CannotPlay(message)
            time.sleep(GLANCE_S)

    def kill(self) -> None:
        """End it."""
        self.stop()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


def mosquitto() -> str:
    """Return where Mosquitto is. Raises ``CannotPlay``."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        message = "--broker mosquitto: Mosquitto is not installed (Debian: apt install mosquitto)"
        raise CannotPlay(message)
    return found


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
