"""What a client sends, with its topics as NATS takes them: of a PUBLISH, and of the last will in a CONNECT (MQTT 3.1.1).

Nothing else is changed, and what is no MQTT is passed on as it is, for NATS to refuse. Other packets need nothing: to a filter
with a space NATS says no (SUBACK 0x80), and goes on.
"""

from __future__ import annotations

import re

from gateway.access.nats_spelling import REFUSED, spelled
from gateway.links.mqtt.protocol.framing import Malformed, framed, read_length, write_length
from gateway.links.mqtt.protocol.packets import CONNECT, KIND, PUBLISH

LONGEST_CONNECT = 400_000
"""Bytes: five texts of 65,535 each, and what is between them. A longer one is none."""
_TO_SPELL = re.compile(b"[" + re.escape(REFUSED.encode()) + b"]").search
_WILL = 0x04
_LEVEL_3_1_1 = b"\x00\x04MQTT\x04"
_LONGEST_TEXT = 65_535


class Respelling:
    """Takes one client's bytes, however they are cut, and gives back what is to be passed on."""

    def __init__(self) -> None:
        self._held = b""
        """A packet's beginning, of which the topic, or the whole CONNECT, has not come yet."""
        self._passing: float = 0
        """So many bytes of a packet are still to be passed on as they are."""

    def feed(self, data: bytes) -> bytes:
        """Return what ``data`` brings to an end, and all that needs no more."""
        data = self._held + data if self._held else data
        out, at, unchanged = list[bytes](), 0, 0
        while True:
            passed = min(self._passing, len(data) - at)
            self._passing -= passed
            at += int(passed)
            try:
                found = _packet(data, at)
            except Malformed:
                self._passing = float("inf")
                continue
            if found is None or self._passing:
                break
            instead, ends, self._passing = found
            if instead is not None:
                out += (data[unchanged:at], instead)
                unchanged = ends
            at = ends
        self._held = data[at:]
        if not out and not self._held:
            return data
        return b"".join([*out, data[unchanged:at]])


_Found = tuple[bytes | None, int, int]
"""What to pass on instead, ``None`` for what is there; where that ends; and how much of the packet follows."""


def _packet(data: bytes, at: int) -> _Found | None:
    """Look at the beginning of a packet; ``None``: not enough of it is there. Raises ``Malformed``."""
    if len(data) - at < 2:  # noqa: PLR2004 - its kind, and the first byte of its length
        return None
    length, begins = read_length(data, at + 1)
    if not begins:
        return None
    kind, ends = data[at] & KIND, begins + length
    if kind == PUBLISH:
        return _publish(data, at, begins, ends)
    if kind == CONNECT and length <= LONGEST_CONNECT:
        if len(data) < ends:
            return None
        return _connect(data[at], data[begins:ends]), ends, 0
    return None, begins, length


def _publish(data: bytes, at: int, begins: int, ends: int) -> _Found | None:
    if ends - begins < 2:  # noqa: PLR2004 - the topic's length
        raise Malformed("a message without a topic")
    if len(data) < begins + 2:
        return None
    topic_ends = begins + 2 + (data[begins] << 8 | data[begins + 1])
    if topic_ends > ends:
        raise Malformed("a message that is longer than its packet")
    if len(data) < topic_ends:
        return None
    follows = ends - topic_ends
    if not _TO_SPELL(data, begins + 2, topic_ends):
        return None, topic_ends, follows
    name = _spelled(data[begins + 2 : topic_ends])
    return data[at : at + 1] + write_length(len(name) + follows) + name, topic_ends, follows


def _connect(head: int, body: bytes) -> bytes | None:
    """Return a CONNECT whose will has its topic spelled; ``None``: as it is."""
    flags_at = len(_LEVEL_3_1_1)
    if not body.startswith(_LEVEL_3_1_1) or len(body) <= flags_at or not body[flags_at] & _WILL:
        return None
    client_id_at = flags_at + 3
    topic_at = client_id_at + 2 + int.from_bytes(body[client_id_at : client_id_at + 2])
    topic_ends = topic_at + 2 + int.from_bytes(body[topic_at : topic_at + 2])
    if topic_ends > len(body) or not _TO_SPELL(body, topic_at + 2, topic_ends):
        return None
    return framed(head, body[:topic_at] + _spelled(body[topic_at + 2 : topic_ends]) + body[topic_ends:])


def _spelled(topic: bytes) -> bytes:
    """Return a topic with its length before it; one that would grow too long for that stays as it is."""
    try:
        written = spelled(topic.decode()).encode()
    except UnicodeDecodeError:  # which NATS refuses in any case
        written = topic
    written = written if len(written) <= _LONGEST_TEXT else topic
    return len(written).to_bytes(2) + written
