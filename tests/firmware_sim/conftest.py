"""A real broker for the fleet: nats-server as a child process on free loopback ports."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVER = Path(sys.executable).with_name("nats-server")


def unused_port() -> int:
    """Return a TCP port nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class NatsBroker:
    """A broker that can be stopped and started again on the same port and store."""

    def __init__(self, folder: Path, credentials: str = "") -> None:
        """Write its configuration into ``folder``; start nothing yet."""
        self.port = unused_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.config = folder / "nats.conf"
        self.config.write_text(
            f'server_name: test\nlisten: "127.0.0.1:-1"\njetstream {{ store_dir: "{folder}" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}" }}\n{credentials}'
        )
        self.log = folder / "nats.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        self.process = subprocess.Popen([SERVER, "-c", self.config, "-l", self.log])
        deadline = time.monotonic() + 10
        while not self._listens():
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()

    def stop(self) -> None:
        """Stop, and wait until it is gone."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsBroker]:
    """A running broker."""
    running = NatsBroker(tmp_path_factory.mktemp("nats"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[NatsBroker]:
    """A running broker that the test may stop and start."""
    running = NatsBroker(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def free_port() -> int:
    """A TCP port nobody listens on."""
    return unused_port()


@pytest.fixture
def locked_broker(tmp_path: Path) -> Iterator[NatsBroker]:
    """A running broker that wants the user ``car`` with the password ``p@ss``."""
    running = NatsBroker(tmp_path, 'authorization { users: [ { user: "car", password: "p@ss" } ] }\n')
    running.start()
    yield running
    running.stop()
