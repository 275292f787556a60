"""A session between a central and a device: both prove that they know the device's key, and every message is sealed. Pure.

1. The central writes ``OPEN``: protocol version (1 byte) and its nonce (16 bytes).
2. The device notifies ``WELCOME``: its nonce (16), its proof (16), its name ``vendor/device``.
3. The central writes ``READY``. From here on the device sends what it has, and takes commands.

The key (32 bytes) is drawn for the device, told to it where it is made or set up, and registered with the service, as its
MQTT password is. Proof and seals are HMAC-SHA256, cut to 16 and 8 bytes; each direction has a key of its own, made of the
device's key, both nonces and the name. A seal covers kind and number, and numbers only grow: what was recorded in another
session, by whomever, or a second time in this one, has no valid seal. This holds whatever the radio's own bonding is worth:
a platform may go on in the clear where a peer says it has forgotten the bond (BLESA, Wu et al., WOOT 2020).
"""

from __future__ import annotations

import hmac
import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from gateway.contract.frames import Cutter, Joiner, Message, MessageKind, session_of

KEY_BYTES, NONCE_BYTES, PROOF_BYTES, SEAL_BYTES = 32, 16, 16, 8
SPOKEN = 1
"""Version of the session's protocol."""
_UP, _DOWN, _WELCOME = b"callahead up", b"callahead down", b"callahead welcome"
_NUMBER = struct.Struct("<I")
_LABEL = struct.Struct("<BI")


class Forged(StrEnum):
    """Why a whole message was not believed."""

    SEAL = "seal"
    """It was not made by who it should come from, or not for this session."""
    REPLAYED = "replayed"
    """Its number was there before."""
    OUT_OF_TURN = "out-of-turn"
    """A message of a kind that has no place here."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What both sides of one session make of the device's key."""

    up: bytes
    down: bytes
    proof: bytes

    @classmethod
    def derive(cls, key: bytes, central_nonce: bytes, device_nonce: bytes, device: str) -> Keys:
        """Return the session's keys."""
        what = central_nonce + device_nonce + device.encode()
        up, down, proof = (hmac.digest(key, purpose + what, sha256) for purpose in (_UP, _DOWN, _WELCOME))
        return cls(up, down, proof[:PROOF_BYTES])


@dataclass(frozen=True, slots=True)
class Welcome:
    """How a device answers."""

    nonce: bytes
    proof: bytes
    device: str

    def encode(self) -> bytes:
        """Return the message's body."""
        return self.nonce + self.proof + self.device.encode()

    @classmethod
    def read(cls, body: bytes) -> Welcome | None:
        """Read a message's body; ``None`` where it is none."""
        try:
            device = body[NONCE_BYTES + PROOF_BYTES :].decode("ascii")
        except UnicodeDecodeError:
            return None
        if not device:
            return None
        return cls(body[:NONCE_BYTES], body[NONCE_BYTES : NONCE_BYTES + PROOF_BYTES], device)


@dataclass(slots=True)
class SecureChannel:
    """Both directions of one session, seen from one side: cuts and seals what goes out, joins and checks what comes in."""

    cutter: Cutter
    joiner: Joiner
    forged: Counter[Forged] = field(default_factory=Counter)
    _out: bytes | None = None
    _in: bytes | None = None
    _next: int = 0
    _heard: int = -1

    def seal_with(self, out: bytes, into: bytes) -> None:
        """Seal and check from now on."""
        self._out, self._in = out, into

    @property
    def sealed(self) -> bool:
        """Whether both sides have proved who they are."""
        return self._out is not None

    def pack(self, kind: MessageKind, body: bytes = b"") -> tuple[int, list[bytes]]:
        """Return the number of a new message and its frames."""
        number, self._next = self._next, self._next + 1
        if self._out is not None:
            body += _seal(self._out, kind, number, body)
        return number, self.cutter.cut(Message(kind, number, body))

    def unpack(self, frame: bytes) -> Message | None:
        """Take a frame; return the message that it completes, its seal checked and taken off."""
        message = self.joiner.take(frame)
        if message is None or self._in is None:
            return message
        body, seal = message.body[:-SEAL_BYTES], message.body[-SEAL_BYTES:]
        if not hmac.compare_digest(seal, _seal(self._in, message.kind, message.number, body)):
            self.disbelieve(Forged.SEAL)
            return None
        if message.number <= self._heard:
            self.disbelieve(Forged.REPLAYED)
            return None
        self._heard = message.number
        return Message(message.kind, message.number, body)

    def disbelieve(self, why: Forged) -> None:
        """Count a message that is not taken."""
        self.forged[why] += 1


def _seal(key: bytes, kind: MessageKind, number: int, body: bytes) -> bytes:
    return hmac.digest(key, _LABEL.pack(kind, number) + body, sha256)[:SEAL_BYTES]


def _channel(session: int, room: int, sequence: int = 0) -> SecureChannel:
    return SecureChannel(Cutter(session, room), Joiner(session, sequence))


@dataclass(slots=True)
class CentralSession:
    """The central's side: write ``opening``, give what is notified to ``take``, go on once it returns ``WELCOME``."""

    session: int
    """0 to 255, another one than before."""
    nonce: bytes
    key_of: Callable[[str], bytes | None]
    """The key of ``vendor/device``; ``None`` for one that nobody registered."""
    room: int
    device: str | None = None
    """Who the device has proved to be."""
    refused: str | None = None
    """Why the device was not believed."""
    channel: SecureChannel = field(init=False)

    def __post_init__(self) -> None:
        """Make the channel."""
        self.channel = _channel(self.session, self.room)

    def opening(self) -> list[bytes]:
        """Return the frames that begin the session."""
        return self.channel.pack(MessageKind.OPEN, bytes([SPOKEN]) + self.nonce)[1]

    def take(self, frame: bytes) -> Message | None:
        """Take a frame that was notified; return what may be believed. The first such message is ``WELCOME``."""
        message = self.channel.unpack(frame)
        if message is None:
            return None
        if self.device is None:
            return self._welcome(message)
        if message.kind not in _UPWARD:
            self.channel.disbelieve(Forged.OUT_OF_TURN)
            return None
        return message

    def _welcome(self, message: Message) -> Message | None:
        welcome = Welcome.read(message.body) if message.kind is MessageKind.WELCOME else None
        if welcome is None:
            self.channel.disbelieve(Forged.OUT_OF_TURN)
            return None
        key = self.key_of(welcome.device)
        if key is None:
            self._refuse(f"{welcome.device!r} has no key here")
            return None
        keys = Keys.derive(key, self.nonce, welcome.nonce, welcome.device)
        if not hmac.compare_digest(keys.proof, welcome.proof):
            self._refuse(f"it says it is {welcome.device!r}, and does not know that device's key")
            return None
        self.channel.seal_with(keys.down, keys.up)
        self.device = welcome.device
        return message

    def _refuse(self, why: str) -> None:
        self.refused = why
        self.channel.disbelieve(Forged.SEAL)


@dataclass(slots=True)
class DeviceSession:
    """The device's side, for one connection: give what is written to ``take``, and notify what it returns.

    ``ready`` turns true once the central has proved that it knows the key; until then the device tells nothing.
    """

    device: str
    key: bytes
    room: int
    nonce: Callable[[], bytes]
    """A new one for each session."""
    ready: bool = False
    channel: SecureChannel | None = None

    def take(self, frame: bytes) -> tuple[list[bytes], Message | None]:
        """Take a frame that was written; return what to notify at once, and a message that may be believed."""
        begun = session_of(frame)
        if begun:
            self.channel, self.ready = _channel(begun[0], self.room, begun[1]), False
        if self.channel is None:
            return [], None
        message = self.channel.unpack(frame)
        if message is None:
            return [], None
        if not self.channel.sealed:
            return self._answer(self.channel, message), None
        if message.kind not in _DOWNWARD:
            self.channel.disbelieve(Forged.OUT_OF_TURN)
            return [], None
        self.ready = True
        return [], message

    def _answer(self, made: SecureChannel, message: Message) -> list[bytes]:
        theirs = message.body[1:]
        if message.body[:1] != bytes([SPOKEN]) or len(theirs) != NONCE_BYTES:
            made.disbelieve(Forged.OUT_OF_TURN)
            return []
        ours = self.nonce()
        keys = Keys.derive(self.key, theirs, ours, self.device)
        _, frames = made.pack(MessageKind.WELCOME, Welcome(ours, keys.proof, self.device).encode())
        made.seal_with(keys.up, keys.down)
        return frames


_UPWARD = frozenset({MessageKind.EVENT, MessageKind.STATE, MessageKind.ACK, MessageKind.PULSE})
_DOWNWARD = frozenset(
    {MessageKind.READY, MessageKind.ACK, MessageKind.COMMAND, MessageKind.REJECTED, MessageKind.PULSE}
)


def numbers(messages: Iterable[int]) -> bytes:
    """Return the body of ``ACK``."""
    return b"".join(map(_NUMBER.pack, messages))


def read_numbers(body: bytes) -> list[int]:
    """Read the body of ``ACK``; an odd rest is left alone."""
    return [number for (number,) in _NUMBER.iter_unpack(body[: len(body) // _NUMBER.size * _NUMBER.size])]
