"""Messages in frames: what one Bluetooth LE notification or write carries. Pure.

A frame is never longer than ``gatt.room`` of the MTU, and at least 20 bytes fit at any. Little-endian throughout:

    offset  0     1        2-3       then, in a message's first frame   then       last 2
            head  session  sequence  length (3) number (4) CRC-32 (4)   a chunk    CRC-16

- ``head``: bits 7-6 version (1), bit 5 first, bit 4 last, bits 3-0 the kind of message.
- ``session``: drawn by the central for each connection, so that a frame of an earlier one is told apart.
- ``sequence``: counts the frames of one direction from 0 and wraps. A hole is a lost frame, a number below is a repeat.
- ``length`` and CRC-32 (zlib) are the whole message's, ``number`` counts messages from 0.
- CRC-16 (polynomial 0x1021, initial 0xFFFF) covers everything before it.

A message that is not whole is dropped, never guessed at; its sender sends it again because nobody acknowledged it.
"""

from __future__ import annotations

import struct
from binascii import crc_hqx
from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from zlib import crc32

from gateway.contract.envelope import MAX_PAYLOAD

VERSION = 1
MAX_MESSAGE = MAX_PAYLOAD + 64
"""Bytes: the longest event and the seal behind it."""
SHORTEST_ROOM = 20
_HEAD = struct.Struct("<BBH")
_OPENING = struct.Struct("<HBII")
_CRC = struct.Struct("<H")
_FIRST, _LAST = 0x20, 0x10
_WRAP = 0x1_0000


class MessageKind(IntEnum):
    """What a message is."""

    OPEN = 1
    """Down, unsealed: the central begins a session."""
    WELCOME = 2
    """Up, unsealed: the device says who it is."""
    READY = 3
    """Down: the central has proved that it knows the key; empty."""
    EVENT = 4
    """Up: a CloudEvent, structured JSON."""
    STATE = 5
    """Up: what stands on ``…/state``."""
    ACK = 6
    """Either way: the numbers of messages that are stored for good, four bytes each."""
    COMMAND = 7
    """Down: a CloudEvent that the device should act on."""
    REJECTED = 8
    """Down: problem details for a message that was refused."""
    PULSE = 9
    """Either way, empty: are you there? The device answers one with one."""


class Defect(StrEnum):
    """What can be wrong with a frame or with the order of frames."""

    MALFORMED = "malformed"
    """Too short, an unknown version or an unknown kind."""
    CRC = "crc"
    OTHER_SESSION = "other-session"
    REPEATED = "repeated"
    LOST = "lost"
    """One or more frames before this one are missing."""
    NO_BEGINNING = "no-beginning"
    """It goes on with a message whose beginning is missing."""
    UNFINISHED = "unfinished"
    """A message begins while another is not at its end."""
    LENGTH = "length"
    """More or fewer bytes than its beginning said, or more than anybody may send."""
    MESSAGE_CRC = "message-crc"


@dataclass(frozen=True, slots=True)
class Message:
    """One message."""

    kind: MessageKind
    number: int
    """Counts the messages of one direction of one session."""
    body: bytes


@dataclass(slots=True)
class Cutter:
    """Cuts the messages of one direction of a session into frames of at most ``room`` bytes."""

    session: int
    """0 to 255."""
    room: int
    sequence: int = 0

    def cut(self, message: Message) -> list[bytes]:
        """Return the frames of a message, in order. Raises ``ValueError`` for one that is too long."""
        if len(message.body) > MAX_MESSAGE or self.room < SHORTEST_ROOM:
            raise ValueError(f"{len(message.body)} bytes in frames of {self.room}: at most {MAX_MESSAGE}, at least 20")
        frames: list[bytes] = []
        rest = _opening(message)
        first = True
        while first or rest:
            here = self.room - _HEAD.size - _CRC.size
            chunk, rest = rest[:here], rest[here:]
            frames.append(self._frame(message.kind | _FIRST * first | _LAST * (not rest), chunk))
            first = False
        return frames

    def _frame(self, head: int, chunk: bytes) -> bytes:
        covered = _HEAD.pack(VERSION << 6 | head, self.session, self.sequence) + chunk
        self.sequence = (self.sequence + 1) % _WRAP
        return covered + _CRC.pack(crc_hqx(covered, 0xFFFF))


def _opening(message: Message) -> bytes:
    length = len(message.body)
    return _OPENING.pack(length & 0xFFFF, length >> 16, message.number, crc32(message.body)) + message.body


@dataclass(slots=True)
class Joiner:
    """Puts the frames of one direction of a session together again. Nothing that arrives raises."""

    session: int
    sequence: int = 0
    """The next one expected."""
    defects: Counter[Defect] = field(default_factory=Counter)
    _begun: Message | None = None
    _length: int = 0
    _crc: int = 0
    _parts: list[bytes] = field(default_factory=list)
    _have: int = 0

    def take(self, frame: bytes) -> Message | None:
        """Take one frame; return the message that it completes, if any."""
        head = _checked(frame)
        if isinstance(head, Defect):
            self._drop(head)
            return None
        flags, session, sequence = head
        if session != self.session:
            self._drop(Defect.OTHER_SESSION)
            return None
        ahead = (sequence - self.sequence) % _WRAP
        if ahead >= _WRAP // 2:
            self._drop(Defect.REPEATED)
            return None
        self.sequence = (sequence + 1) % _WRAP
        if ahead:
            self._abandon(Defect.LOST)
        return self._join(flags, frame[_HEAD.size : -_CRC.size])

    def _join(self, flags: int, chunk: bytes) -> Message | None:
        kind = MessageKind(flags & 0x0F)
        if flags & _FIRST:
            if self._begun:
                self._abandon(Defect.UNFINISHED)
            chunk = self._begin(kind, chunk)
        if self._begun is None or self._begun.kind is not kind:
            self._abandon(Defect.NO_BEGINNING)
            return None
        self._have += len(chunk)
        if self._have > self._length:
            self._abandon(Defect.LENGTH)
            return None
        self._parts.append(chunk)
        return self._end() if flags & _LAST else None

    def _begin(self, kind: MessageKind, chunk: bytes) -> bytes:
        low, high, number, crc = _OPENING.unpack_from(chunk)
        self._begun, self._length, self._crc = Message(kind, number, b""), low | high << 16, crc
        if self._length > MAX_MESSAGE:
            self._abandon(Defect.LENGTH)
        return chunk[_OPENING.size :]

    def _end(self) -> Message | None:
        begun, body, length, crc = self._begun, b"".join(self._parts), self._length, self._crc
        self._forget()
        assert begun  # noqa: S101 - it was just added to
        if len(body) != length:
            self._drop(Defect.LENGTH)
            return None
        if crc32(body) != crc:
            self._drop(Defect.MESSAGE_CRC)
            return None
        return Message(begun.kind, begun.number, body)

    def _abandon(self, defect: Defect) -> None:
        self._forget()
        self._drop(defect)

    def _forget(self) -> None:
        self._begun, self._parts, self._have = None, [], 0

    def _drop(self, defect: Defect) -> None:
        self.defects[defect] += 1


def session_of(frame: bytes) -> tuple[int, int] | None:
    """Return session and sequence of a sound frame that begins with ``OPEN``: how a device learns of a new session."""
    head = _checked(frame)
    if isinstance(head, Defect) or head[0] & 0x0F != MessageKind.OPEN or not head[0] & _FIRST:
        return None
    return head[1], head[2]


def _checked(frame: bytes) -> tuple[int, int, int] | Defect:
    """Return flags, session and sequence of a frame, or what is wrong with it."""
    if len(frame) < _HEAD.size + _CRC.size:
        return Defect.MALFORMED
    (crc,) = _CRC.unpack_from(frame, len(frame) - _CRC.size)
    if crc_hqx(frame[: -_CRC.size], 0xFFFF) != crc:
        return Defect.CRC
    flags, session, sequence = _HEAD.unpack_from(frame)
    shortest = _HEAD.size + _OPENING.size * bool(flags & _FIRST) + _CRC.size
    if flags >> 6 != VERSION or flags & 0x0F not in _KINDS or len(frame) < shortest:
        return Defect.MALFORMED
    return flags, session, sequence


_KINDS = frozenset(MessageKind)
