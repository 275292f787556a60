"""Which broker a run is on: the service's own, a Mosquitto started for it, or one that is there already."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.contract.broker_address import BrokerAddress
from scenarios.bench.live.connections import LoadFailed

UP_WITHIN_S = 10.0
GLANCE_S = 0.02
_SETTINGS = """listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages 4000
persistence true
persistence_location {folder}/
{user}"""


@dataclass(frozen=True, slots=True)
class BenchBroker:
    """What the service is told with ``--broker``, and the process, where it is ours and not the service's."""

    option: str
    """An address, or ``embedded``."""
    pid: int | None = None
    elsewhere: bool = False
    """Its process is not to be seen."""


@contextmanager
def broker(wanted: str, folder: Path) -> Iterator[BenchBroker]:
    """Have the broker run that is ``wanted``: ``embedded``, ``mosquitto`` or an address. Raises ``LoadFailed``."""
    if wanted == "mosquitto":
        with _mosquitto(folder) as started:
            yield started
    else:
        if wanted != "embedded":
            _answers(BrokerAddress.parse(wanted))
        yield BenchBroker(wanted, elsewhere=wanted != "embedded")


@contextmanager
def _mosquitto(folder: Path) -> Iterator[BenchBroker]:
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if binary is None:
        raise LoadFailed("mosquitto is not installed; install it, or use --broker embedded")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "mosquitto.conf"
    user = "user root\n" if folder.owner() == "root" else ""  # else it changes to a user that cannot write here
    settings.write_text(_SETTINGS.format(port=port, folder=folder.resolve(), user=user))
    with (folder / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([binary, "-c", str(settings)], stdout=log, stderr=log)  # noqa: S603 - found above
    try:
        _wait_until_up(process, port, folder / "mosquitto.log")
        yield BenchBroker(f"mqtt://127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait()


def _answers(address: BrokerAddress) -> None:
    try:
        socket.create_connection((address.host, address.port), UP_WITHIN_S).close()
    except OSError as error:
        raise LoadFailed(f"no broker answers at {address} ({error}); start it, or use --broker embedded") from None


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(GLANCE_S)
    raise LoadFailed(f"mosquitto did not start: {log.read_text('utf-8', 'replace').strip()}")
