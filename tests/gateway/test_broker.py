"""The embedded broker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from gateway.access.authority import NotWritten
from gateway.access.nats_config import LOG_FILES
from gateway.broker.child_process import BrokerFailed
from gateway.broker.embedded import EmbeddedBroker
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.mqtt.link import MqttLink
from gateway.links.mqtt.protocol import packets
from scenarios.chaos.disk import disk_at
from tests.conftest import until


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


@pytest.mark.parametrize("words", ["JetStream out of resources", "JetStream-out-of-resources\nServer is ready"])
def test_a_strangers_words_in_the_log_decide_nothing(
    words: str, tmp_path: Path, nats: Callable[..., EmbeddedBroker], eventually: Callable[..., Any]
) -> None:
    """The broker quotes in its log what strangers call themselves. That it cannot write, it is asked and not overheard."""
    broker = nats(tmp_path / "broker")
    line = paho.Client(CallbackAPIVersion.VERSION2, words, reconnect_on_failure=False)
    answers: list[str] = []
    line.on_connect = lambda _c, _u, _f, code, _p: answers.append(str(code))
    line.username_pw_set("nobody")
    line.connect(broker.address.host, broker.address.port)
    line.loop_start()
    eventually(lambda: answers)
    line.loop_stop()
    eventually(lambda: "JetStream" in broker.log.read_text().rpartition("Server is ready")[2] or "-out-" in words)
    assert not broker.ran_out_of_room()
    assert broker.alive()


def test_a_log_does_not_grow_for_ever(
    tmp_path: Path, nats: Callable[..., EmbeddedBroker], eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knocks in vain a thousand times fills a log of a size that is known."""
    monkeypatch.setattr("gateway.access.nats_config.LOG_BYTES", 4_000)
    broker = nats(tmp_path / "broker")
    for number in range(100):
        with socket.create_connection((broker.address.host, broker.address.port)) as stranger:
            stranger.sendall(b"\x10\x21\x00\x04MQTT\x04\x02\x00\x3c\x00\x15JetStream out of %03d!" % number)
            stranger.recv(4)
    logs = eventually(lambda: len(found := list((tmp_path / "broker").glob("nats-server.log*"))) > 3 and found)
    assert len(logs) <= LOG_FILES + 1
    assert sum(log.stat().st_size for log in logs) < 4_000 * (LOG_FILES + 2)


def test_who_is_sent_more_than_it_has_read_is_not_cut_off(
    nats: Callable[..., EmbeddedBroker], eventually: Callable[..., Any]
) -> None:
    """A backlog of large messages comes faster than it is read, all at once; cut off for it, the service would hear nobody."""
    broker, large = nats(), b"x" * 900_000
    subscriber = paho.Client(CallbackAPIVersion.VERSION2, "reader", clean_session=False)
    subscribed, sent = list[int](), list[int]()
    subscriber.on_subscribe = lambda _c, _u, mid, _r, _p: subscribed.append(mid)
    subscriber.connect(broker.address.host, broker.address.port)
    subscriber.loop_start()
    subscriber.subscribe("callahead/v1/#", 1)
    eventually(lambda: subscribed)
    subscriber.disconnect()
    subscriber.loop_stop()
    vendor = paho.Client(CallbackAPIVersion.VERSION2, "vendor")
    vendor.on_publish = lambda _c, _u, mid, _r, _p: sent.append(mid)
    vendor.connect(broker.address.host, broker.address.port)
    vendor.loop_start()
    for _ in range(90):
        vendor.publish("callahead/v1/a/b/event", large, 1)
    eventually(lambda: len(sent) == 90, within_s=60.0)
    vendor.disconnect()
    vendor.loop_stop()
    held = psutil.Process(broker.pid or 0).memory_info().rss
    with socket.create_connection((broker.address.host, broker.address.port)) as reader:
        reader.sendall(packets.connect(packets.Login("reader", None, None, 60), v5=False))
        eventually(
            lambda: (
                "Slow Consumer" in broker.log.read_text()
                or psutil.Process(broker.pid or 0).memory_info().rss > held + 60_000_000
            ),
            within_s=20.0,
        )
        left = 90 * len(large)
        while left > 0 and (piece := reader.recv(1_000_000)):
            left -= len(piece)
    assert left <= 0


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


@pytest.mark.anyio
async def test_all_that_is_retained_is_heard_by_who_subscribes_first(nats: Callable[..., EmbeddedBroker]) -> None:
    """NATS loads it while it lets the first one in already: after a new start a service heard some of it, or nothing."""
    broker, kept, heard = nats(), list[None](), set[str]()

    def hear(delivery: Delivery) -> None:
        heard.add(delivery.topic)
        delivery.ack()

    link = MqttLink(broker.address, hear)
    link.start()
    for number in range(3_000):
        link.publish(f"callahead/v1/a/{number}/state", b"{}", retain=True, delivered=lambda: kept.append(None))
    await until(lambda: len(kept) == len(heard) == 3_000)
    link.stop()
    broker.kill()
    broker.start()
    heard.clear()
    link = MqttLink(broker.address, hear)
    link.start()
    await until(lambda: len(heard) == 3_000)
    link.stop()


@pytest.mark.anyio
async def test_what_was_acknowledged_is_there_after_kill_9(nats: Callable[..., EmbeddedBroker]) -> None:
    """Also while the service is away: a PUBACK says that the message is written, in the middle of whatever else is."""
    broker, acknowledged, heard = nats(), set[bytes](), set[bytes]()

    def hear(delivery: Delivery) -> None:
        heard.add(delivery.payload)
        delivery.ack()

    service = MqttLink(broker.address, hear)
    service.start()
    await until(lambda: service.status.state is LinkState.READY)
    service.stop()
    vendor = MqttLink(broker.address, lambda delivery: delivery.ack(), client_id="vendor")
    vendor.start()
    for number in range(5_000):
        payload = b"%d" % number
        vendor.publish("callahead/v1/a/b/event", payload, delivered=partial(acknowledged.add, payload))
    await until(lambda: len(acknowledged) > 1_000)
    broker.kill()
    vendor.stop()
    assert acknowledged
    broker.start()
    service = MqttLink(broker.address, hear)
    service.start()
    await until(lambda: acknowledged <= heard)
    service.stop()
