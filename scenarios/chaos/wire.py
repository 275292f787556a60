"""Repeats and reorders the messages that pass a wire: in MQTT 3.1.1 and 5 alike. Pure, but for the dice it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from gateway.links.mqtt.protocol.framing import read_length
from gateway.links.mqtt.protocol.packets import DUP_BIT, KIND, PUBACK, PUBLISH, QOS_BITS, number_at

OURS_FROM, OURS_TO = 60_001, 65_535
"""Packet numbers of what we deliver again. A broker counts from 1 and does not come so far in a stage."""


def is_numbered(packet: bytes) -> bool:
    """Tell whether a packet is a message that wants to be acknowledged."""
    return packet[0] & KIND == PUBLISH and bool(packet[0] & QOS_BITS)


def number_of(packet: bytes) -> int:
    """Return a packet's number."""
    at = _number_at(packet)
    return int.from_bytes(packet[at : at + 2])


def again(packet: bytes, number: int) -> bytes:
    """Return a message as a broker delivers it once more, under another number."""
    at = _number_at(packet)
    return bytes([packet[0] | DUP_BIT]) + packet[1:at] + number.to_bytes(2) + packet[at + 2 :]


def _number_at(packet: bytes) -> int:
    return number_at(packet, packet[0], read_length(packet, 1)[1])


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
        if packet[0] & KIND == PUBACK and number_of(packet) in self._own:
            self._own.discard(number_of(packet))
            return []
        return [packet]

    def _copy(self, packet: bytes) -> bytes:
        number, self._next = self._next, self._next + 1 if self._next < OURS_TO else OURS_FROM
        self._own.add(number)
        self.repeated += 1
        return again(packet, number)
