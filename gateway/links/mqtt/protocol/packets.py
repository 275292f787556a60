"""The packets that somebody needs who reads and sends with QoS 1: written and read, in 3.1.1 and 5 (chapter 3).

Only PUBLISH comes thousands of times a second, and is read without detours.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gateway.links.mqtt.protocol.framing import Malformed, framed, write_length
from gateway.links.mqtt.protocol.properties import (
    CONTENT_TYPE,
    MAXIMUM_PACKET_SIZE,
    REASON_STRING,
    RECEIVE_MAXIMUM,
    SERVER_KEEP_ALIVE,
    SESSION_EXPIRY,
    USER_PROPERTY,
    Value,
    read_properties,
    write_properties,
    write_text,
)
from gateway.links.mqtt.protocol.reasons import says, says_3_1_1

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE = 0x10, 0x20, 0x30, 0x40, 0x80
SUBACK, PINGREQ, DISCONNECT = 0x90, 0xC0, 0xE0
"""The upper half of a packet's first byte (table 2-1)."""
KIND = 0xF0
RETAIN_BIT, QOS_BITS, DUP_BIT = 0x01, 0x06, 0x08
"""In the lower half of a PUBLISH (3.3.1)."""
QOS_1 = 0x02
PING, LEAVE = bytes([PINGREQ, 0]), bytes([DISCONNECT, 0])
ALL_NUMBERS = 65_535
"""How many packet numbers there are; none is 0 (2.2.1)."""
LARGEST_TO_US = 1_200_000
"""Bytes of a packet that a broker may send us: it keeps what is larger from us, as MQTT 5 has it (3.1.2.11.4)."""
FOR_EVER = 0xFFFF_FFFF
"""Of an MQTT 5 session's expiry (3.1.2.11.2): never."""
_LEVELS = {False: 4, True: 5}
"""The protocol's version in a CONNECT (3.1.2.2): of 3.1.1, and of 5."""
_USER, _PASSWORD, _CLEAN = 0x80, 0x40, 0x02
"""Flags of a CONNECT (3.1.2.3)."""
_RESERVED = 0x02
"""What must stand in the lower half of a SUBSCRIBE's first byte (3.8.1)."""
Described = tuple[str | None, tuple[tuple[str, str], ...]]
"""Content type and user properties."""
PLAIN: Described = (None, ())
puback = partial(struct.Struct("!BBH").pack, PUBACK, 2)
"""Returns a PUBACK of a number: in both versions four bytes say that all is well."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects, and how much may be under way to us."""

    client_id: str
    username: str | None
    password: str | None
    keepalive_s: int
    receive_maximum: int = ALL_NUMBERS
    lasting: bool = True
    """The broker is to keep the session for ever, and go on with the one it has; or else to begin anew and keep nothing."""


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's answer to a CONNECT."""

    code: int
    says: str
    session_present: bool
    receive_maximum: int = ALL_NUMBERS
    keepalive_s: int | None = None
    """Where the broker wants another one."""


def connect(login: Login, *, v5: bool) -> bytes:
    """Return a CONNECT."""
    named, secret = login.username, login.password if login.username else None
    flags = (_USER if named else 0) | (_PASSWORD if secret is not None else 0) | (0 if login.lasting else _CLEAN)
    head = write_text("MQTT") + struct.pack("!BBH", _LEVELS[v5], flags, login.keepalive_s)
    texts = [login.client_id, *([named] if named else []), *([secret] if secret is not None else [])]
    return framed(CONNECT, head + (_asked(login) if v5 else b"") + b"".join(map(write_text, texts)))


def _asked(login: Login) -> bytes:
    expiry = [(SESSION_EXPIRY, FOR_EVER.to_bytes(4))] if login.lasting else []
    largest = (MAXIMUM_PACKET_SIZE, LARGEST_TO_US.to_bytes(4))
    return write_properties([*expiry, (RECEIVE_MAXIMUM, login.receive_maximum.to_bytes(2)), largest])


def subscribe(number: int, filters: Sequence[str], *, v5: bool) -> bytes:
    """Return a SUBSCRIBE with QoS 1 for all ``filters``."""
    wanted = b"".join(write_text(pattern) + b"\x01" for pattern in filters)
    return framed(SUBSCRIBE | _RESERVED, number.to_bytes(2) + (b"\x00" if v5 else b"") + wanted)


def publish(number: int, topic: str, payload: bytes, *, retain: bool, again: bool, v5: bool) -> bytes:
    """Return a PUBLISH with QoS 1."""
    rest = number.to_bytes(2) + (b"\x00" if v5 else b"") + payload
    return publish_head(topic, len(rest), retain=retain, again=again) + rest


def publish_head(topic: str, follows: int, *, retain: bool = False, again: bool = False) -> bytes:
    """Return a PUBLISH with QoS 1 up to its number, with which ``follows`` bytes begin."""
    head = PUBLISH | QOS_1 | (RETAIN_BIT if retain else 0) | (DUP_BIT if again else 0)
    name = write_text(topic)
    return bytes([head]) + write_length(len(name) + follows) + name


def number_at(data: bytes, head: int, begins: int) -> int:
    """Return where a packet's number stands: behind the topic in a PUBLISH, first in an acknowledgement."""
    return begins + 2 + (data[begins] << 8 | data[begins + 1]) if head & KIND == PUBLISH else begins


def read_publish(data: bytes, head: int, at: int, ends: int, *, v5: bool) -> tuple[str, int, Described, int]:
    """Return a message's topic, its number (0: QoS 0), what describes it, and where its payload begins.

    ``at`` and ``ends`` are those of the packet's body. Raises ``Malformed``.
    """
    if ends - at < 2:  # noqa: PLR2004 - the topic's length
        raise Malformed("a message without a topic")
    begins = at + 2 + (data[at] << 8 | data[at + 1])
    numbered = head & QOS_BITS
    if begins + (2 if numbered else 0) + v5 > ends:
        raise Malformed("a message that is longer than its packet")
    topic, number = data[at + 2 : begins].decode("utf-8", "replace"), 0
    if numbered:
        number = data[begins] << 8 | data[begins + 1]
        if not number or numbered == QOS_BITS:
            raise Malformed("a message numbered 0" if not number else "a message of a QoS that there is not: 3")
        begins += 2
    if not v5:
        return topic, number, PLAIN, begins
    if not data[begins]:
        return topic, number, PLAIN, begins + 1
    found, begins = read_properties(data, begins, ends)
    return topic, number, _described(found), begins


def _described(found: list[tuple[int, Value]]) -> Described:
    content_type, own = None, []
    for number, value in found:
        if number == CONTENT_TYPE and isinstance(value, str):
            content_type = value
        elif number == USER_PROPERTY and isinstance(value, tuple):
            own.append(value)
    return content_type, tuple(own)


def read_connack(body: bytes, *, v5: bool) -> Connack:
    """Read the answer to a CONNECT. Whoever does not know MQTT 5 answers in the form of 3.1.1. Raises ``Malformed``."""
    if len(body) < 2:  # noqa: PLR2004 - flags and code
        raise Malformed("a CONNACK without a code")
    present, code = bool(body[0] & 1), body[1]
    if not v5 or len(body) == 2:  # noqa: PLR2004
        return Connack(code, says_3_1_1(code), present)
    told = _told(body, 2)
    most, keepalive = told.get(RECEIVE_MAXIMUM, ALL_NUMBERS), told.get(SERVER_KEEP_ALIVE)
    assert isinstance(most, int)  # noqa: S101 - as the property's reader has it
    assert keepalive is None or isinstance(keepalive, int)  # noqa: S101 - likewise
    return Connack(code, says(code, told.get(REASON_STRING)), present, most, keepalive)


def read_suback(body: bytes, *, v5: bool) -> list[int]:
    """Return a reason code for each filter, in order. Raises ``Malformed``."""
    if len(body) < 3:  # noqa: PLR2004 - the number, and what is said
        raise Malformed("a SUBACK that answers nothing")
    return list(body[read_properties(body, 2, len(body))[1] if v5 else 2 :])


def read_puback(body: bytes) -> tuple[int, int]:
    """Return which PUBLISH of ours is answered, and the reason code; in 3.1.1 it is always 0. Raises ``Malformed``."""
    if len(body) < 2:  # noqa: PLR2004 - the number
        raise Malformed("a PUBACK without a number")
    return int.from_bytes(body[:2]), body[2] if len(body) > 2 else 0  # noqa: PLR2004 - behind the number


def read_disconnect(body: bytes) -> str:
    """Return why the broker takes leave (MQTT 5). Raises ``Malformed``."""
    if not body or not body[0]:
        return "Normal disconnection"
    return says(body[0], _told(body, 1).get(REASON_STRING) if len(body) > 1 else None)


def _told(body: bytes, at: int) -> dict[int, Value]:
    """Return a packet's properties by number; of those that stand more than once, the last."""
    return dict(read_properties(body, at, len(body))[0])
