"""OBD dongles over bumble's link: every service in the field, 20 bytes at a time, and printers left alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from bumble.att import Attribute, AttributeValue
from bumble.core import UUID, AdvertisingData
from bumble.data_types import CompleteListOf128BitServiceUUIDs, IncompleteListOf16BitServiceUUIDs
from bumble.device import Device
from bumble.gatt import Characteristic, Service

from firmware_sim.links.ether import Ether, radio, serve_radio
from gateway.contract.messages import parse_event
from gateway.devices.registry import DeviceRecord, Registry
from gateway.kinds.car.messages import VehicleFaultEvent, VehicleStatusEvent
from gateway.links.ble.adapter import Adapter
from gateway.links.ble.dongles import PROFILES, Dongles
from gateway.links.ble.link import BleLink
from gateway.links.handover.delivery import Delivery

pytestmark = pytest.mark.anyio
ADDRESS, STRANGER = "C0:00:00:00:03:01", "C0:00:00:00:03:02"
PROPERTIES, WRITEABLE = Characteristic.Properties, Attribute.Permissions.WRITEABLE
CAR = {
    "ATI": "ELM327 v1.5",
    "ATRV": "11.4V",
    "0100": "SEARCHING...\r7E8064100BE3FA813",
    "0101": "7E8064101810 7E100",
    "03": "7E80443010562",
    "07": "7E8024700",
    "0902": "7E81014490201314434\r7E82147503030523535\r7E82242313233343536",
    "010C": "7E804410C1AF8",
    "020200": "7E8054202000562",
    "020C00": "7E805420C000BB8",
}


@dataclass
class Gadget:
    """Something with a dongle's service: it answers by a table, or not at all."""

    device: Device
    answers: dict[str, str] | None
    asked: list[str] = field(default_factory=list)
    connected: int = 0
    _line: bytes = b""
    _out: Any = None

    def services(self, service: str) -> Service:
        """Return the service with its one or two characteristics."""
        profile = PROFILES[service]
        takes: AttributeValue[Any] = AttributeValue(write=self._written)
        writing = PROPERTIES.WRITE_WITHOUT_RESPONSE
        if profile.notify == profile.write:
            self._out = Characteristic(UUID(profile.notify), PROPERTIES.NOTIFY | writing, WRITEABLE, takes)
            return Service(UUID(service), [self._out])
        self._out = Characteristic(UUID(profile.notify), PROPERTIES.NOTIFY, Attribute.Permissions.READABLE, b"")
        return Service(UUID(service), [self._out, Characteristic(UUID(profile.write), writing, WRITEABLE, takes)])

    async def _written(self, connection: Any, value: bytes) -> None:
        self._line += value
        if self.answers is None or not self._line.endswith(b"\r"):
            self.asked.append(value.decode())
            return
        command, self._line = self._line.decode().strip(), b""
        self.asked.append(command)
        default = "OK" if command.startswith("AT") else "NO DATA"
        text = f"{self.answers.get(command, default)}\r\r>".encode()
        for at in range(0, len(text), 20):
            await self.device.notify_subscriber(connection, self._out, text[at : at + 20])


@dataclass
class Bench:
    """Gadgets on the air, and a link that knows one of them."""

    ether: Ether
    link: BleLink
    came: list[Delivery]

    def events(self) -> list[Any]:
        """Return the events that came."""
        return [parse_event(one.payload) for one in self.came]


async def gadget(ether: Ether, address: str, service: str, answers: dict[str, str] | None) -> Gadget:
    """Put a gadget there, and let it advertise."""
    device, _ = await radio(ether, address, address)
    made = Gadget(device, answers)
    device.add_service(made.services(service))

    def count(_connection: object) -> None:
        made.connected += 1

    device.on("connection", count)
    short = service.startswith("0000")
    listed = IncompleteListOf16BitServiceUUIDs if short else CompleteListOf128BitServiceUUIDs
    told = AdvertisingData([listed([UUID(service[4:8] if short else service)])])
    await device.start_advertising(
        advertising_data=bytes(told), advertising_interval_min=50, advertising_interval_max=50, auto_restart=True
    )
    return made


@asynccontextmanager
async def bench(*, every_s: float = 60.0) -> AsyncIterator[Bench]:
    """Run a link for a car whose dongle is registered."""
    ether, came = Ether(), []
    transport, moniker = await serve_radio(ether, "gateway")
    record = DeviceRecord("volta/car-1", "car", "c-1", "simulated", ble_address=ADDRESS.lower())

    def receive(delivery: Delivery) -> None:
        came.append(delivery)
        delivery.ack()

    dongles = Dongles(Registry([record]), receive, time.time, every_s)
    link = BleLink(Adapter(moniker), receive, lambda _: None, more=dongles.services())
    task = asyncio.create_task(link.run())
    try:
        yield Bench(ether, link, came)
    finally:
        link.stop()
        await asyncio.wait_for(task, 10)
        await transport.close()


async def soon(what: Callable[[], Any], within_s: float = 12.0) -> Any:
    """Return the first true answer."""
    async with asyncio.timeout(within_s):
        while not (found := what()):  # noqa: ASYNC110 - bumble tells of it in many ways
            await asyncio.sleep(0.01)
    return found


@pytest.mark.parametrize("service", list(PROFILES))
async def test_a_dongle_is_asked_by_each_service_in_the_field(service: str) -> None:
    """Its car's fault and status arrive, as the car's own would."""
    async with bench() as there:
        await gadget(there.ether, ADDRESS, service, CAR)
        fault, status = await soon(lambda: len(there.came) == 2 and there.events())
        assert isinstance(fault, VehicleFaultEvent)
        assert isinstance(status, VehicleStatusEvent)
        assert (fault.device, fault.data.codes[0].code) == ("volta/car-1", "P0562")
        assert fault.data.freeze_frame.engine_speed == 750.0
        assert there.came[0].topic == "callahead/v1/volta/car-1/event"


async def test_codes_that_are_stored_are_not_told_again() -> None:
    """The next round brings a status alone."""
    async with bench(every_s=0.1) as there:
        await gadget(there.ether, ADDRESS, next(iter(PROFILES)), CAR)
        events = await soon(lambda: len(there.came) >= 4 and there.events())
        assert [isinstance(event, VehicleFaultEvent) for event in events[:4]] == [True, False, False, False]


@pytest.mark.parametrize("answers", [None, {"ATI": "POS-58 PRINTER READY"}])
async def test_what_is_no_elm327_is_left_alone(answers: dict[str, str] | None) -> None:
    """Silent or chatting, a printer under a dongle's address is asked who it is, and never again."""
    async with bench(every_s=0.1) as there:
        printer = await gadget(there.ether, ADDRESS, next(iter(PROFILES)), answers)
        await soon(lambda: printer.asked and not there.link._visits)
        seen = printer.connected
        await asyncio.sleep(1.0)
        assert printer.connected == seen == 1
        assert [line.strip() for line in printer.asked] == ["ATI"]
        assert there.came == []


async def test_nobody_elses_dongle_is_touched() -> None:
    """A service alone is no invitation: only a registered address is connected to."""
    async with bench() as there:
        stranger = await gadget(there.ether, STRANGER, next(iter(PROFILES)), CAR)
        await gadget(there.ether, ADDRESS, next(iter(PROFILES)), CAR)
        await soon(lambda: len(there.came) == 2)
        assert stranger.connected == 0


async def test_a_dongle_in_another_car_speaks_for_nobody() -> None:
    """Its VIN changed: what it tells is taken for neither car."""
    async with bench(every_s=0.1) as there:
        dongle = await gadget(there.ether, ADDRESS, next(iter(PROFILES)), dict(CAR))
        await soon(lambda: len(there.came) == 2)
        assert dongle.answers
        dongle.answers["0902"] = CAR["0902"].replace("36", "37")
        dongle.answers["03"] = "7E80443010301"
        rounds = dongle.asked.count("03")
        await soon(lambda: dongle.asked.count("03") >= rounds + 3)
        assert not any("P0301" in one.payload.decode() for one in there.came)
