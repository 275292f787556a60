"""How a stream of bytes is cut into packets: in 3.1.1 and 5 alike (section 2.1)."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors import LineError

MOST_LENGTH_BYTES = 4
"""Of a Variable Byte Integer (1.5.5)."""
LONGEST = 268_435_455
"""What four bytes can say."""
_MORE = 0x80
"""In each byte of a length: another one follows."""

Frame = tuple[bytes, int, int, int]
"""Bytes, and in them: where a packet begins, where its head is over and its body begins, where it ends."""


class Malformed(LineError):  # noqa: N818 - says what is wrong
    """The other side's fault: its bytes are no MQTT. Nothing after them can be read either."""


def framed(head: int, body: bytes) -> bytes:
    """Return a packet. Raises ``ValueError`` for more than ``LONGEST`` bytes."""
    return bytes([head]) + write_length(len(body)) + body


def write_length(value: int) -> bytes:
    """Return a number as one to four bytes. Raises ``ValueError`` where they cannot say it."""
    if not 0 <= value <= LONGEST:
        raise ValueError(f"{value} is not between 0 and {LONGEST}")
    written = bytearray()
    while value >= _MORE:
        written.append(value & ~_MORE & 0xFF | _MORE)
        value >>= 7
    written.append(value)
    return bytes(written)


def read_length(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to four bytes, and where it ends; ``(0, 0)`` where not all of it is there yet.

    Raises ``Malformed`` where a fifth would follow.
    """
    value = 0
    for place in range(MOST_LENGTH_BYTES):
        if at + place >= len(data):
            return 0, 0
        value |= (data[at + place] & 0x7F) << (7 * place)
        if data[at + place] < _MORE:
            return value, at + place + 1
    raise Malformed("a length of more than four bytes")


class Framer:
    """Gives back whole packets of what it is fed, however it was cut."""

    def __init__(self) -> None:
        self._begun = bytearray()
        """A packet of which the end has not come yet."""
        self._wanted = 0
        """How long it is going to be, as far as that can be told."""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield the packets that are whole with ``data``; take all of them. Raises ``Malformed`` behind the last good one."""
        if self._begun:
            self._begun += data
            if len(self._begun) < self._wanted:
                return
            data = bytes(self._begun)
            self._begun.clear()
        at, size = 0, len(data)
        self._wanted = 0
        while size - at > 1:
            length, begins = data[at + 1], at + 2
            if length >= _MORE:
                if begins < size and data[begins] < _MORE:  # two bytes, as of nearly all
                    length, begins = length & 0x7F | data[begins] << 7, at + 3
                else:
                    length, begins = read_length(data, at + 1)
                    if not begins:
                        break
            ends = begins + length
            if ends > size:
                self._wanted = ends - at
                break
            yield data, at, begins, ends
            at = ends
        self._begun += data[at:]
