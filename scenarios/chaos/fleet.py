"""The devices of a stage: those that break down once each, of every kind, trucks that come, and payers. All on one thread."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from dispatch.core.ids import device_of
from dispatch.registers.customers import Customer
from firmware_sim.device.device import Device
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.truck.device import Truck
from firmware_sim.links.mqtt import MqttFleet
from gateway.contract.commands import JobOffer
from gateway.devices.registry import DeviceRecord
from scenarios.chaos.chronicle import Chronicle
from scenarios.chaos.judge import WorldRecord
from scenarios.chaos.paying.payers import ChaosPayers
from scenarios.chaos.plan import FAULTS
from scenarios.chaos.troubles import WayOfFailing, ways
from scenarios.story.registry import KINDS, platform

VENDOR = "chaos"
TRUCKS = FAULTS
"""Enough that nobody waits for one."""
SHARDS = 2
HOME = (56.95, 24.10)


@dataclass(frozen=True, slots=True)
class FromConnection:
    """Something that came in on a connection's thread."""

    kind: Literal["acknowledged", "command", "rejected"]
    what: str
    """The event's key, or the device."""
    payload: bytes = b""


class Fleet:
    """Builds the devices; ``connect`` them, then ``break_down`` one after the other, and ``take_in`` what comes."""

    def __init__(self, troubles: Sequence[WayOfFailing], seen: WorldRecord, chronicle: Chronicle) -> None:
        self.payers = ChaosPayers(VENDOR, seen.money, chronicle)
        self.inbox: queue.SimpleQueue[FromConnection] = queue.SimpleQueue()
        self.refused: list[str] = []
        """What the service said of events it did not take."""
        self._troubles, self._ways = list(troubles), ways()
        self._seen, self._chronicle = seen, chronicle
        self._broken = [
            self._ways[one].build(f"{VENDOR}/{one.kind}-{number:04d}") for number, one in enumerate(troubles)
        ]
        self._trucks = [Truck(f"{VENDOR}/truck-{number:02d}", _fix()) for number in range(1, TRUCKS + 1)]
        for truck in self._trucks:
            truck.on_offer = partial(self._drive, truck)
        self._sound = list(_sound())
        payers = [one.device for one in self.payers.all]
        all_devices = (*self._trucks, *self._broken, *(device for _, device in self._sound), *payers)
        self._devices: dict[str, Device] = {one.name: one for one in all_devices}
        self._lines: MqttFleet | None = None
        self._faults: dict[str, str] = {}
        """Event → the device that told of a fault with it."""

    def records(self) -> list[DeviceRecord]:
        """Return every device as it is registered."""
        home = {"home_latitude": HOME[0], "home_longitude": HOME[1]}
        made = [
            DeviceRecord(truck.name, "truck", None, "simulated", skills=("battery", "tow")) for truck in self._trucks
        ]
        for device, broken in zip(self._broken, self._troubles, strict=True):
            where: dict[str, Any] = home if KINDS[broken.kind].stands_at_home else {}
            made.append(DeviceRecord(device.name, broken.kind, _customer(device), "simulated", **where))
        made += [DeviceRecord(device.name, kind, None, "simulated") for kind, device in self._sound]
        return [*made, *self.payers.records()]

    def customers(self) -> list[Customer]:
        """Return whose they are."""
        broken = [
            Customer(_customer(device), device.name, f"+999{number:08d}", "en", "simulated")
            for number, device in enumerate(self._broken, 1)
        ]
        return [*broken, *self.payers.customers()]

    def connect(self, url: str) -> None:
        """Go online; what comes waits in the inbox from now on."""
        self._lines = MqttFleet(
            url,
            self._devices.values(),
            run=f"chaos-{time.time_ns()}",
            on_command=lambda device, payload: self.inbox.put(FromConnection("command", device, payload)),
            on_rejected=lambda device, payload: self.inbox.put(FromConnection("rejected", device, payload)),
            on_acknowledged=lambda key: self.inbox.put(FromConnection("acknowledged", key)),
            on_trouble=lambda sentence: self._chronicle.note("devices", said=sentence),
            own_connections=0,
            shards=SHARDS,
        )
        self._lines.start()
        for device in self._devices.values():
            device.go_online(time.time())
        for truck in self._trucks:
            truck.go_on_duty(time.time())

    def close(self) -> None:
        """Hang up."""
        if self._lines:
            self._lines.close()

    def break_down(self, number: int) -> str:
        """Have a device send its fault, and return the device's name."""
        device, now = self._broken[number], time.time()
        event = self._ways[self._troubles[number]].tell(device, _fix(now), now)
        self._faults[event.key] = device.name
        self._chronicle.note("fault", event=event.key)
        return device.name

    def tell_status(self, number: int) -> None:
        """Have one that is sound say how it does, by any number: nothing follows from it but that its twin has it."""
        _, device = self._sound[number % len(self._sound)]
        device.status(time.time())

    def outstanding(self) -> int:
        """How many messages the broker has not acknowledged."""
        return self._lines.outstanding if self._lines else 0

    def take(self, arrived: FromConnection) -> None:
        """Hand on what has come."""
        if arrived.kind == "rejected":
            self.refused.append(arrived.payload.decode("utf-8", "replace"))
            self._chronicle.note("refused", device=arrived.what, said=self.refused[-1])
        elif arrived.kind == "command":
            self._obey(self._devices[arrived.what], arrived.payload)
            return
        self._seen.acknowledged[device_of(arrived.what)].add(arrived.what)
        if arrived.what in self._faults:
            self._seen.sent[arrived.what] = self._faults[arrived.what]
        else:
            self.payers.acknowledged(arrived.what)

    def _obey(self, device: Device, payload: bytes) -> None:
        command = device.receive(payload, time.time())
        if command is not None:
            self._seen.effects[device.name, command.id] += 1
            self._chronicle.note("command", device=device.name, id=command.id)

    def _drive(self, truck: Truck, offer: JobOffer, now: float) -> None:
        """Be there and be done at once."""
        truck.fix = _fix(now)
        truck.accept(now)
        truck.arrive(now)
        truck.finish(now)
        self._seen.driven[offer.case] += 1


def _sound() -> Iterator[tuple[str, Any]]:
    """Yield of every kind that the campaign can build one that is sound, and its kind."""
    for kind in KINDS:
        build = platform(kind, "chaos", "SOUND", type)
        if build is not None:
            yield kind, build(f"{VENDOR}/{kind}-sound")


def _fix(at: float | None = None) -> Fix:
    return Fix(*HOME, 8.0, time.time() if at is None else at)


def _customer(device: Device) -> str:
    return device.name.replace("/", "-")
