"""MQTT's packets, as far as one must know them to repeat and reorder messages: the same in 3.1.1 and 5. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

PUBLISH, PUBACK = 3, 4
DUP = 0x08
_QOS = 0x06
_MORE = 0x80
_LONGEST_LENGTH = 4
OURS_FROM, OURS_TO = 60_001, 65_535
"""Packet numbers of what we deliver again. A broker counts from 1 and does not come so far in a stage."""


class Framing:
    """Cuts a stream into packets."""

    def __init__(self) -> None:
        self._left = b""

    def packets(self, data: bytes) -> list[bytes]:
        """Return the packets that are whole with ``data``."""
        self._left += data
        found: list[bytes] = []
        while (end := _end(self._left)) is not None and end <= len(self._left):
            found.append(self._left[:end])
            self._left = self._left[end:]
        return found


def _end(data: bytes) -> int | None:
    """Return where the first packet ends; ``None`` where its length cannot be read yet."""
    length = 0
    for place, byte in enumerate(data[1 : 1 + _LONGEST_LENGTH]):
        length |= (byte & (_MORE - 1)) << (7 * place)
        if not byte & _MORE:
            return 2 + place + length
    return None


def kind_of(packet: bytes) -> int:
    """Return what a packet is."""
    return packet[0] >> 4


def is_numbered(packet: bytes) -> bool:
    """Tell whether a packet is a message that wants to be acknowledged."""
    return kind_of(packet) == PUBLISH and bool(packet[0] & _QOS)


def number_at(packet: bytes) -> int:
    """Return where a packet's number stands: behind the topic in a message, first in an acknowledgement."""
    head = next(place for place in range(1, len(packet)) if not packet[place] & _MORE) + 1
    if kind_of(packet) != PUBLISH:
        return head
    return head + 2 + int.from_bytes(packet[head : head + 2])


def number_of(packet: bytes) -> int:
    """Return a packet's number."""
    at = number_at(packet)
    return int.from_bytes(packet[at : at + 2])


def again(packet: bytes, number: int) -> bytes:
    """Return a message as a broker delivers it once more, under another number."""
    at = number_at(packet)
    return bytes([packet[0] | DUP]) + packet[1:at] + number.to_bytes(2) + packet[at + 2 :]


@dataclass(slots=True)
class Repeater:
    """Repeats and reorders what a broker delivers, and keeps the acknowledgements of its own copies to itself."""

    dice: Random
    on: bool = False
    repeated: int = 0
    swapped: int = 0
    _held: list[bytes] = field(default_factory=list)
    """To go behind the next message."""
    _late: list[bytes] = field(default_factory=list)
    """To be delivered once more, much later."""
    _own: set[int] = field(default_factory=set)
    _next: int = OURS_FROM

    def down(self, packet: bytes) -> list[bytes]:
        """Return what is delivered in place of ``packet``."""
        if not (self.on and is_numbered(packet)):
            return [packet]
        if self.dice.random() < 0.3:  # noqa: PLR2004 - as good as any
            self._late.append(packet)
        if not self._held and self.dice.random() < 0.4:  # noqa: PLR2004
            self._held.append(packet)
            return []
        out = [packet, *self._held]
        self.swapped += len(self._held)
        self._held.clear()
        if self.dice.random() < 0.4:  # noqa: PLR2004
            out.append(self._copy(packet))
        return out

    def rest(self) -> list[bytes]:
        """Return what is still to be delivered when nothing follows."""
        out = [*self._held, *(self._copy(packet) for packet in self._late)]
        self._held.clear()
        self._late.clear()
        return out

    @property
    def waits(self) -> bool:
        """Is something held back?"""
        return bool(self._held or self._late)

    def up(self, packet: bytes) -> list[bytes]:
        """Return what the broker is to hear in place of ``packet``."""
        if kind_of(packet) == PUBACK and number_of(packet) in self._own:
            self._own.discard(number_of(packet))
            return []
        return [packet]

    def _copy(self, packet: bytes) -> bytes:
        number, self._next = self._next, self._next + 1 if self._next < OURS_TO else OURS_FROM
        self._own.add(number)
        self.repeated += 1
        return again(packet, number)
