"""Bleak on google/bumble: scanner and client that ``bleak`` takes as ``backend=``, over any HCI that bumble opens.

A simulated radio is reached this way (``tcp-client:127.0.0.1:4711``), and so is a real controller that the operating system
does not hold (``hci-socket:0``, ``usb:0``, ``serial:…``). What bleak promises and bumble alone does not give: one connect
at a time, each with an end; requests that fail at once when the link is lost; bonds that are used again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar, cast

from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble import core
from bumble.att import ATT_Error
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address, HCI_AclDataPacket, HCI_Error, HCI_Event, HCI_Packet
from bumble.host import Host
from bumble.keys import JsonKeyStore
from bumble.transport import open_transport
from bumble.transport.common import Transport

MTU = 517
"""Asked for; the peer may grant less."""
REQUEST_S = 10.0
"""For pairing, and for what a peer has to answer while a connection is made."""
_NO_RESPONSE = 3
"""Bytes that a write without response needs of the MTU."""
_UUIDS = (
    AdvertisingData.Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)
Answer = TypeVar("Answer")


class BumbleAdapter:
    """One adapter, shared by a scanner and any number of clients. ``open`` it, ``close`` it."""

    def __init__(self, device: Device, transport: Transport | None = None) -> None:
        self.device = device
        self.connecting = asyncio.Lock()
        self.lost = asyncio.Event()
        """The way to the controller is gone: nothing works any more."""
        self._transport = transport

    @classmethod
    async def open(cls, moniker: str, address: str, keys: str | None = None) -> BumbleAdapter:
        """Open a controller by bumble's moniker, with a random static address, and power it on.

        ``keys`` is the file that bonds are kept in; without it they are forgotten with the process.
        Raises whatever the transport does where there is none: ``OSError``, ``ValueError``, ``bumble.core.BaseBumbleError``.
        """
        transport = await open_transport(moniker)
        config = DeviceConfiguration(name="callahead", address=Address(address), gatt_service_enabled=False)
        device = Device(config=config, host=_PlainHost(transport.source, transport.sink))
        radio = cls(device, transport)
        transport.source.terminated.add_done_callback(lambda _: radio.lost.set())
        if keys:
            device.keystore = JsonKeyStore(address, keys)
        try:
            async with asyncio.timeout(REQUEST_S):
                await device.power_on()
        except BaseException:
            await transport.close()
            raise
        return radio

    async def close(self) -> None:
        """Let every peer go and close the controller."""
        for connection in list(self.device.connections.values()):
            with _Quiet():
                await connection.disconnect()
        if self._transport:
            await self._transport.close()
        self.lost.set()


class BumbleScanner(BaseBleakScanner):
    """``BleakScanner(…, backend=BumbleScanner, radio=radio)``."""

    def __init__(
        self,
        detection_callback: Callable[[BLEDevice, AdvertisementData], Any] | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        *,
        radio: BumbleAdapter,
        **_platform: object,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._device = radio.device
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        """Scan."""
        self.seen_devices = {}
        self._device.on(Device.EVENT_ADVERTISEMENT, self._heard)
        await self._device.start_scanning(active=self._active, filter_duplicates=False)

    async def stop(self) -> None:
        """Scan no more."""
        self._device.remove_listener(Device.EVENT_ADVERTISEMENT, self._heard)
        await self._device.stop_scanning()

    def _heard(self, heard: Advertisement) -> None:
        found = [_text(uuid) for kind in _UUIDS for uuid in cast("list[UUID]", heard.data.get(kind) or [])]
        if not self.is_allowed_uuid(found):
            return
        name = heard.data.get(AdvertisingData.Type.COMPLETE_LOCAL_NAME)
        maker = heard.data.get(AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA)
        made = {maker[0]: bytes(maker[1])} if maker else {}
        told = AdvertisementData(name, made, {}, found, heard.tx_power, heard.rssi, (heard,))
        address = heard.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(address, address, name, heard.address, told)
        self.call_detection_callbacks(device, told)


class BumbleClient(BaseBleakClient):
    """``BleakClient(device, backend=BumbleClient, radio=radio)``."""

    def __init__(self, address_or_ble_device: BLEDevice | str, *, radio: BumbleAdapter, **options: Any) -> None:
        super().__init__(address_or_ble_device, **options)
        self._radio = radio
        self._connection: Connection | None = None
        self._lost = asyncio.Event()
        known = getattr(address_or_ble_device, "details", None)
        self._peer = known if isinstance(known, Address) else Address(self.address)
        self._name = getattr(address_or_ble_device, "name", None) or self.address
        self._notified: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """As it was advertised."""
        return str(self._name)

    @property
    def mtu_size(self) -> int:
        """ATT_MTU of the connection."""
        return int(self._there().att_mtu)

    @property
    def is_connected(self) -> bool:
        """Whether the link stands."""
        return self._connection is not None

    async def connect(self, pair: bool, **_options: object) -> None:  # noqa: FBT001 - bleak's signature
        """Connect, bond where wanted, agree on an MTU and look the services up. Raises ``BleakError``."""
        async with self._radio.connecting:  # a controller makes one connection at a time
            self._connection = await self._made()
        self._lost.clear()
        self._connection.on(Connection.EVENT_DISCONNECTION, self._gone)
        try:
            async with asyncio.timeout(REQUEST_S):
                if pair:
                    await self.pair()
                peer = Peer(self._there())
                await self._asked(peer.request_mtu(MTU))
                self.services = await self._asked(self._discover(peer))
        except TimeoutError:
            await self.disconnect()
            raise BleakError(f"{self.address} does not answer") from None
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """Take leave."""
        if self._connection:
            with _Quiet():
                await self._connection.disconnect()
            if not self._lost.is_set():
                self._gone()

    async def pair(self, *_args: object, **_options: object) -> None:
        """Encrypt the link: with the bond there is, or with a new one (LE Secure Connections). Raises ``BleakError``."""
        connection, keys = self._there(), self._radio.device.keystore
        bond = await keys.get(str(connection.peer_address)) if keys else None
        async with asyncio.timeout(REQUEST_S):
            if bond:
                try:
                    await self._asked(connection.encrypt())
                except BleakError:  # the peer has forgotten the bond
                    if keys:
                        await keys.delete(str(connection.peer_address))
                    raise
            else:
                await self._asked(connection.pair())

    async def unpair(self) -> None:
        """Forget the bond."""
        if self._radio.device.keystore:
            await self._radio.device.keystore.delete(str(self._peer))

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_options: object
    ) -> bytearray:
        """Read a characteristic."""
        del use_cached
        return bytearray(await self._asked(characteristic.obj.read_value()))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_options: object
    ) -> bytearray:
        """Read a descriptor."""
        del use_cached
        return bytearray(await self._asked(descriptor.obj.read_value()))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:  # noqa: FBT001, ANN401 - bleak's signature
        """Write a characteristic."""
        if not response and len(data) > self.mtu_size - _NO_RESPONSE:
            raise BleakError(f"{len(data)} bytes do not fit a write without response at an MTU of {self.mtu_size}")
        await self._asked(characteristic.obj.write_value(bytes(data), with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:  # noqa: ANN401 - bleak's signature
        """Write a descriptor."""
        await self._asked(descriptor.obj.write_value(bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_options: object
    ) -> None:
        """Subscribe."""

        def notified(value: bytes) -> None:
            callback(bytearray(value))

        self._notified[characteristic.handle] = notified
        await self._asked(characteristic.obj.subscribe(notified))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        notified = self._notified.pop(characteristic.handle)
        await self._asked(characteristic.obj.unsubscribe(notified))

    async def _made(self) -> Connection:
        try:
            return await self._radio.device.connect(self._peer, timeout=self._timeout)
        except (core.TimeoutError, TimeoutError) as error:
            raise BleakDeviceNotFoundError(self.address, f"{self.address} was not found in time") from error
        except (core.BaseBumbleError, HCI_Error) as error:
            raise BleakError(f"no connection to {self.address}: {error}") from error

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for service in await peer.discover_services():
            known = BleakGATTService(service, service.handle, _text(service.uuid))
            found.add_service(known)
            for each in await service.discover_characteristics():
                characteristic = self._characteristic(each, known)
                found.add_characteristic(characteristic)
                for one in await each.discover_descriptors():
                    found.add_descriptor(BleakGATTDescriptor(one, one.handle, _text(one.type), characteristic))
        return found

    def _characteristic(self, found: CharacteristicProxy[bytes], service: BleakGATTService) -> BleakGATTCharacteristic:
        longest = partial(self._longest_without_response)
        properties = list(gatt_char_props_to_strs(found.properties))
        return BleakGATTCharacteristic(found, found.handle, _text(found.uuid), properties, longest, service)

    def _longest_without_response(self) -> int:
        return self.mtu_size - _NO_RESPONSE

    def _there(self) -> Connection:
        if self._connection is None:
            raise BleakError(f"{self.address} is not connected")
        return self._connection

    def _gone(self, *_reason: object) -> None:
        self._connection = None
        self._lost.set()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def _asked(self, request: Coroutine[Any, Any, Answer]) -> Answer:
        """Await a request, and no longer than the link lasts: bumble alone would wait its 30 s."""
        if self._connection is None or self._radio.lost.is_set():
            request.close()
            raise BleakError(f"{self.address} is not connected")
        asked = asyncio.ensure_future(request)
        ends = [asyncio.ensure_future(self._lost.wait()), asyncio.ensure_future(self._radio.lost.wait())]
        try:
            await asyncio.wait([asked, *ends], return_when=asyncio.FIRST_COMPLETED)
            if not asked.done() or asked.cancelled():  # bumble cancels what waits on a lost link
                raise BleakError(f"the link to {self.address} was lost")
            return asked.result()
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except (core.BaseBumbleError, HCI_Error, asyncio.InvalidStateError) as error:
            raise BleakError(f"{self.address}: {error}") from error
        finally:
            for task in (asked, *ends):
                task.cancel()


class _PlainHost(Host):
    """Bumble's host without its descriptions of every packet, which cost more than all the rest and go to no log."""

    def on_hci_packet(self, packet: HCI_Packet) -> None:
        """Take what the controller says."""
        match packet:
            case HCI_AclDataPacket():
                self.on_hci_acl_data_packet(packet)
            case HCI_Event():
                self.on_hci_event_packet(packet)
            case _:
                super().on_hci_packet(packet)

    def send_hci_packet(self, packet: HCI_Packet) -> None:
        """Tell the controller."""
        if self.hci_sink:
            self.hci_sink.on_packet(bytes(packet))


class _Quiet:
    """Leave aside what a link that is going anyway complains of."""

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Pass cancellations on."""
        return isinstance(error, (core.BaseBumbleError, HCI_Error, TimeoutError, asyncio.InvalidStateError))


def _text(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))
