"""The embedded broker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.access.authority import NotWritten
from gateway.broker.embedded import EmbeddedBroker
from gateway.broker.nats_process import BrokerFailed
from scenarios.chaos.disk import disk_at


def test_two_start_at_once(nats: Callable[..., EmbeddedBroker], tmp_path: Path) -> None:
    """Each finds free ports of its own, and is ready when ``start`` returns."""
    brokers = [nats(tmp_path / name) for name in ("one", "two")]
    ports = {broker.address.port for broker in brokers}
    assert len(ports) == 2
    for port in ports:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


def test_a_port_in_use_is_told(nats: Callable[..., EmbeddedBroker], tmp_path: Path) -> None:
    """With the log's last line and where the log is."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(BrokerFailed, match=r"in use.*nats-server\.log"),
    ):
        nats(tmp_path / "broker", port=taken.getsockname()[1])


def test_a_full_disk_is_told_at_the_start(nats: Callable[..., EmbeddedBroker], tmp_path: Path) -> None:
    """Which file, why, and what to do; and nothing half written is left where it stood."""
    (tmp_path / "broker" / "nats-server.conf").mkdir(parents=True)  # no file can stand there, whoever runs this
    with pytest.raises(NotWritten, match=r"nats-server\.conf cannot be written: .*; make room"):
        nats(tmp_path / "broker")
    assert [path.name for path in (tmp_path / "broker").iterdir()] == ["nats-server.conf"]


def test_it_dies_with_its_parent(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    """Even when that is killed with kill -9."""
    program = (
        "import sys; from pathlib import Path; from gateway.broker.embedded import EmbeddedBroker;"
        "b = EmbeddedBroker(Path(sys.argv[1])); b.start(); print(b.pid, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        broker = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: not _runs(broker))


def _runs(pid: int) -> bool:
    """Tell whether it runs; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_broker_whose_disk_was_full_is_known_and_of_use_again_after_a_new_start(
    tmp_path: Path, nats: Callable[..., EmbeddedBroker], eventually: Callable[..., Any]
) -> None:
    """NATS does not store again by itself, whatever room there is; what it acknowledged before is still there."""
    disk = disk_at(tmp_path / "small")
    if disk.name != "tmpfs":
        pytest.skip("a small disk needs the right to mount one")
    try:
        broker = nats(tmp_path / "small" / "broker")
        line = paho.Client(CallbackAPIVersion.VERSION2, "sender", clean_session=False)
        heard: list[bytes] = []
        line.on_message = lambda _client, _user, message: heard.append(message.payload[:1])
        line.connect(broker.address.host, broker.address.port)
        line.loop_start()
        line.subscribe("callahead/v1/#", 1)
        line.publish("callahead/v1/a/b/event", b"1", qos=1)
        eventually(lambda: heard)
        assert broker.has_room()
        assert not broker.ran_out_of_room()
        disk.fill()
        refused = line.publish("callahead/v1/a/b/event", b"x" * 10_000, qos=1)
        eventually(broker.ran_out_of_room)
        assert not broker.has_room()
        disk.free()
        assert broker.has_room()
        broker.kill()
        broker.start()
        eventually(lambda: refused.is_published() and heard[-1] == b"x")
        line.disconnect()
        line.loop_stop()
    finally:
        disk.close()
