"""What a packet of MQTT 5 tells beside its contents: the properties (section 2.2.2), which 3.1.1 does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gateway.links.mqtt.protocol.framing import Malformed, read_length, write_length

Value = int | str | bytes | tuple[str, str]
Reader = Callable[[bytes, int], tuple[Value, int]]

CONTENT_TYPE, SESSION_EXPIRY, SERVER_KEEP_ALIVE = 0x03, 0x11, 0x13
REASON_STRING, RECEIVE_MAXIMUM, USER_PROPERTY, MAXIMUM_PACKET_SIZE = 0x1F, 0x21, 0x26, 0x27


def write_text(text: str) -> bytes:
    """Return a UTF-8 Encoded String (1.5.4). Raises ``ValueError`` for more than 65,535 bytes."""
    encoded = text.encode()
    if len(encoded) > 0xFFFF:  # noqa: PLR2004 - two bytes of length
        raise ValueError(f"{len(encoded)} bytes are too many for a text of MQTT")
    return len(encoded).to_bytes(2) + encoded


def write_properties(told: Iterable[tuple[int, bytes]]) -> bytes:
    """Return properties as they stand in a packet; each is its number and its value's bytes."""
    written = b"".join(bytes([number]) + value for number, value in told)
    return write_length(len(written)) + written


def read_properties(data: bytes, at: int, end: int) -> tuple[list[tuple[int, Value]], int]:
    """Return properties in their order, and where they end; ``end``: where the packet does. Raises ``Malformed``."""
    length, at = read_length(data, at)
    ends, found = at + length, []
    if not at or ends > end:
        raise Malformed("properties that are longer than their packet")
    while at < ends:
        number, reader = data[at], _READERS.get(data[at])
        if reader is None:
            raise Malformed(f"a property that MQTT does not know: {number:#04x}")
        value, at = reader(data, at + 1)
        found.append((number, value))
    if at != ends:
        raise Malformed("properties that end in the middle of one")
    return found, at


def _fixed(size: int) -> Reader:
    def read(data: bytes, at: int) -> tuple[Value, int]:
        return int.from_bytes(data[at : at + size]), at + size

    return read


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Bytes that are no UTF-8 are shown as such: a message of one sender must not end the connection for all others."""
    found, ends = _binary(data, at)
    return found.decode("utf-8", "replace"), ends


def _binary(data: bytes, at: int) -> tuple[bytes, int]:
    begins = at + 2
    ends = begins + int.from_bytes(data[at:begins])
    return data[begins:ends], ends


def _pair(data: bytes, at: int) -> tuple[tuple[str, str], int]:
    name, at = _text(data, at)
    value, at = _text(data, at)
    return (name, value), at


def _number(data: bytes, at: int) -> tuple[int, int]:
    value, ends = read_length(data, at)
    if not ends:
        raise Malformed("properties that end in the middle of one")
    return value, ends


_READERS: dict[int, Reader] = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), _fixed(1)),
    **dict.fromkeys((SERVER_KEEP_ALIVE, RECEIVE_MAXIMUM, 0x22, 0x23), _fixed(2)),
    **dict.fromkeys((0x02, SESSION_EXPIRY, 0x18, MAXIMUM_PACKET_SIZE), _fixed(4)),
    **dict.fromkeys((CONTENT_TYPE, 0x08, 0x12, 0x15, 0x1A, 0x1C, REASON_STRING), _text),
    **dict.fromkeys((0x09, 0x16), _binary),
    0x0B: _number,
    USER_PROPERTY: _pair,
}
"""Table 2-4: how each property's value is written."""
