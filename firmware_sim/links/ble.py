"""A device as a Bluetooth LE peripheral, on a simulated radio or a real one that bumble drives.

The device's thread may be another one than the radio's loop: what comes from it is handed over with ``call_soon_threadsafe``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from bumble.att import ATT_Error, Attribute, AttributeValue
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.data_types import (
    CompleteListOf128BitServiceUUIDs,
    Flags,
    ManufacturerSpecificData,
)
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, Service
from bumble.hci import HCI_Error

from firmware_sim.device.uplink import Outgoing
from firmware_sim.links.radio_faults import RadioFaults
from firmware_sim.radio.peripheral import Peripheral
from gateway.contract import gatt

_log = logging.getLogger(__name__)

ADVERTISES_EVERY_MS = 200.0
LOOK_EVERY_S = 1.0
"""Between two looks at what is overdue."""
_READ, _NOTIFY = Characteristic.Properties.READ, Characteristic.Properties.NOTIFY
_WRITE = Characteristic.Properties.WRITE | Characteristic.Properties.WRITE_WITHOUT_RESPONSE
_BONDED = Attribute.Permissions.WRITEABLE | Attribute.Permissions.WRITE_REQUIRES_ENCRYPTION
_OPEN = Attribute.Permissions.WRITEABLE


def address_of(device: str) -> str:
    """Return a random static address for a device's radio, always the same (Core 5.4, Vol 6 Part B, 1.3.2.1)."""
    digits = bytearray(sha256(b"radio " + device.encode()).digest()[:6])
    digits[0] |= 0xC0
    return ":".join(f"{digit:02X}" for digit in digits)


@dataclass(slots=True)
class BlePeripheral:
    """Offers a device's telemetry to whoever knows its key. ``start`` it; it is an ``Uplink`` from then on.

    ``silence`` makes the radio deaf and dumb, as out of range. With ``bonded`` the central has to encrypt the link.
    """

    radio: Device
    peripheral: Peripheral
    now: Callable[[], float]
    silence: Callable[[bool], None] = lambda _silent: None
    bonded: bool = True
    faults: RadioFaults = field(default_factory=RadioFaults)
    connections: int = 0
    """Made so far."""
    _telemetry: Characteristic[bytes] = field(init=False)
    _connection: Connection | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _on: bool = False
    _advertised: bytes = b""
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _pump: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Set the services up; nothing is advertised before ``open``."""
        self.radio.add_services(self._services())
        self.radio.on(Device.EVENT_CONNECTION, self._connected)
        self._do(self._notify_what_is_due())

    async def close(self) -> None:
        """Take leave and stop."""
        self._on = False
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(BaseBumbleError, HCI_Error):
            if self._connection:
                await self._connection.disconnect()
            await self.radio.stop_advertising()

    def open(self, last_will: Outgoing) -> None:
        """Be in range. The last will stays here: the gateway tells by itself that a device is gone."""
        del last_will
        self._loop.call_soon_threadsafe(self._turn, True)  # noqa: FBT003 - on

    def send(self, outgoing: Outgoing) -> None:
        """Keep a message until it is acknowledged."""
        self._loop.call_soon_threadsafe(self._keep, outgoing)

    def cut(self) -> None:
        """Be out of range, without a goodbye."""
        self._loop.call_soon_threadsafe(self._turn, False)  # noqa: FBT003 - off

    def range(self, *, within: bool) -> None:
        """Come into range, or leave it."""
        self._loop.call_soon_threadsafe(self._turn, within)

    async def drop(self) -> None:
        """Break the connection, whatever is under way."""
        if self._connection:
            with suppress(BaseBumbleError, HCI_Error):
                await self._connection.disconnect()

    # --- in the loop --------------------------------------------------------------------------------------------------

    def _turn(self, on: bool) -> None:  # noqa: FBT001 - a switch
        self._on = on
        self.silence(not on)
        self._do(self._advertise() if on else self.drop())

    def _keep(self, outgoing: Outgoing) -> None:
        self.peripheral.keep(outgoing)
        self._pump.set()
        if self._on and self._connection is None and self._record() != self._advertised:
            self._do(self._advertise())

    def _record(self) -> bytes:
        return gatt.advertise(self.peripheral.device, fault=self.peripheral.fault_waits)

    async def _advertise(self) -> None:
        async with self._changing:
            if not self._on or self._connection is not None:
                return
            self._advertised = self._record()
            told = AdvertisingData(
                [
                    Flags(
                        AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
                    ),
                    CompleteListOf128BitServiceUUIDs([UUID(gatt.SERVICE)]),
                    ManufacturerSpecificData(gatt.NO_COMPANY, self._advertised),
                ]
            )
            with suppress(BaseBumbleError, HCI_Error):
                if self.radio.is_advertising:
                    await self.radio.stop_advertising()
                await self.radio.start_advertising(
                    advertising_data=bytes(told),
                    advertising_interval_min=ADVERTISES_EVERY_MS,
                    advertising_interval_max=ADVERTISES_EVERY_MS,
                )

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        self.connections += 1
        self.peripheral.connected(gatt.room(connection.att_mtu), self.now())
        connection.on(Connection.EVENT_DISCONNECTION, partial(self._disconnected, connection))

    def _disconnected(self, connection: Connection, _reason: int) -> None:
        if self._connection is connection:
            self._connection = None
            self.peripheral.lost()
        if self._on:
            self._do(self._advertise())

    def _written(self, connection: Connection, value: bytes) -> None:
        if connection is not self._connection:
            return
        frames = self.peripheral.written(bytes(value), self.now(), gatt.room(connection.att_mtu))
        if frames:
            self._do(self._notify(connection, frames))
        self._pump.set()

    async def _notify_what_is_due(self) -> None:
        """Notify as soon as there is something, and look now and then at what is overdue."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._pump.wait()
            self._pump.clear()
            connection = self._connection
            if connection is None:
                continue
            await self._notify(connection, self.peripheral.due(self.now()))
            if self.peripheral.given_up(self.now()):
                await self.drop()

    async def _notify(self, connection: Connection, frames: list[bytes]) -> None:
        with suppress(BaseBumbleError, ATT_Error, HCI_Error):
            for frame in frames:
                if connection is not self._connection:
                    return
                for _ in range(1 + self.faults.repeats()):
                    await self.radio.notify_subscriber(connection, self._telemetry, frame)
                if self.faults.breaks():
                    await connection.disconnect()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _services(self) -> list[Service]:
        writing: AttributeValue[Any] = AttributeValue(write=self._written)
        permission = _BONDED if self.bonded else _OPEN
        self._telemetry = Characteristic(gatt.TELEMETRY, _NOTIFY, Attribute.Permissions.READABLE, b"")
        ours: list[Characteristic[Any]] = [
            self._telemetry,
            Characteristic(gatt.ACKNOWLEDGEMENT, _WRITE, permission, writing),
            Characteristic(gatt.COMMAND, _WRITE, permission, writing),
        ]
        vendor = self.peripheral.device.partition("/")[0]
        told = {
            gatt.MANUFACTURER_NAME: vendor,
            gatt.MODEL_NUMBER: "simulated",
            gatt.SERIAL_NUMBER: self.peripheral.device,
            gatt.FIRMWARE_REVISION: "1",
        }
        about: list[Characteristic[Any]] = [
            Characteristic(uuid, _READ, Attribute.Permissions.READABLE, text.encode()) for uuid, text in told.items()
        ]
        return [Service(gatt.SERVICE, ours), Service(UUID.from_16_bits(0x180A), about)]
