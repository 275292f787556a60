"""Bluetooth LE under load: peripherals on simulated radios in this process, the service in its own, one adapter between.

First every device tells one event a second, each fifth of them a fault: the latency of a fault runs from its making until
the device hears that what it caused is stored, the way back included. Then a backlog is emptied as fast as it goes.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np

from dispatch.core.ids import EventKind, heard_of
from dispatch.store.journal import Journal
from firmware_sim.device.fix import Fix
from firmware_sim.kinds.car.device import Car, CarSensors
from firmware_sim.links.ble_fleet import BleFleet
from gateway.devices.registry import DeviceRecord, VendorRecord
from scenarios.service.http import Api
from scenarios.service.process import CannotPlay, ServiceProcess
from scenarios.story.streams import Streams

CONNECT_WITHIN_S = 60.0
SETTLE_WITHIN_S = 60.0
FAULTS_EVERY = 5
"""Each so many events of a device one is a fault."""
CODE = "P0522"
Figure = int | float | None


@dataclass(slots=True)
class StoredTimes:
    """When each event was made and when its device heard that it is stored: seconds of one clock."""

    made: dict[str, float] = field(default_factory=dict)
    faults: set[str] = field(default_factory=set)
    stored: dict[str, float] = field(default_factory=dict)

    def acknowledged(self, key: str) -> None:
        """Note an acknowledgement, on the fleet's thread."""
        self.stored.setdefault(key, time.perf_counter())

    def tell(self, car: Car, number: int) -> None:
        """Have a car tell an event."""
        made_at, now = time.perf_counter(), time.time()
        match number % FAULTS_EVERY:
            case 0:
                key = car.fault([CODE], now).key
                self.faults.add(key)
            case 2:
                key = car.clear_codes(now).key  # well again: the next fault is an episode of its own
            case _:
                key = car.status(now).key
        self.made[key] = made_at

    def left(self) -> int:
        """How many events are not stored yet."""
        return len(self.made) - len(self.stored)

    def latencies_ms(self, keys: set[str]) -> list[float]:
        """Return how long each of these took."""
        return [1000 * (self.stored[key] - self.made[key]) for key in keys if key in self.stored]


def measure(peripherals: int, seconds: float, backlog: int, *, bonded: bool, out: Path | None) -> dict[str, Figure]:
    """Run it, and return the figures."""
    logging.getLogger("bumble").setLevel(logging.CRITICAL)
    cars = [_car(number) for number in range(1, peripherals + 1)]
    keys = {car.name: sha256(f"bench {car.name}".encode()).digest() for car in cars}
    heard = StoredTimes()
    fleet = BleFleet(
        cars, keys, on_command=_ignore, on_rejected=_complain, on_acknowledged=heard.acknowledged, bonded=bonded
    )
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        stack.enter_context(fleet)
        with _serving(folder, fleet.adapter(), peripherals) as api:
            _register(api, cars, keys)
            connected = _connect(fleet, cars)
            _at_one_a_second(heard, cars, seconds)
            steady = set(heard.faults)
            _settle(heard)
            rate = _empty_a_backlog(heard, cars, backlog)
            taken = sum(_taken(api, car) for car in cars)
        found, duplicates = _findings(folder)
    latencies = heard.latencies_ms(steady & found)
    return {
        "peripherals": connected,
        "events_per_s": rate,
        "p50_ms": _percentile(latencies, 50),
        "p99_ms": _percentile(latencies, 99),
        "lost": len(heard.made) - min(taken, len(heard.stored)),
        "duplicates": duplicates + max(0, taken - len(heard.made)),
        "faults_measured": len(latencies),
        "events": len(heard.made),
    }


def _car(number: int) -> Car:
    now = time.time()
    fix = Fix(56.95 + number / 1_000, 24.1, 8.0, now)
    return Car(f"volta/car-{number:03d}", boot=int(now), buffer_limit=1_000_000, sensors=CarSensors(fix=fix))


@contextmanager
def _serving(folder: Path, adapter: str, peripherals: int) -> Iterator[Api]:
    options = ["--ble-adapter", adapter, "--ble-connections", str(peripherals)]
    with ServiceProcess(folder, None, "embedded", options) as service, Api(service.addresses().http) as api:
        yield api


def _register(api: Api, cars: list[Car], keys: dict[str, bytes]) -> None:
    api.register("/vendors", [VendorRecord("volta", "simulated")])
    records = [
        DeviceRecord(car.name, "car", f"c-{number}", "simulated", ble_key=keys[car.name].hex())
        for number, car in enumerate(cars)
    ]
    api.register("/devices", records)


def _connect(fleet: BleFleet, cars: list[Car]) -> int:
    """Bring every car into range, and return how many are connected at once."""
    for car in cars:
        car.go_online(time.time())
    deadline = time.monotonic() + CONNECT_WITHIN_S
    while (ready := _ready(fleet)) < len(cars) and time.monotonic() < deadline:
        time.sleep(0.05)
    return ready


def _ready(fleet: BleFleet) -> int:
    return sum(station.link.peripheral.ready for station in fleet.stations.values())


def _at_one_a_second(heard: StoredTimes, cars: list[Car], seconds: float) -> None:
    """Open loop: each car keeps its own second, whether or not the last event is through."""
    phase = Streams(1).keyed("bench").random(len(cars))
    due = sorted((at + second, index) for index, at in enumerate(phase) for second in range(int(seconds)))
    counts = Counter[int]()
    began = time.perf_counter()
    for at, index in due:
        time.sleep(max(0.0, began + at - time.perf_counter()))
        heard.tell(cars[index], counts[index] + index)  # not all faults in the same second
        counts[index] += 1


def _empty_a_backlog(heard: StoredTimes, cars: list[Car], backlog: int) -> float | None:
    """Return events a second, from the first one made to the last one stored."""
    before = set(heard.made)
    each = max(1, backlog // len(cars))
    began = time.perf_counter()
    for number in range(1, each + 1):
        for car in cars:
            heard.tell(car, number)
    _settle(heard)
    ended = max((at for key, at in heard.stored.items() if key not in before), default=began)
    stored = sum(key not in before for key in heard.stored)
    return round(stored / (ended - began), 1) if ended > began else None


def _taken(api: Api, car: Car) -> int:
    """Return how many events of a car the service has taken, each once."""
    return int(api.start(api.get(f"/devices/{car.name}")).result()["events"]["taken"])


def _settle(heard: StoredTimes) -> None:
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while heard.left() and time.monotonic() < deadline:
        time.sleep(0.02)


def _findings(folder: Path) -> tuple[set[str], int]:
    """Return the events that led to a finding, and how many findings are there a second time."""
    with Journal.open(folder) as journal:
        keys = Counter(row.key for row in journal.ledger.rows() if row.type == "FaultFound" and row.key)
    return {heard_of(EventKind.FOUND, key) for key in keys}, sum(count - 1 for count in keys.values())


def _percentile(values: list[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None


def _ignore(_device: str, _payload: bytes) -> None:
    """A command: this is no story."""


def _complain(device: str, payload: bytes) -> None:
    raise CannotPlay(f"the service refused an event of {device}: {payload.decode()}")
