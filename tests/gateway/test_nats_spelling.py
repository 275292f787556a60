"""Topics that NATS does not take: spelled before it, read as they were sent behind it, and nobody is cut off."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from dispatch.cli.brokers import check_topics
from dispatch.service.settings import CannotStart
from gateway.access.authority import Authority
from gateway.access.credentials import Access, credential
from gateway.access.nats_config import Door
from gateway.access.nats_spelling import REFUSED, as_sent, spelled
from gateway.access.rights import SERVICE
from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.mqtt.link import MqttLink
from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.framing import Framer, framed
from gateway.links.mqtt.protocol.respelling import LONGEST_CONNECT, Respelling
from gateway.mapping.filters import TopicFilter
from gateway.mapping.read import read_mapping, shipped
from tests.conftest import until

FRIDGE = "zigbee2mqtt/Kitchen Fridge"


def with_will(topic: str) -> bytes:
    """Return a CONNECT whose last will is on ``topic``."""
    head = packets.write_text("MQTT") + bytes([4, 0xC6, 0, 30]) + packets.write_text("a")
    return framed(packets.CONNECT, head + b"".join(map(packets.write_text, (topic, "gone", "acme", "secret"))))


def message(topic: str, payload: bytes) -> bytes:
    """Return a PUBLISH."""
    return packets.publish(7, topic, payload, retain=True, again=False, v5=False)


def test_what_nats_refuses_is_spelled_and_nothing_else() -> None:
    """One character for one; what it takes stays the same object."""
    topic = f"a/b{REFUSED}c/ü\N{FRIED SHRIMP}"
    assert not set(spelled(topic)) & set(REFUSED)
    assert as_sent(spelled(topic)) == topic
    assert len(spelled(topic)) == len(topic)
    plain = "callahead/v1/acme/car-1/event"
    assert as_sent(plain) is plain


@pytest.mark.parametrize("seed", range(20))
def test_packets_come_through_however_they_are_cut(seed: int) -> None:
    """Topics are spelled, wherever a piece ends, and nothing else is touched."""
    dice = random.Random(seed)
    sent = [with_will("my house/state"), packets.subscribe(1, ["a b/#"], v5=False)]
    wanted = [with_will(spelled("my house/state")), sent[1]]
    for number in range(30):
        topic, payload = dice.choice([FRIDGE, "a/b", "a\tb/\x7f", "ü b"]), bytes(dice.randrange(300)) + b" %d" % number
        sent.append(message(topic, payload))
        wanted.append(message(spelled(topic), payload))
    stream, reading, out = b"".join(sent), Respelling(), b""
    while stream:
        size = dice.randint(1, 200)
        out, stream = out + reading.feed(stream[:size]), stream[size:]
    assert out == b"".join(wanted)
    assert len(list(Framer().feed(out))) == len(wanted)


@pytest.mark.parametrize(
    "sent",
    [
        message("a/b", b"a b"),
        framed(packets.PUBLISH, b"\x00\x09a b") + b"more",  # its topic ends behind its packet
        framed(packets.PUBLISH, b"\x00") + b" ",
        b"\x30\xff\xff\xff\xff\x01 no such length",
        message("a/" + "b " * 20_000, b""),  # spelled, it would be longer than a topic may be
        framed(packets.CONNECT, b"\x00\x04MQTT\x05\xc6\x00\x1e" + b"\x00" * 9),
        framed(packets.CONNECT, b"\x00\x04MQTT\x04\xc6\x00\x1e\x00\x01a\xff\xff b"),  # its will ends behind it
        framed(packets.CONNECT, bytes(LONGEST_CONNECT + 1)),
    ],
)
def test_what_needs_no_spelling_or_is_no_mqtt_is_passed_on_as_it_is(sent: bytes) -> None:
    """NATS refuses it, or takes it, as it would without us."""
    assert Respelling().feed(sent) == sent


def told() -> Access:
    """Return a service with zigbee2mqtt's mapping, and its vendor; passwords are the user's name."""
    mapping = read_mapping(shipped("zigbee2mqtt"))
    return Access(
        credential(SERVICE, SERVICE, 0.0), (credential(mapping.vendor, mapping.vendor, 0.0),), mappings=(mapping,)
    )


def bridge(address: BrokerAddress, trusted: Path | None = None) -> tuple[paho.Client, list[str], list[int]]:
    """Return a client of the vendor's that has connected, or tries to; how its connections went, and what was acknowledged."""
    vendor, went, sent = told().credentials[0].username, list[str](), list[int]()
    client = paho.Client(CallbackAPIVersion.VERSION2, f"{vendor}:bridge")
    client.username_pw_set(vendor, vendor)
    client.will_set("zigbee2mqtt/Kitchen Fridge/availability", b"offline", 1, retain=True)
    client.on_connect = lambda _c, _u, _f, code, _p: went.append(str(code))
    client.on_disconnect = lambda _c, _u, _f, code, _p: went.append(f"cut: {code}")
    client.on_publish = lambda _c, _u, mid, _r, _p: sent.append(mid)
    if trusted:
        client.tls_set(str(trusted))
    client.connect(address.host, address.port)
    client.loop_start()
    return client, went, sent


@pytest.mark.anyio
async def test_a_bridge_whose_topics_have_spaces_is_heard(nats: Callable[..., EmbeddedBroker], tmp_path: Path) -> None:
    """In the clear and with TLS; its other devices, too; its last will; after the proxy was killed, where it was before."""
    identity = Authority(tmp_path / "authority").server(["127.0.0.1"])
    broker = nats(access=told(), doors=[Door(certificates=False, host="127.0.0.1", port=None, identity=identity)])
    heard = dict[str, bytes]()

    def hear(delivery: Delivery) -> None:
        heard[as_sent(delivery.topic)] = delivery.payload
        delivery.ack()

    us = replace(broker.address, username=SERVICE, password=SERVICE)
    link = MqttLink(us, hear, filters=[spelled(each.mqtt) for each in told().mappings[0].filters])
    link.start()
    await until(lambda: link.status.state is LinkState.READY)
    tls = broker.door_address("tls")
    assert tls
    for address, trusted in ((broker.plain_address, None), (tls, identity.authority)):
        client, went, sent = bridge(address, trusted)
        for topic in (FRIDGE, "zigbee2mqtt/garage"):
            client.publish(topic, str(address.port), 1)
        await until(lambda sent=sent: len(sent) == 2)
        await until(lambda address=address: heard.get("zigbee2mqtt/garage") == str(address.port).encode())
        assert heard[FRIDGE] == str(address.port).encode()
        assert went == ["Success"]
        client.socket().close()  # type: ignore[union-attr]  # without taking leave, so that its last will is sent
        client.loop_stop()
        await until(lambda: heard.pop(f"{FRIDGE}/availability", None) == b"offline")
    before, pid = broker.plain_address, broker.pids[-1]
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not broker.alive())
    broker.start()
    assert broker.plain_address == before
    client, went, sent = bridge(before)
    client.publish(FRIDGE, b"again", 1)
    await until(lambda: heard[FRIDGE] == b"again")
    client.disconnect()
    client.loop_stop()
    link.stop()


def test_more_topics_than_the_broker_takes_are_told_before_it_starts() -> None:
    """One session has 65,535 packet numbers: shared by too many subscriptions, each would stand still."""
    check_topics(told())
    (mapping,) = told().mappings
    topics = [TopicFilter(f"line{number}/{{name}}/#") for number in range(2_100)]
    with pytest.raises(CannotStart, match="about 4,000: write"):
        check_topics(replace(told(), mappings=(mapping.model_copy(update={"topics": topics}),)))
