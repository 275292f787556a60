"""MQTT as bytes: what is written is read back, wherever a network cuts it, and what is no MQTT is refused with a reason."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.framing import LONGEST, Framer, Malformed, framed, read_length, write_length
from gateway.links.mqtt.protocol.properties import (
    CONTENT_TYPE,
    REASON_STRING,
    USER_PROPERTY,
    read_properties,
    write_properties,
    write_text,
)
from gateway.links.mqtt.protocol.reasons import FAILURE, says

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBER = st.integers(1, packets.ALL_NUMBERS)


def fed(pieces: list[bytes]) -> list[bytes]:
    """Return the packets that a framer finds in pieces of bytes."""
    framer = Framer()
    return [whole[at:ends] for piece in pieces for whole, at, _, ends in framer.feed(piece)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


def only(packet: bytes) -> tuple[int, bytes]:
    """Return head and body of a packet."""
    ((whole, at, begins, ends),) = Framer().feed(packet)
    return whole[at], whole[begins:ends]


@given(value=st.integers(0, LONGEST))
def test_a_length_is_read_as_it_was_written(value: int) -> None:
    """In as many bytes as it takes, and no more."""
    written = write_length(value)
    assert read_length(written, 0) == (value, len(written))
    assert len(written) == 1 + (value > 127) + (value > 16_383) + (value > 2_097_151)
    assert read_length(written[:-1], 0) == (0, 0)


@pytest.mark.parametrize("value", [-1, LONGEST + 1])
def test_a_length_that_mqtt_cannot_say_is_not_written(value: int) -> None:
    """Nobody could read what followed."""
    with pytest.raises(ValueError, match=str(LONGEST)):
        write_length(value)


@given(
    sizes=st.lists(st.integers(0, 20_000) | st.sampled_from([127, 128, 16_383, 16_384]), min_size=1, max_size=6),
    places=st.lists(st.integers(0, 10**6), max_size=12),
)
def test_packets_are_the_same_however_their_bytes_are_cut(sizes: list[int], places: list[int]) -> None:
    """In the middle of a length, too."""
    sent = [framed(0x30 | size % 16, bytes([size % 251]) * size) for size in sizes]
    assert fed(cut(b"".join(sent), places)) == sent


@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=4), more=st.binary(max_size=8))
def test_what_is_whole_before_nonsense_is_still_taken(sizes: list[int], more: bytes) -> None:
    """And then it is said what is wrong."""
    sent = [framed(0x30, b"x" * size) for size in sizes]
    frames = Framer().feed(b"".join(sent) + b"\x30\xff\xff\xff\xff\x01" + more)
    assert [whole[at:ends] for whole, at, _, ends in islice(frames, len(sent))] == sent
    with pytest.raises(Malformed, match="a length of more than four bytes"):
        next(frames)


@given(number=NUMBER, topic=TEXT, payload=st.binary(max_size=500), retain=st.booleans(), v5=st.booleans())
def test_a_message_is_read_as_it_was_written(
    number: int, topic: str, payload: bytes, *, retain: bool, v5: bool
) -> None:
    """Topic, number, payload and whether it is retained."""
    head, body = only(packets.publish(number, topic, payload, retain=retain, again=True, v5=v5))
    found, told, described, begins = packets.read_publish(body, head, 0, len(body), v5=v5)
    assert (found, told, described, body[begins:]) == (topic, number, packets.PLAIN, payload)
    assert head == packets.PUBLISH | packets.QOS_1 | packets.DUP_BIT | retain
    at = packets.number_at(body, head, 0)
    assert int.from_bytes(body[at : at + 2]) == number


@given(content_type=TEXT, own=st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_properties_are_read_as_they_were_written(content_type: str, own: list[tuple[str, str]]) -> None:
    """In their order; a user property may stand more than once."""
    told = [(CONTENT_TYPE, write_text(content_type))]
    told += [(USER_PROPERTY, write_text(name) + write_text(value)) for name, value in own]
    written = write_properties(told)
    found, ends = read_properties(written, 0, len(written))
    assert (found, ends) == ([(CONTENT_TYPE, content_type), *((USER_PROPERTY, one) for one in own)], len(written))


@given(
    expiry=st.integers(0, 2**32 - 1), most=NUMBER, keepalive=st.integers(0, 65_535), reason=TEXT, present=st.booleans()
)
def test_a_connack_is_read_as_another_wrote_it(
    expiry: int, most: int, keepalive: int, reason: str, *, present: bool
) -> None:
    """By paho; what we have no use for is passed over."""
    told = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
    told.SessionExpiryInterval, told.ReceiveMaximum, told.ServerKeepAlive = expiry, most, keepalive
    told.ReasonString, told.MaximumQoS, told.TopicAliasMaximum = reason, 1, 7
    told.AssignedClientIdentifier, told.AuthenticationData = "somebody", b"\x00\x01"
    body = bytes([present, 0x97]) + told.pack()  # type: ignore[no-untyped-call]
    words = f"Quota exceeded ({reason})" if reason else "Quota exceeded"
    assert packets.read_connack(body, v5=True) == packets.Connack(0x97, words, present, most, keepalive)


def test_reasons_have_the_standards_names() -> None:
    """As paho has them, for every code that a client hears."""
    for kind in (PacketTypes.CONNACK, PacketTypes.PUBACK, PacketTypes.SUBACK, PacketTypes.DISCONNECT):
        for code in range(FAILURE, 256):
            try:
                words = str(ReasonCode(kind, identifier=code))
            except (KeyError, ValueError):
                continue
            assert says(code) == words
    refused = ["Unsupported protocol version", "Client identifier not valid", "Server unavailable"]
    refused += ["Bad user name or password", "Not authorized", "code 6"]
    assert [packets.read_connack(bytes([0, code]), v5=False).says for code in range(1, 7)] == refused


@pytest.mark.parametrize("v5", [False, True])
def test_a_login_says_who_connects_and_what_becomes_of_the_session(*, v5: bool) -> None:
    """A lasting session is kept for ever, another ends with its connection; a password goes with a name only."""
    _, body = only(packets.connect(packets.Login("me", "anna", "secret", 30, 4_000), v5=v5))
    largest = b"\x27\x00\x12\x4f\x80"
    asked = b"\x0d\x11\xff\xff\xff\xff\x21\x0f\xa0" + largest if v5 else b""
    names = b"\x00\x02me\x00\x04anna\x00\x06secret"
    assert body == b"\x00\x04MQTT" + bytes([4 + v5, 0xC0]) + b"\x00\x1e" + asked + names
    _, body = only(packets.connect(packets.Login("me", None, "secret", 0, lasting=False), v5=v5))
    asked = b"\x08\x21\xff\xff" + largest if v5 else b""
    assert body == b"\x00\x04MQTT" + bytes([4 + v5, 0x02]) + b"\x00\x00" + asked + b"\x00\x02me"


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (0x32, b"", "a message without a topic"),
        (0x32, b"\x00", "a message without a topic"),
        (0x32, b"\x00\x05abc", "longer than its packet"),
        (0x32, b"\x00\x01a\x00", "longer than its packet"),
        (0x32, b"\x00\x01a\x00\x01", "longer than its packet"),
        (0x32, b"\x00\x01a\x00\x00\x00", "a message numbered 0"),
        (0x36, b"\x00\x01a\x00\x01\x00", "a QoS that there is not"),
        (0x30, b"\x00\x01a\x05\x01", "properties that are longer than their packet"),
        (0x30, b"\x00\x01a\x80", "properties that are longer than their packet"),
        (0x30, b"\x00\x01a\x02\x7f\x00", "a property that MQTT does not know: 0x7f"),
        (0x30, b"\x00\x01a\x04\x03\x00\x09x", "properties that end in the middle of one"),
        (0x30, b"\x00\x01a\x02\x0b\x80", "properties that end in the middle of one"),
        (0x30, b"\x00\x01a\x06\x0b\xff\xff\xff\xff\x01", "a length of more than four bytes"),
    ],
)
def test_a_message_that_is_none_is_refused_with_its_reason(head: int, body: bytes, reason: str) -> None:
    """MQTT 5."""
    with pytest.raises(Malformed, match=reason):
        packets.read_publish(body, head, 0, len(body), v5=True)


@pytest.mark.parametrize("body", [b"", b"\x00"])
def test_an_answer_that_says_nothing_is_refused_with_its_reason(body: bytes) -> None:
    """CONNACK, SUBACK, PUBACK."""
    with pytest.raises(Malformed, match="a CONNACK without a code"):
        packets.read_connack(body, v5=True)
    with pytest.raises(Malformed, match="a SUBACK that answers nothing"):
        packets.read_suback(body, v5=True)
    with pytest.raises(Malformed, match="a PUBACK without a number"):
        packets.read_puback(body)


def test_a_broker_that_takes_leave_says_why() -> None:
    """In words, with its own where it adds some."""
    own = write_properties([(REASON_STRING, write_text("at midnight"))])
    assert packets.read_disconnect(b"") == packets.read_disconnect(b"\x00") == "Normal disconnection"
    assert packets.read_disconnect(b"\x8b" + own) == "Server shutting down (at midnight)"
    with pytest.raises(Malformed, match="longer than their packet"):
        packets.read_disconnect(b"\x8b" + own[:-1])


@given(noise=st.binary(max_size=60), v5=st.booleans())
def test_noise_is_refused_or_read_and_nothing_else(noise: bytes, *, v5: bool) -> None:
    """Whatever comes, no reader fails in another way, and none reads beyond what there is."""
    readers = (
        lambda: packets.read_publish(noise, 0x32, 0, len(noise), v5=v5)[3] <= len(noise),
        lambda: packets.read_connack(noise, v5=v5),
        lambda: packets.read_suback(noise, v5=v5) is not None,
        lambda: packets.read_puback(noise),
        lambda: packets.read_disconnect(noise),
    )
    for reader in readers:
        with suppress(Malformed):
            assert reader()


def test_a_text_that_is_too_long_is_not_written() -> None:
    """Its two bytes of length could not say it."""
    assert write_text("x" * 65_535)[:3] == b"\xff\xffx"
    with pytest.raises(ValueError, match="too many for a text"):
        write_text("x" * 65_536)
