"""One simulated car on a Bluetooth adapter, real or simulated."""

from __future__ import annotations

import asyncio
import secrets
import time
from functools import partial

from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car, CarSensors
from firmware_sim.links.lines import Receive
from firmware_sim.radio.peripheral import DeviceListener, Peripheral
from gateway.contract.session import NONCE_BYTES
from gateway.contract.topics import Channel
from scenarios.service.process import CannotPlay
from scenarios.terminal import show

TELLS_EVERY_S = 5.0
FAULT_AFTER_S = 15.0
RIGA = (56.9496, 24.1052)


async def be_a_car(device: str, adapter: str, key: bytes, seconds: float) -> None:
    """Advertise, tell how it does, and break down once; ``seconds`` 0: until interrupted. Raises ``CannotPlay``."""
    try:
        from bumble.core import BaseBumbleError  # noqa: PLC0415 - the command line starts without it
        from bumble.transport import open_transport  # noqa: PLC0415 - likewise
    except ImportError as error:
        message = f"this needs {error.name}: pip install 'callahead[ble]'"
        raise CannotPlay(message) from None
    try:
        async with await open_transport(adapter) as transport:
            from bumble.device import Device as Radio  # noqa: PLC0415 - likewise
            from bumble.hci import Address  # noqa: PLC0415 - likewise

            from firmware_sim.links.ble import BlePeripheral, address_of  # noqa: PLC0415 - likewise

            own = Radio.with_hci("callahead", Address(address_of(device)), transport.source, transport.sink)
            await own.power_on()
            now = time.time()
            car = Car(device, boot=int(now), sensors=CarSensors(fix=Fix(*RIGA, 10.0, now)))
            ears = DeviceListener(_heard(car), lambda stored: show.OUT.print(f"stored: {stored}"))
            nonce = partial(secrets.token_bytes, NONCE_BYTES)
            link = BlePeripheral(own, Peripheral(device, key, nonce, ears), time.monotonic)
            await link.start()
            car.uplink = link
            car.go_online(now)
            show.OUT.print(f"{device} advertises on {adapter}, address {address_of(device)}")
            await _tell(car, seconds)
            await link.close()
    except (OSError, ValueError, BaseBumbleError) as error:
        message = f"--ble-adapter {adapter}: {error}"
        raise CannotPlay(message) from None


async def _tell(car: Car, seconds: float) -> None:
    began, told = time.monotonic(), False
    while not seconds or time.monotonic() < began + seconds:
        if not told and time.monotonic() > began + min(FAULT_AFTER_S, seconds / 3 or FAULT_AFTER_S):
            told = True
            car.sensors.battery_voltage = 8.1
            show.OUT.print(f"fault: {car.fault(['P0562'], time.time()).key}")
        else:
            car.status(time.time())
        await asyncio.sleep(min(TELLS_EVERY_S, seconds / 6 or TELLS_EVERY_S))


def _heard(car: Car) -> Receive:
    def heard(channel: Channel, payload: bytes) -> None:
        if channel is Channel.COMMAND:
            command = car.receive(payload, time.time())
            show.OUT.print(f"command: {command.type if command else 'known'}")
        else:
            show.OUT.print(f"refused: {payload.decode('utf-8', 'replace')}")

    return heard
