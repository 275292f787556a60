"""The router's process: it hands on what the broker has, acknowledges what is stored, and takes nothing along when it dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client, MQTTv5
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from dispatch.router.link import RoutedLink
from dispatch.router.messages import RouterSetup
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, LinkStatus
from tests.conftest import until

pytestmark = pytest.mark.anyio
EVENT = "callahead/v1/volta/car-{}/event"


def _routers() -> list[int]:
    """Return the processes of routers that we started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in children if b"dispatch.router" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _publish(address: BrokerAddress, *messages: tuple[str, bytes, int, Properties | None]) -> None:
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.connect(address.host, address.port)
    client.loop_start()
    for topic, payload, qos, more in messages:
        client.publish(topic, payload, qos, properties=more).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


async def test_what_is_not_stored_comes_again_whoever_dies(mosquitto: Callable[..., BrokerAddress]) -> None:
    """A router that is killed is started again, and its link says so; what was stored comes no more, not to the next either."""
    address = mosquitto("allow_anonymous true")
    heard, told = list[Delivery](), list[LinkStatus]()
    link = RoutedLink(RouterSetup(address.url, "house", ("own/+",)), heard.append, lambda: 7.0)
    link.on_change(told.append)
    link.start()
    await until(lambda: link.status.state is LinkState.READY)
    more = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    more.ContentType, more.UserProperty = "application/json", [("source", "/volta/car-1")]
    _publish(address, (EVENT.format(1), b"one", 1, more))
    _publish(address, *((EVENT.format(number), b"%d" % number, 1, None) for number in range(2, 8)))
    _publish(address, ("own/place", b"x" * 1_100_000, 0, None))
    await until(lambda: len(heard) == 8)
    first, last = heard[0], heard[-1]
    assert (first.payload, first.content_type, first.properties) == (
        b"one",
        *(more.ContentType, tuple(more.UserProperty)),
    )
    assert [one.topic for one in heard[1:7]] == [EVENT.format(number) for number in range(2, 8)]
    assert (last.topic, len(last.payload), last.received_at, last.door) == ("own/place", 1024 * 1024, 7.0, "mqtt")
    router = _routers()[0]
    os.kill(router, signal.SIGKILL)
    heard.clear()
    await until(lambda: len(heard) == 7)
    assert sorted(one.payload for one in heard) == [b"2", b"3", b"4", b"5", b"6", b"7", b"one"]
    told = [one for one in told if one.state is not LinkState.CONNECTING]  # one session after the other
    assert [one.state for one in told] == [LinkState.READY, LinkState.LOST, LinkState.READY]
    assert told[1].reason == "the router's process ended with -9; it is started again"
    for delivery in (*heard, heard[0], first):
        delivery.ack()
    await link.stopped()
    assert (link.status.state, _routers()) == (LinkState.STOPPED, [])
    again = RoutedLink(RouterSetup(address.url, "house"), heard.append, lambda: 8.0)
    again.start()
    await until(lambda: again.status.state is LinkState.READY)
    _publish(address, (EVENT.format(9), b"nine", 1, None))
    await until(lambda: heard[-1].payload == b"nine")
    assert len(heard) == 8
    await again.stopped()
