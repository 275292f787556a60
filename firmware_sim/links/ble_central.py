"""A phone's Bluetooth: it looks for its car, connects, bonds, proves the key, and hands on what the car tells.

Written against bleak, with whichever backend it is given, as an app on a real phone's system would be against that.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from gateway.contract import gatt
from gateway.contract.frames import MessageKind
from gateway.contract.session import NONCE_BYTES, CentralSession, numbers

_log = logging.getLogger(__name__)

LOOKS_FOR_S = 10.0
CONNECTS_WITHIN_S = 8.0
WELCOMED_WITHIN_S = 5.0
PULSE_S, PULSES_MISSED = 15.0, 2
REST_S, REST_UP_TO_S = 0.5, 8.0
Relayed = Callable[[bytes, Callable[[], None]], None]
"""Takes an event and what acknowledges it; called on the loop's thread."""


@dataclass(slots=True)
class PhoneCentral:
    """``run`` it as a task. ``acknowledges`` off: a phone whose acknowledgements never arrive."""

    car: str
    key: bytes
    relayed: Relayed
    scanner: dict[str, Any]
    client: dict[str, Any]
    acknowledges: bool = True
    near: asyncio.Event = field(default_factory=asyncio.Event)
    """The phone is with its car: only then it looks for it."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _drawn: int = field(default_factory=lambda: secrets.randbelow(256))
    _owed: list[int] = field(default_factory=list)
    _something: asyncio.Event = field(default_factory=asyncio.Event)
    _heard_at: float = 0.0

    async def run(self) -> None:
        """Be connected to the car whenever it is near."""
        rest_s = REST_S
        while True:
            await self.near.wait()
            try:
                found = await BleakScanner.find_device_by_filter(
                    self._is_it, LOOKS_FOR_S, service_uuids=[gatt.SERVICE], **self.scanner
                )
                if found is None:
                    continue
                await self._speak(found)
                rest_s = REST_S
            except (BleakError, TimeoutError, OSError, EOFError) as error:
                _log.debug("%s: %s", self.car, error)
                rest_s = min(rest_s * 2, REST_UP_TO_S)
            await asyncio.sleep(rest_s)

    def _is_it(self, _device: BLEDevice, told: AdvertisementData) -> bool:
        records = map(gatt.read_advertised, told.manufacturer_data.values())
        return any(record and record.device_hash == gatt.device_hash(self.car) for record in records)

    async def _speak(self, device: BLEDevice) -> None:
        """Hold a session until the link is lost."""
        gone = asyncio.Event()
        options = {"timeout": CONNECTS_WITHIN_S, "pair": True, **self.client}
        async with BleakClient(device, lambda _: gone.set(), **options) as client:
            session = self._session(client)
            self._owed.clear()
            await client.start_notify(gatt.TELEMETRY, lambda _, value: self._notified(session, bytes(value)))
            await _write(client, gatt.COMMAND, session.opening())
            await self._welcomed(session)
            await _write(client, gatt.COMMAND, session.channel.pack(MessageKind.READY)[1])
            while not gone.is_set():
                await self._say_what_is_due(client, session)

    def _session(self, client: BleakClient) -> CentralSession:
        self._drawn = (self._drawn + 1) % 256
        self._heard_at = self._loop.time()
        room = gatt.room(client.mtu_size)
        return CentralSession(self._drawn, secrets.token_bytes(NONCE_BYTES), {self.car: self.key}.get, room)

    async def _welcomed(self, session: CentralSession) -> None:
        async with asyncio.timeout(WELCOMED_WITHIN_S):
            while session.device is None:
                if session.refused:
                    raise BleakError(session.refused)
                self._something.clear()
                await self._something.wait()

    async def _say_what_is_due(self, client: BleakClient, session: CentralSession) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PULSE_S):
                await self._something.wait()
        self._something.clear()
        silent_s = self._loop.time() - self._heard_at
        if silent_s > PULSE_S * (PULSES_MISSED + 1):
            raise BleakError("the car has fallen silent")
        if silent_s >= PULSE_S:
            await _write(client, gatt.COMMAND, session.channel.pack(MessageKind.PULSE)[1])
        if self._owed:
            owed, self._owed = self._owed, []
            await _write(client, gatt.ACKNOWLEDGEMENT, session.channel.pack(MessageKind.ACK, numbers(owed))[1])

    def _notified(self, session: CentralSession, frame: bytes) -> None:
        message = session.take(frame)
        if message:
            self._heard_at = self._loop.time()
        if message and message.kind is MessageKind.EVENT:
            self.relayed(message.body, self._acknowledge(session, message.number))
        elif message and message.kind is MessageKind.STATE:
            self._acknowledge(session, message.number)()  # the car's link to us is nobody else's business
        else:
            self._something.set()

    def _acknowledge(self, session: CentralSession, number: int) -> Callable[[], None]:
        """Return what acknowledges a message, from any thread, while its session lasts."""

        def owe() -> None:
            if self.acknowledges and session.session == self._drawn:
                self._owed.append(number)
                self._something.set()

        def acknowledge() -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(owe)

        return acknowledge


async def _write(client: BleakClient, characteristic: str, frames: list[bytes]) -> None:
    async with asyncio.timeout(CONNECTS_WITHIN_S):
        for frame in frames:
            await client.write_gatt_char(characteristic, frame, response=True)
