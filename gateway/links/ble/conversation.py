"""One connection to one device over Bluetooth LE: opens the session, hands deliveries on, acknowledges, keeps the pulse.

It is written against bleak's client alone, so that a simulated radio and a real one are the same to it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from bleak import BleakClient
from bleak.exc import BleakError

from gateway.contract import gatt
from gateway.contract.frames import Message, MessageKind
from gateway.contract.session import CentralSession, numbers, read_numbers
from gateway.contract.topics import Channel, topic
from gateway.links.handover.delivery import Delivery

WELCOME_WITHIN_S = 10.0
PULSE_EVERY_S = 15.0
"""A device that was not heard for so long is asked whether it is there."""
PULSES_MISSED = 2
"""So many, and the link counts as lost. The platform's own supervision is quicker, where there is one."""
ACKS_AT_ONCE = 100
_CHANNELS = {MessageKind.EVENT: Channel.EVENT, MessageKind.STATE: Channel.STATE}


@dataclass(frozen=True, slots=True)
class Down:
    """A message of ours for a device."""

    channel: Channel
    payload: bytes
    delivered: Callable[[], None] | None = None


@dataclass(slots=True)
class Conversation:
    """``hold`` it until it ends. What is not acknowledged by the device then is in ``waiting``, to be said again.

    Everything happens in the loop's thread, but ``ack`` of a delivery, which any thread may call.
    """

    client: BleakClient
    session: CentralSession
    receive: Callable[[Delivery], None]
    now: Callable[[], float]
    """The hour that deliveries are stamped with, POSIX seconds."""
    pulse_s: float = PULSE_EVERY_S
    waiting: deque[Down] = field(default_factory=deque)
    heard_at: float = 0.0
    """By the loop's clock."""
    opened: asyncio.Future[str] = field(init=False)
    """The device's name, once it has proved who it is."""
    messages: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _something: asyncio.Event = field(default_factory=asyncio.Event)
    _owed: list[int] = field(default_factory=list)
    _under_way: dict[int, Down] = field(default_factory=dict)
    _ended: bool = False
    _pulsed: int = 0

    def __post_init__(self) -> None:
        """Nobody has proved anything yet."""
        self.opened = self._loop.create_future()
        self.heard_at = self._loop.time()

    def say(self, down: Down) -> None:
        """Send a message as soon as may be."""
        self.waiting.append(down)
        self._something.set()

    def end(self) -> None:
        """Have ``hold`` return."""
        self._ended = True
        self._something.set()

    @property
    def quiet_s(self) -> float:
        """Seconds since the device said anything."""
        return self._loop.time() - self.heard_at

    async def hold(self) -> None:
        """Speak until the link is lost or ``end`` is called. Raises ``BleakError`` where no session comes about."""
        try:
            await self.client.start_notify(gatt.TELEMETRY, self._notified)
            await self._write(gatt.COMMAND, self.session.opening(), response=True)
            await self._welcomed()
            await self._write(gatt.COMMAND, self.session.channel.pack(MessageKind.READY)[1], response=True)
            while not self._ended and self.client.is_connected:
                await self._say_what_is_due()
        finally:
            self._ended = True
            self.waiting.extendleft(reversed(self._under_way.values()))
            self._under_way.clear()
            self.opened.cancel()

    async def _welcomed(self) -> None:
        try:
            async with asyncio.timeout(WELCOME_WITHIN_S):
                while not self.opened.done() and self.client.is_connected and not self.session.refused:
                    await self._something.wait()
                    self._something.clear()
        except TimeoutError:
            raise BleakError(f"{self.client.address} does not welcome us") from None
        if self.session.refused:
            raise BleakError(f"{self.client.address}: {self.session.refused}")

    async def _say_what_is_due(self) -> None:
        """Wait for something to say, or for the next pulse, and say it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.05, self.pulse_s - self.quiet_s)):
                await self._something.wait()
        self._something.clear()
        if self._ended:
            return
        if self.quiet_s >= self.pulse_s * (self._pulsed + 1):
            await self._pulse()
        while self._owed:
            owed, self._owed = self._owed[:ACKS_AT_ONCE], self._owed[ACKS_AT_ONCE:]
            await self._write(gatt.ACKNOWLEDGEMENT, self.session.channel.pack(MessageKind.ACK, numbers(owed))[1])
        while self.waiting:
            down = self.waiting.popleft()
            kind = MessageKind.COMMAND if down.channel is Channel.COMMAND else MessageKind.REJECTED
            number, frames = self.session.channel.pack(kind, down.payload)
            self._under_way[number] = down
            await self._write(gatt.COMMAND, frames, response=True)

    async def _pulse(self) -> None:
        self._pulsed += 1
        if self._pulsed > PULSES_MISSED:
            raise BleakError(f"{self.client.address} has fallen silent")
        await self._write(gatt.COMMAND, self.session.channel.pack(MessageKind.PULSE)[1])

    async def _write(self, characteristic: str, frames: list[bytes], *, response: bool = False) -> None:
        async with asyncio.timeout(self.pulse_s * PULSES_MISSED):  # a device may vanish before it answers
            for frame in frames:
                await self.client.write_gatt_char(characteristic, frame, response=response)

    def _notified(self, _characteristic: object, value: bytearray) -> None:
        message = self.session.take(bytes(value))
        if message is None:
            if self.session.refused:
                self._something.set()
            return
        self.heard_at, self._pulsed = self._loop.time(), 0
        if message.kind is MessageKind.WELCOME:
            if not self.opened.done():
                self.opened.set_result(str(self.session.device))
            self._something.set()
        elif message.kind in _CHANNELS:
            self._hand_on(message)
        elif message.kind is MessageKind.ACK:
            self._delivered(read_numbers(message.body))

    def _hand_on(self, message: Message) -> None:
        self.messages += 1
        where = topic(str(self.session.device), _CHANNELS[message.kind])
        ack = partial(self._acknowledge_soon, message.number)
        self.receive(Delivery(where, message.body, retained=False, received_at=self.now(), ack=ack, door="ble"))

    def _acknowledge_soon(self, number: int) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._acknowledge, number)

    def _acknowledge(self, number: int) -> None:
        """What the message caused is stored: tell the device, if it is still there."""
        if not self._ended:
            self._owed.append(number)
            self._something.set()

    def _delivered(self, taken: list[int]) -> None:
        for number in taken:
            down = self._under_way.pop(number, None)
            if down and down.delivered:
                down.delivered()
