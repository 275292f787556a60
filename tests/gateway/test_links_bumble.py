"""Bleak's own calls over bumble's link: what bleak promises holds on a simulated radio, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble.att import ATT_Error, Attribute, AttributeValue, ErrorCode
from bumble.core import UUID, AdvertisingData
from bumble.data_types import CompleteListOf128BitServiceUUIDs, CompleteLocalName
from bumble.device import Device
from bumble.gatt import Characteristic, Service

from firmware_sim.links.ether import Ether, Spot, radio, serve_radio
from gateway.links.ble.bumble_backend import BumbleAdapter, BumbleClient, BumbleScanner

pytestmark = pytest.mark.anyio
OURS, OTHER = "0a11ca11-0000-4000-8000-000000000001", "0a11ca11-0000-4000-8000-000000000002"
HERE = Spot(1.0)
READ, NOTIFY, WRITE, REFUSED, SLOW = (f"0a11ca11-0000-4000-8000-0000000000{n}" for n in ("11", "12", "13", "14", "15"))


@dataclass
class Server:
    """One peripheral with bumble's own GATT server."""

    device: Device
    written: list[bytes] = field(default_factory=list)
    notifying: Any = None

    @property
    def address(self) -> str:
        """Its address, as bleak tells it."""
        return self.device.random_address.to_string(with_type_qualifier=False)

    async def advertise(self, service: str = OURS) -> None:
        """Advertise a service."""
        told = AdvertisingData([CompleteLocalName("server"), CompleteListOf128BitServiceUUIDs([UUID(service)])])
        await self.device.start_advertising(
            advertising_data=bytes(told), advertising_interval_min=50, advertising_interval_max=50, auto_restart=True
        )


def services(server: Server, permission: Attribute.Permissions) -> Service:
    """Return what the server offers."""

    async def slow(_connection: object) -> bytes:
        await asyncio.sleep(20)
        return b""

    def refused(_connection: object) -> bytes:
        raise ATT_Error(ErrorCode.UNLIKELY_ERROR)

    properties, readable = Characteristic.Properties, Attribute.Permissions.READABLE
    server.notifying = Characteristic(NOTIFY, properties.NOTIFY, readable, b"")
    write: AttributeValue[Any] = AttributeValue(write=lambda _, value: server.written.append(bytes(value)))
    found: list[Characteristic[Any]] = [
        Characteristic(READ, properties.READ, permission, b"read me"),
        server.notifying,
        Characteristic(
            WRITE, properties.WRITE | properties.WRITE_WITHOUT_RESPONSE, Attribute.Permissions.WRITEABLE, write
        ),
        Characteristic(REFUSED, properties.READ, readable, AttributeValue(read=refused)),
        Characteristic(SLOW, properties.READ, readable, AttributeValue(read=slow)),
    ]
    return Service(OURS, found)


@dataclass
class Air:
    """An ether with peripherals and adapters."""

    ether: Ether
    stack: AsyncExitStack

    async def server(
        self,
        number: int = 1,
        spot: Spot = HERE,
        permission: Attribute.Permissions = Attribute.Permissions.READABLE,
    ) -> Server:
        """Put a peripheral there."""
        device, _ = await radio(self.ether, f"server-{number}", f"C0:00:00:00:00:{number:02X}", spot)
        server = Server(device)
        device.add_service(services(server, permission))
        return server

    async def adapter(self, number: int = 1, keys: str | None = None) -> BumbleAdapter:
        """Open an adapter, over TCP as another process would."""
        transport, moniker = await serve_radio(self.ether, f"adapter-{number}")
        self.stack.push_async_callback(transport.close)
        opened = await BumbleAdapter.open(moniker, f"C0:00:00:00:01:{number:02X}", keys)
        self.stack.push_async_callback(opened.close)
        return opened


@pytest.fixture
async def air() -> AsyncIterator[Air]:
    """An empty ether."""
    async with AsyncExitStack() as stack:
        yield Air(Ether(), stack)


async def soon(what: Callable[[], Any], within_s: float = 5.0) -> Any:
    """Return the first true answer."""
    async with asyncio.timeout(within_s):
        while not (found := what()):  # noqa: ASYNC110 - bumble tells of it in many ways
            await asyncio.sleep(0.005)
    return found


@asynccontextmanager
async def connected(server: Server, own: BumbleAdapter, **options: Any) -> AsyncIterator[BleakClient]:
    """Scan for a server and connect to it, by bleak."""
    found = await BleakScanner.find_device_by_address(server.address, timeout=5, backend=BumbleScanner, radio=own)
    assert found
    async with BleakClient(found, backend=BumbleClient, radio=own, **options) as client:
        yield client


async def test_a_scan_finds_what_offers_the_service_and_nothing_else(air: Air) -> None:
    """Name, address, RSSI by distance and service come with it."""
    near, far, stranger = await air.server(1), await air.server(2, Spot(20.0)), await air.server(3)
    own = await air.adapter()
    await asyncio.gather(near.advertise(), far.advertise(), stranger.advertise(OTHER))
    found = await BleakScanner.discover(0.5, return_adv=True, service_uuids=[OURS], backend=BumbleScanner, radio=own)
    assert set(found) == {near.address, far.address}
    told = found[near.address][1]
    assert (told.local_name, told.service_uuids) == ("server", [OURS])
    assert found[far.address][1].rssi < told.rssi - 20


async def test_nothing_is_heard_from_afar(air: Air) -> None:
    """What is below the receiver's sensitivity is not there."""
    server, own = await air.server(1, Spot(500.0)), await air.adapter()
    await server.advertise()
    assert await BleakScanner.discover(0.3, backend=BumbleScanner, radio=own) == []


async def test_connect_agrees_on_an_mtu_and_finds_the_services(air: Air) -> None:
    """The MTU is the largest there is; reads, writes and their refusals come as bleak says."""
    server, own = await air.server(), await air.adapter()
    await server.advertise()
    async with connected(server, own) as client:
        assert client.mtu_size == 517
        assert await client.read_gatt_char(READ) == b"read me"
        await client.write_gatt_char(WRITE, b"with", response=True)
        await client.write_gatt_char(WRITE, b"without", response=False)
        await soon(lambda: server.written == [b"with", b"without"])
        with pytest.raises(BleakGATTProtocolError):
            await client.read_gatt_char(REFUSED)
        with pytest.raises(BleakError, match="do not fit"):
            await client.write_gatt_char(WRITE, bytes(515), response=False)


async def test_notifications_come_in_order_until_they_are_not_wanted(air: Air) -> None:
    """A thousand of them, none lost."""
    server, own = await air.server(), await air.adapter()
    await server.advertise()
    came: list[bytes] = []
    async with connected(server, own) as client:
        await client.start_notify(NOTIFY, lambda _, value: came.append(bytes(value)))
        sent = [number.to_bytes(2, "little") * 10 for number in range(1_000)]
        for value in sent:
            await server.device.notify_subscribers(server.notifying, value)
        await soon(lambda: len(came) == len(sent))
        assert came == sent
        await client.stop_notify(NOTIFY)
        await server.device.notify_subscribers(server.notifying, b"late")
        assert await client.read_gatt_char(READ) == b"read me"
        assert came == sent


async def test_a_connect_to_who_is_absent_ends_and_the_adapter_goes_on(air: Air) -> None:
    """It ends, and the next connect works."""
    server, own = await air.server(), await air.adapter()
    with pytest.raises(BleakDeviceNotFoundError):
        await BleakClient("C0:DE:AD:00:00:01", timeout=0.3, backend=BumbleClient, radio=own).connect()
    await server.advertise()
    async with connected(server, own) as client:
        assert client.is_connected


async def test_a_lost_link_is_told_and_pending_requests_fail_at_once(air: Air) -> None:
    """A read under way does not wait its thirty seconds."""
    server, own = await air.server(), await air.adapter()
    await server.advertise()
    lost = asyncio.Event()
    async with connected(server, own, disconnected_callback=lambda _: lost.set()) as client:
        reading = asyncio.ensure_future(client.read_gatt_char(SLOW))
        await soon(lambda: server.device.connections)
        await next(iter(server.device.connections.values())).disconnect()
        async with asyncio.timeout(2):
            with pytest.raises(BleakError):
                await reading
            await lost.wait()
        assert not client.is_connected
        with pytest.raises(BleakError):
            await client.read_gatt_char(READ)


async def test_it_connects_again_and_again(air: Air) -> None:
    """The same client's peer, five times."""
    server, own = await air.server(), await air.adapter()
    await server.advertise()
    for _ in range(5):
        async with connected(server, own) as client:
            assert await client.read_gatt_char(READ) == b"read me"


async def test_bonding_opens_what_wants_encryption_and_is_remembered(air: Air, tmp_path: Any) -> None:
    """Unencrypted reads are refused; after pairing they pass, and the bond serves the next connection without pairing."""
    wants = Attribute.Permissions.READABLE | Attribute.Permissions.READ_REQUIRES_ENCRYPTION
    server, own = await air.server(permission=wants), await air.adapter(keys=str(tmp_path / "bonds.json"))
    await server.advertise()
    async with connected(server, own) as client:
        with pytest.raises(BleakGATTProtocolError):
            await client.read_gatt_char(READ)
    async with connected(server, own, pair=True) as client:
        assert await client.read_gatt_char(READ) == b"read me"
    paired: list[object] = []
    server.device.on("connection", lambda connection: connection.on("pairing", paired.append))
    async with connected(server, own, pair=True) as client:
        assert await client.read_gatt_char(READ) == b"read me"
    assert paired == []


async def test_who_forgot_the_bond_is_not_taken_for_bonded(air: Air) -> None:
    """A peer under the same address that lacks the bond's key does not get a link in the clear instead."""
    server, own = await air.server(), await air.adapter()
    await server.advertise()
    async with connected(server, own, pair=True):
        pass
    assert server.device.keystore
    await server.device.keystore.delete_all()
    with pytest.raises(BleakError):
        async with connected(server, own, pair=True):
            pass


async def test_two_adapters_reach_two_peripherals(air: Air) -> None:
    """Each has a connection of its own."""
    one, other = await air.server(1), await air.server(2)
    first, second = await air.adapter(1), await air.adapter(2)
    await asyncio.gather(one.advertise(), other.advertise())
    async with connected(one, first) as here, connected(other, second) as there:
        assert await here.read_gatt_char(READ) == await there.read_gatt_char(READ)


async def test_an_adapter_that_goes_away_fails_what_is_under_way(air: Air) -> None:
    """Its transport closes: nobody waits for an answer that cannot come."""
    server = await air.server()
    transport, moniker = await serve_radio(air.ether, "leaving")
    own = await BumbleAdapter.open(moniker, "C0:00:00:00:01:09")
    await server.advertise()
    client_ended = asyncio.Event()
    async with connected(server, own) as client:
        reading = asyncio.ensure_future(client.read_gatt_char(SLOW))
        await asyncio.sleep(0)
        assert transport.sink.transport  # type: ignore[attr-defined]
        transport.sink.transport.abort()  # type: ignore[attr-defined]
        async with asyncio.timeout(3):
            with pytest.raises(BleakError):
                await reading
        client_ended.set()
    assert client_ended.is_set()
    await transport.close()
