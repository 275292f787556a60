"""A fleet of devices with simulated Bluetooth LE radios, on a thread of its own, and adapters for whoever wants to reach them."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

from bumble.controller import Controller
from bumble.core import BaseBumbleError
from bumble.device import Device as Radio
from bumble.hci import HCI_Error

from firmware_sim.device.device import Device
from firmware_sim.device.store import Store
from firmware_sim.links.ble import BlePeripheral, address_of
from firmware_sim.links.ble_central import PhoneCentral, Relayed
from firmware_sim.links.ether import Ether, Spot, radio, serve_radio
from firmware_sim.links.radio_faults import RadioFaults
from firmware_sim.radio.peripheral import DeviceListener, Peripheral
from gateway.contract.session import NONCE_BYTES
from gateway.contract.topics import Channel

STARTS_WITHIN_S = 30.0
GLANCE_S = 0.01
HERE = Spot(1.0)
"""A metre from whoever is nowhere in particular."""
Heard = Callable[[str, bytes], None]
"""Takes the device's name and the payload."""
BleakOptions = tuple[dict[str, Any], dict[str, Any]]
Bleak = Callable[[Radio], BleakOptions]
"""Makes the options of bleak's scanner and client that reach the air by a radio of ours."""
Answer = TypeVar("Answer")


@dataclass(slots=True)
class Station:
    """One device's radio."""

    link: BlePeripheral
    controller: Controller


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave aside what bumble's own tasks complain of when a link breaks under them; it is what links here do."""
    if not isinstance(context.get("exception"), (BaseBumbleError, HCI_Error)):
        loop.default_exception_handler(context)


class BleFleet:
    """Gives each device its radio and its uplink. ``start`` before the first ``go_online``; ``close`` last.

    ``keys`` has each device's key. The callbacks come on the fleet's thread and must be quick and thread-safe.
    """

    def __init__(
        self,
        devices: Iterable[Device],
        keys: Mapping[str, bytes],
        *,
        on_command: Heard,
        on_rejected: Heard,
        on_acknowledged: Callable[[str], None] = lambda _key: None,
        bonded: bool = True,
        faults: RadioFaults | None = None,
        spots: Mapping[str, Spot] | None = None,
    ) -> None:
        """Turn nothing on yet."""
        self._devices = list(devices)
        self._keys = keys
        self._down = {Channel.COMMAND: on_command, Channel.REJECTED: on_rejected}
        self._acknowledged = on_acknowledged
        self._bonded = bonded
        self._faults = faults or RadioFaults()
        self._spots = spots or {}
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_complain)
        self._thread = threading.Thread(target=self._loop.run_forever, name="ble-fleet", daemon=True)
        self.stations: dict[str, Station] = {}
        self.phones: dict[str, tuple[PhoneCentral, asyncio.Task[None]]] = {}
        self.ether: Ether

    def start(self) -> None:
        """Turn the radios on."""
        self._thread.start()
        self.do(self._start())

    def close(self) -> None:
        """Turn them off and join the thread. Harmless a second time."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            self.do(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def adapter(self, name: str = "gateway", spot: Spot = Spot()) -> str:  # noqa: B008 - frozen
        """Return what to open a new adapter on this air by, from any process of this machine."""
        transport, moniker = self.do(serve_radio(self.ether, name, spot=spot))
        del transport  # it lives as long as the loop
        return moniker

    def station(self, device: str) -> Station:
        """Return a device's radio."""
        return self.stations[device]

    def spot(self, device: str) -> Spot:
        """Return where a device's radio is."""
        return self._spots.get(device, HERE)

    def drop(self, device: str) -> None:
        """Break a device's connection, whatever is under way."""
        self.do(self.stations[device].link.drop())

    @property
    def outstanding(self) -> int:
        """How many messages nobody has acknowledged yet."""
        return sum(station.link.peripheral.outstanding for station in self.stations.values())

    def drain(self, timeout: float) -> int:
        """Wait until everything is acknowledged, ``timeout`` seconds at most; return how many messages are not."""
        deadline = time.monotonic() + timeout
        while self.outstanding and time.monotonic() < deadline:
            time.sleep(GLANCE_S)
        return self.outstanding

    def do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do something on the fleet's thread and return what it came to."""
        done: Future[Answer] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(STARTS_WITHIN_S)

    async def _start(self) -> None:
        self.ether = Ether(self._faults)
        for device in self._devices:
            await self._add(device)

    async def _add(self, device: Device) -> None:
        own, controller = await radio(self.ether, device.name, address_of(device.name), self.spot(device.name))
        ears = DeviceListener(partial(self._heard, device.name), self._acknowledged)
        nonce = partial(secrets.token_bytes, NONCE_BYTES)
        peripheral = Peripheral(device.name, self._keys[device.name], nonce, ears, Store(device.store.limit))
        link = BlePeripheral(
            own, peripheral, time.monotonic, partial(self._silence, controller), self._bonded, self._faults
        )
        await link.start()
        if device.uplink is None:
            device.uplink = link
        else:
            device.nearby = link
        self.stations[device.name] = Station(link, controller)

    def add_phone(
        self,
        phone: str,
        car: str,
        relayed: Relayed,
        bleak: Bleak,
        *,
        acknowledges: bool = True,
        spot: Spot = Spot(1.0),  # noqa: B008 - frozen
    ) -> PhoneCentral:
        """Give a phone a radio that looks for its car as soon as it is ``near``."""
        own, _ = self.do(radio(self.ether, phone, address_of(phone), spot))
        return self.do(self._add_phone(phone, car, relayed, bleak(own), acknowledges=acknowledges))

    def near(self, phone: str, *, near: bool) -> None:
        """Bring a phone to its car, or take it away."""
        central = self.phones[phone][0]
        self._loop.call_soon_threadsafe(central.near.set if near else central.near.clear)
        self.stations[central.car].link.range(within=near)

    async def _add_phone(
        self, phone: str, car: str, relayed: Relayed, options: BleakOptions, *, acknowledges: bool
    ) -> PhoneCentral:
        central = PhoneCentral(car, self._keys[car], relayed, *options, acknowledges)
        self.phones[phone] = (central, asyncio.create_task(central.run()))
        return central

    async def _close(self) -> None:
        for _, task in self.phones.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in self.phones.values()), return_exceptions=True)
        await asyncio.gather(*(station.link.close() for station in self.stations.values()))

    def _silence(self, controller: Controller, silent: bool) -> None:  # noqa: FBT001 - a switch
        self.ether.silence(controller, silent=silent)

    def _heard(self, device: str, channel: Channel, payload: bytes) -> None:
        self._down[channel](device, payload)
