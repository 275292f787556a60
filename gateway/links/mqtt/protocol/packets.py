"""MQTT's packets as bytes, in 3.1.1 and 5: those that a service needs which reads and sends with QoS 1. No connection here.

Only PUBLISH comes thousands of times a second, and is read here without detours; the properties of all others are paho's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from paho.mqtt import MQTTException
from paho.mqtt.client import convert_connack_rc_to_reason_code
from paho.mqtt.enums import ConnackCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.errors import LineError

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP, DISCONNECT = 0x20, 0x30, 0x40, 0x90, 0xD0, 0xE0
"""The upper half of a packet's first byte."""
PING, LEAVE = b"\xc0\x00", b"\xe0\x00"
QOS_BITS, RETAIN_BIT, DUP_BIT = 0x06, 0x01, 0x08
FAILURE = 0x80
"""From here on a reason code says that something was not done."""
MOST_LENGTH_BYTES = 4
ALL_NUMBERS = 65_535
_FOR_EVER = 0xFFFF_FFFF
_CONTENT_TYPE, _USER_PROPERTY = 0x03, 0x26
_FIXED = {0x01: 1, 0x02: 4, 0x23: 2}
"""Properties of a PUBLISH with so many bytes: payload format, expiry, topic alias."""
_PREFIXED = {0x08, 0x09}
"""Response topic and correlation data: two bytes of length, then as many."""
_SUBSCRIPTION = 0x0B
Described = tuple[str | None, tuple[tuple[str, str], ...]]
"""Content type and user properties."""
_puback = struct.Struct("!BBH").pack


class Malformed(LineError):  # noqa: N818 - says what is wrong
    """The broker's fault: its bytes are no MQTT. Nothing after them can be read either."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects, and how much may be under way to us."""

    client_id: str
    username: str | None
    password: str | None
    keepalive_s: int
    receive_maximum: int


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
    """Return a CONNECT that asks for the session to be kept for ever."""
    flags = (0x80 if login.username else 0) | (0x40 if login.username and login.password is not None else 0)
    head = _text("MQTT") + struct.pack("!BBH", 5 if v5 else 4, flags, login.keepalive_s)
    asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    asked.SessionExpiryInterval = _FOR_EVER
    asked.ReceiveMaximum = login.receive_maximum
    body = head + (asked.pack() if v5 else b"") + _text(login.client_id)  # type: ignore[no-untyped-call]
    if login.username:
        body += _text(login.username) + (_text(login.password) if login.password is not None else b"")
    return _packet(0x10, body)


def subscribe(number: int, filters: Sequence[str], *, v5: bool) -> bytes:
    """Return a SUBSCRIBE with QoS 1 for all ``filters``."""
    wanted = b"".join(_text(pattern) + b"\x01" for pattern in filters)
    return _packet(0x82, number.to_bytes(2) + (b"\x00" if v5 else b"") + wanted)


def publish(number: int, topic: str, payload: bytes, *, retain: bool, again: bool, v5: bool) -> bytes:
    """Return a PUBLISH with QoS 1."""
    head = PUBLISH | 0x02 | (RETAIN_BIT if retain else 0) | (DUP_BIT if again else 0)
    return _packet(head, _text(topic) + number.to_bytes(2) + (b"\x00" if v5 else b"") + payload)


def puback(number: int) -> bytes:
    """Return a PUBACK: in both versions four bytes say that all is well."""
    return _puback(PUBACK, 2, number)


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to four bytes, and where it ends; ``(0, 0)`` where not all of it is there yet."""
    value = 0
    for place in range(MOST_LENGTH_BYTES):
        if at + place >= len(data):
            return 0, 0
        value |= (data[at + place] & 0x7F) << (7 * place)
        if data[at + place] < FAILURE:
            return value, at + place + 1
    raise Malformed("a length of more than four bytes")


def read_described(data: bytes, at: int, end: int) -> tuple[Described, int]:
    """Return content type and user properties of a PUBLISH in MQTT 5, and where its payload begins."""
    length, at = read_length(data, at)
    ends, content_type, own = at + length, None, []
    if not at or ends > end:
        raise Malformed("properties that are longer than their packet")
    while at < ends:
        kind, at = data[at], at + 1
        if kind == _CONTENT_TYPE:
            content_type, at = _read_text(data, at)
        elif kind == _USER_PROPERTY:
            name, at = _read_text(data, at)
            value, at = _read_text(data, at)
            own.append((name, value))
        else:
            at = _skipped(kind, data, at)
    if at != ends:
        raise Malformed("properties that end in the middle of one")
    return (content_type, tuple(own)), at


def read_connack(body: bytes, *, v5: bool) -> Connack:
    """Read the answer to a CONNECT. Whoever does not know MQTT 5 answers in the form of 3.1.1."""
    if len(body) < 2:  # noqa: PLR2004 - flags and code
        raise Malformed("a CONNACK without a code")
    present, code = bool(body[0] & 1), body[1]
    if not v5 or len(body) == 2:  # noqa: PLR2004
        known = code in set(map(int, ConnackCode))
        reason = str(convert_connack_rc_to_reason_code(ConnackCode(code))) if known else f"code {code}"
        return Connack(code, reason, present)
    told = _properties(PacketTypes.CONNACK, body[2:])
    keepalive = getattr(told, "ServerKeepAlive", None)
    return Connack(
        code, says(PacketTypes.CONNACK, code, told), present, getattr(told, "ReceiveMaximum", ALL_NUMBERS), keepalive
    )


def read_suback(body: bytes, *, v5: bool) -> list[int]:
    """Return a reason code for each filter, in order."""
    length, begins = read_length(body, 2) if v5 else (0, 2)
    return list(body[begins + length :])


def read_puback(body: bytes) -> tuple[int, int]:
    """Return which PUBLISH of ours is answered, and the reason code; in 3.1.1 it is always 0."""
    return int.from_bytes(body[:2]), body[2] if len(body) > 2 else 0  # noqa: PLR2004 - behind the number


def read_disconnect(body: bytes) -> str:
    """Return why the broker takes leave (MQTT 5)."""
    code = body[0] if body else 0
    return says(PacketTypes.DISCONNECT, code, _properties(PacketTypes.DISCONNECT, body[1:]) if len(body) > 1 else None)


def says(packet: int, code: int, told: Properties | None = None) -> str:
    """Return a reason code in words, with the broker's own where it adds some."""
    try:
        words = str(ReasonCode(packet, identifier=code))
    except (KeyError, AssertionError):
        words = f"code {code}"
    own = getattr(told, "ReasonString", "") if told is not None else ""
    return f"{words} ({own})" if own else words


def _properties(packet: int, data: bytes) -> Properties:
    try:
        told, _ = Properties(packet).unpack(data)  # type: ignore[no-untyped-call]
    except (MQTTException, IndexError, struct.error, UnicodeDecodeError) as error:
        raise Malformed(f"properties that cannot be read: {error}") from None
    return told  # type: ignore[no-any-return]


def _skipped(kind: int, data: bytes, at: int) -> int:
    if kind in _FIXED:
        return at + _FIXED[kind]
    if kind in _PREFIXED:
        return at + 2 + int.from_bytes(data[at : at + 2])
    if kind == _SUBSCRIPTION:
        return read_length(data, at)[1]
    raise Malformed(f"a property that no message has: {kind:#04x}")


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    """Bytes that are no UTF-8 are shown as such: a message of one sender must not end the connection for all others."""
    begins = at + 2
    ends = begins + int.from_bytes(data[at:begins])
    return data[begins:ends].decode("utf-8", "replace"), ends


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _packet(head: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while not length or left:
        left, low = divmod(left, 128)
        length.append(low | (0x80 if left else 0))
    return bytes([head]) + length + body
