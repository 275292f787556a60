"""The MQTT client in the loop: what it makes of bytes however they arrive, and how it holds back what it cannot handle yet."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.access.authority import Authority
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState, MqttVersion
from gateway.links.mqtt.broker_links import BrokerLinks
from gateway.links.mqtt.link import MqttLink
from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.framing import framed
from gateway.links.mqtt.stream import WINDOW_BYTES, Stream

UP = "callahead/v1/volta/car-1/event"
CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"


def described(payload: bytes, content_type: str, own: list[tuple[str, str]]) -> bytes:
    """Return a PUBLISH of MQTT 5 with properties as paho writes them, QoS 1, number 7."""
    told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    told.ContentType, told.MessageExpiryInterval, told.ResponseTopic = content_type, 60, "answer/here"
    if own:
        told.UserProperty = own
    body = len(UP).to_bytes(2) + UP.encode() + b"\x00\x07" + told.pack() + payload  # type: ignore[no-untyped-call]
    return framed(0x32, body)


def heard(pieces: list[bytes], *, v5: bool) -> tuple[list[Delivery], str | None]:
    """Return what a stream makes of pieces of bytes, and why it ended, if it did."""
    found: list[Delivery] = []

    async def feed() -> str | None:
        stream = Stream(found.append, lambda _kind, _body: None, lambda: 1.0, v5=v5, window=100)
        for piece in pieces:
            stream.data_received(piece)
        return stream.ended.result() if stream.ended.done() else None

    return found, asyncio.run(feed())


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


@given(
    sizes=st.lists(st.integers(0, 20_000), min_size=1, max_size=5), places=st.lists(st.integers(0, 10**6), max_size=12)
)
def test_messages_are_the_same_however_their_bytes_are_cut(sizes: list[int], places: list[int]) -> None:
    """A network cuts where it likes, in the middle of a length, too."""
    payloads = [bytes([size % 251]) * size for size in sizes]
    sent = [
        packets.publish(number, UP, payload, retain=number == 1, again=False, v5=False)
        for number, payload in enumerate(payloads, start=1)
    ]
    found, ended = heard(cut(b"".join(sent), places), v5=False)
    assert ended is None
    assert [(one.topic, one.payload, one.retained) for one in found] == [
        (UP, payload, number == 0) for number, payload in enumerate(payloads)
    ]


@given(
    content_type=st.text(max_size=20),
    own=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=300)), max_size=4),
    payload=st.binary(max_size=50),
)
@settings(max_examples=50)
def test_properties_are_read_as_another_wrote_them(
    content_type: str, own: list[tuple[str, str]], payload: bytes
) -> None:
    """Those we have no use for are passed over."""
    found, ended = heard([described(payload, content_type, own)], v5=True)
    assert (ended, [(one.content_type, one.properties, one.payload) for one in found]) == (
        None,
        [(content_type, tuple(own), payload)],
    )


@given(noise=st.binary(max_size=60), v5=st.booleans())
def test_noise_ends_the_connection_or_waits_for_more(noise: bytes, *, v5: bool) -> None:
    """Nothing but ``Malformed`` comes of bytes that are no MQTT."""
    heard([bytes([0x32]) + noise], v5=v5)


@asynccontextmanager
async def broker_that_sends(messages: bytes, heard_back: bytearray) -> AsyncIterator[BrokerAddress]:
    """A broker of a few lines: takes the connection and the subscription, sends ``messages``, notes what comes back."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(CONNACK)
        await reader.read(1_000)
        writer.write(SUBACK + messages)
        while got := await reader.read(1_000):
            heard_back.extend(got)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield BrokerAddress(*server.sockets[0].getsockname())


async def until(what: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(60):
        while not what():  # noqa: ASYNC110 - any condition
            await asyncio.sleep(0.005)


SAID_UNDER = [(7, b"x"), (8, b"y"), (7, b"a"), (7, b"b")]
"""Packet numbers and payloads."""


@pytest.mark.anyio
async def test_a_broker_without_a_limit_is_held_back() -> None:
    """While too much waits for its acknowledgement nothing is read; afterwards all of it is heard, once."""
    numbers = range(1, 2_001)
    sent = [packets.publish(number, UP, b"x" * 1_000, retain=False, again=False, v5=False) for number in numbers]
    found: list[Delivery] = []
    back = bytearray()
    async with broker_that_sends(b"".join(sent), back) as address:
        link = MqttLink(address, found.append, version=MqttVersion.V3, window=10)
        link.start()
        await until(lambda: link.paused)
        assert len(found) < 2_000
        while len(found) < 2_000:
            first = len(found)
            for delivery in found:
                delivery.ack()
            await until(lambda before=first: len(found) > before)  # type: ignore[misc]
        for delivery in found:
            delivery.ack()
        wanted = b"".join(packets.puback(number) for number in numbers)
        await until(lambda: bytes(back) == wanted)
        link.stop()
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_a_message_that_comes_twice_while_it_is_at_hand_is_heard_and_acknowledged_once() -> None:
    """A second acknowledgement could be taken for one of another message, which has the number by then."""
    again = [packets.publish(7, UP, b"x", retain=False, again=dup, v5=False) for dup in (False, True)]
    other = packets.publish(8, UP, b"y", retain=False, again=False, v5=False)
    found: list[Delivery] = []
    back = bytearray()
    async with broker_that_sends(b"".join([*again, other]), back) as address:
        link = MqttLink(address, found.append, version=MqttVersion.V3)
        link.start()
        await until(lambda: len(found) == 2)
        for delivery in (*found, *found):
            delivery.ack()
        await until(lambda: bytes(back) == packets.puback(7) + packets.puback(8))
        link.stop()
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_a_number_that_is_in_use_still_holds_the_next_message_back_and_loses_none() -> None:
    """Mosquitto 2.0 sends more than 65,535 without waiting: another message under a number that is not acknowledged."""
    sent = [packets.publish(number, UP, said, retain=False, again=False, v5=False) for number, said in SAID_UNDER]
    found: list[Delivery] = []
    back = bytearray()
    async with broker_that_sends(b"".join(sent), back) as address:
        link = MqttLink(address, found.append, version=MqttVersion.V3)
        link.start()
        await until(lambda: len(found) == 2)
        for wanted in (b"xy", b"xya", b"xyab"):
            assert b"".join(one.payload for one in found) == wanted
            before = len(found)
            found[0].ack()
            found[-1].ack()
            await until(lambda before=before: len(found) > before or len(found) == 4)  # type: ignore[misc]
        await until(lambda: bytes(back) == b"".join(map(packets.puback, (7, 8, 7, 7))))
        link.stop()
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_acknowledgements_that_go_out_together_do_so_in_the_order_of_messages() -> None:
    """Whatever is done first: as MQTT has it (4.6)."""
    sent = [packets.publish(number, UP, b"x", retain=False, again=False, v5=False) for number in (7, 9, 8)]
    found: list[Delivery] = []
    back = bytearray()
    async with broker_that_sends(b"".join(sent), back) as address:
        link = MqttLink(address, found.append, version=MqttVersion.V3)
        link.start()
        await until(lambda: len(found) == 3)
        for number in (2, 0, 1):
            found[number].ack()
        await until(lambda: bytes(back) == b"".join(map(packets.puback, (7, 9, 8))))
        link.stop()
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_large_messages_are_held_back_before_they_are_many() -> None:
    """What waits for its acknowledgement fills no memory."""
    sent = [
        packets.publish(number, UP, b"x" * 1_000_000, retain=False, again=False, v5=False) for number in range(1, 81)
    ]
    found: list[Delivery] = []
    async with broker_that_sends(b"".join(sent), bytearray()) as address:
        link = MqttLink(address, found.append, version=MqttVersion.V3)
        link.start()
        await until(lambda: link.paused)
        assert len(found) <= WINDOW_BYTES // 1_000_000 + 1
        link.stop()
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_commands_have_connections_of_their_own(mosquitto: Callable[..., BrokerAddress]) -> None:
    """Whoever uses them sees one link: up when all are, and what is for one device arrives in order."""
    address = mosquitto("allow_anonymous true", "max_queued_messages 0")
    told: list[LinkState] = []
    heard: list[Delivery] = []
    links = BrokerLinks(address, heard.append, now=lambda: 1.0, client_id="house")
    links.on_change(lambda status: told.append(status.state))
    links.start()
    await until(lambda: links.status.state is LinkState.READY)
    for number in range(60):
        links.publish(f"callahead/v1/volta/car-{number % 20}/event", b"%d" % number)
    await until(lambda: len(heard) == 60)
    await links.stopped()
    await asyncio.sleep(0)
    for device in range(20):
        mine = [int(one.payload) for one in heard if one.topic == f"callahead/v1/volta/car-{device}/event"]
        assert mine == [device, device + 20, device + 40]
    assert (told.count(LinkState.READY), links.status.state) == (1, LinkState.STOPPED)


@pytest.mark.anyio
async def test_a_broker_that_speaks_nonsense_is_named() -> None:
    """The reason tells a broken broker from one that is away."""
    async with broker_that_sends(b"\x32\x01\x00", bytearray()) as address:
        link = MqttLink(address, lambda _: None, version=MqttVersion.V3)
        link.start()
        await until(lambda: link.status.state is LinkState.LOST)
        assert "no MQTT" in link.status.reason
        link.stop()
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_what_a_broker_does_not_take_is_not_called_delivered(
    mosquitto: Callable[..., BrokerAddress], tmp_path: Path
) -> None:
    """A refused publish must not look like success."""
    rights = tmp_path / "acl"
    rights.write_text("topic read #\ntopic write allowed\n")
    delivered: list[str] = []
    lines = ("allow_anonymous true", "max_queued_messages 9", f"acl_file {rights}")  # with 0 it hangs up instead
    link = MqttLink(mosquitto(*lines), lambda _: None)
    link.start()
    for topic in ("forbidden", "allowed"):
        link.publish(topic, b"x", delivered=lambda topic=topic: delivered.append(topic))  # type: ignore[misc]
    await until(lambda: bool(delivered))
    link.stop()
    await asyncio.sleep(0)
    assert delivered == ["allowed"]


@pytest.mark.anyio
async def test_tls_is_checked(
    mosquitto: Callable[..., BrokerAddress], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker whose certificate nobody vouches for is not trusted, and the reason says that."""
    identity = Authority(tmp_path / "ca").server(["localhost"])
    plain = mosquitto("allow_anonymous true", f"certfile {identity.certificate}", f"keyfile {identity.private_key}")
    address = BrokerAddress("localhost", plain.port, tls=True)
    link = MqttLink(address, lambda _: None, retry_from_s=0.05)
    link.start()
    await until(lambda: link.status.state is LinkState.LOST)
    assert "is not to be trusted" in link.status.reason
    monkeypatch.setenv("SSL_CERT_FILE", str(identity.authority))
    assert ssl.get_default_verify_paths().cafile == str(identity.authority)
    await until(lambda: link.status.state is LinkState.READY)
    link.stop()
    await asyncio.sleep(0)
