"""MQTT's frames, as the load generator writes and reads them: no more of it than it needs."""

from __future__ import annotations

from collections.abc import Iterator


def framed(first: int, body: bytes) -> bytes:
    """Return a packet."""
    return bytes([first, *length(len(body))]) + body


def length(value: int) -> Iterator[int]:
    """Yield a length's bytes."""
    while value > 127:  # noqa: PLR2004 - seven bits a byte
        yield value & 127 | 128
        value >>= 7
    yield value


def packets(unread: bytearray) -> list[tuple[int, bytes]]:
    """Take whole packets out of what has come: the upper half of the first byte, and the body of each."""
    found, at = [], 0
    while (told := _length_at(unread, at + 1)) is not None:
        size, begins = told
        if begins + size > len(unread):
            break
        found.append((unread[at] & 0xF0, bytes(unread[begins : begins + size])))
        at = begins + size
    del unread[:at]
    return found


def _length_at(data: bytearray, at: int) -> tuple[int, int] | None:
    value = 0
    for place, byte in enumerate(data[at : at + 4]):
        value |= (byte & 127) << (7 * place)
        if byte < 128:  # noqa: PLR2004 - the last one
            return value, at + place + 1
    return None
