"""A device's end of a Bluetooth LE link: what it keeps until it is acknowledged, and what it sends again. No radio here.

Whoever drives it has the connection: it tells when there is one, hands over what is written, and notifies what ``due``
returns. Times are seconds of any clock that does not go back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_sim.device.store import Store
from firmware_sim.device.uplink import Outgoing
from gateway.contract.frames import Message, MessageKind
from gateway.contract.session import DeviceSession, numbers, read_numbers
from gateway.contract.topics import Channel

WINDOW = 64
"""Messages that may be under way unacknowledged."""
AGAIN_AFTER_S, AGAIN_UP_TO_S = 10.0, 160.0
"""A message that is not acknowledged for so long is sent again, then after twice as long. A service stores it in well under
a second; a phone without coverage may take minutes."""
GIVES_UP_AFTER_S = 900.0
"""A central that acknowledges nothing for so long is left; another one, or the same, may connect."""
QUIET_AFTER_S = 60.0
"""A central that writes nothing for so long is gone, whatever the radio says."""
_DOWN = {MessageKind.COMMAND: Channel.COMMAND, MessageKind.REJECTED: Channel.REJECTED}


@dataclass(slots=True)
class _Sent:
    outgoing: Outgoing
    first: float
    """When it went out for the first time in this session."""
    again: float
    """When it is sent again."""


@dataclass(frozen=True, slots=True)
class DeviceListener:
    """Who is told what comes down."""

    heard: Callable[[Channel, bytes], None]
    """Takes channel (command or rejected) and payload."""
    acknowledged: Callable[[str], None]
    """Takes the key of an event that is stored for good."""


@dataclass(slots=True)
class Peripheral:
    """Keeps messages until the other side has stored them, across as many connections as it takes. Faults go first."""

    device: str
    key: bytes
    nonce: Callable[[], bytes]
    ears: DeviceListener
    store: Store = field(default_factory=lambda: Store(200))
    _session: DeviceSession | None = None
    _under_way: dict[int, _Sent] = field(default_factory=dict)
    _owed: list[int] = field(default_factory=list)
    """Commands taken and not acknowledged yet."""
    _pulse: bool = False
    _heard_at: float = 0.0

    @property
    def fault_waits(self) -> bool:
        """Whether something that must not be lost is unacknowledged."""
        kept = (*self.store.waiting, *(sent.outgoing for sent in self._under_way.values()))
        return any(one.key is not None and not one.perishable for one in kept)

    @property
    def outstanding(self) -> int:
        """How many messages nobody has acknowledged."""
        return len(self.store.waiting) + len(self._under_way)

    @property
    def ready(self) -> bool:
        """Whether the central has proved who it is."""
        return self._session is not None and self._session.ready

    def keep(self, outgoing: Outgoing) -> None:
        """Take a message; of states the newest is enough."""
        if outgoing.key is None:
            for older in [kept for kept in self.store.waiting if kept.key is None]:
                self.store.waiting.remove(older)
        self.store.keep(outgoing)

    def connected(self, room: int, now: float) -> None:
        """Somebody connected; frames may have ``room`` bytes."""
        self.lost()
        self._session = DeviceSession(self.device, self.key, room, self.nonce)
        self._heard_at = now

    def lost(self) -> None:
        """The link is gone: what was under way is sent again in the next session, in order."""
        self._session = None
        self.store.waiting.extendleft(sent.outgoing for sent in reversed(self._under_way.values()))
        self._under_way.clear()
        self._owed.clear()
        self._pulse = False

    def written(self, frame: bytes, now: float, room: int) -> list[bytes]:
        """Take what the central wrote; return what to notify at once."""
        if self._session is None:
            return []
        if not self._session.ready:
            self._session.room = room
        self._heard_at = now
        frames, message = self._session.take(frame)
        if message:
            self._hear(message)
        return frames

    def due(self, now: float) -> list[bytes]:
        """Return the frames to notify now: answers, what is overdue, and what waits and fits the window."""
        session = self._session
        if session is None or not session.ready or session.channel is None:
            return []
        frames: list[bytes] = []
        if self._owed:
            frames += session.channel.pack(MessageKind.ACK, numbers(self._owed))[1]
            self._owed.clear()
        if self._pulse:
            frames += session.channel.pack(MessageKind.PULSE)[1]
            self._pulse = False
        for number in [number for number, sent in self._under_way.items() if sent.again <= now]:
            sent = self._under_way.pop(number)
            frames += self._send(sent.outgoing, sent.first, now)
        while self.store.waiting and len(self._under_way) < WINDOW:
            frames += self._send(self.store.next(), now, now)
        return frames

    def given_up(self, now: float) -> bool:
        """Tell whether the central is to be left: it acknowledges nothing, or has fallen silent."""
        if self._session is None:
            return False
        stuck = any(now - sent.first >= GIVES_UP_AFTER_S for sent in self._under_way.values())
        return stuck or now - self._heard_at >= QUIET_AFTER_S

    def _send(self, outgoing: Outgoing, first: float, now: float) -> list[bytes]:
        assert self._session  # noqa: S101 - asked before
        assert self._session.channel  # noqa: S101 - likewise
        kind = MessageKind.STATE if outgoing.key is None else MessageKind.EVENT
        number, frames = self._session.channel.pack(kind, outgoing.payload)
        wait_s = min(max(AGAIN_AFTER_S, now - first), AGAIN_UP_TO_S)
        self._under_way[number] = _Sent(outgoing, first, now + wait_s)
        return frames

    def _hear(self, message: Message) -> None:
        if message.kind is MessageKind.ACK:
            for number in read_numbers(message.body):
                sent = self._under_way.pop(number, None)
                if sent and sent.outgoing.key:
                    self.ears.acknowledged(sent.outgoing.key)
        elif message.kind is MessageKind.PULSE:
            self._pulse = True
        elif message.kind in _DOWN:
            self.ears.heard(_DOWN[message.kind], message.body)
            self._owed.append(message.number)
