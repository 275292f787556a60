"""What one routine status costs the service, all in, beside a yardstick that does no more than has to be done.

    .venv/bin/python benchmarks/status_cost.py [--rate 15000] [--seconds 20] [--cars 5000]

Two processes hear the same bytes of the same cars at the same rate, QoS 1, from a sender that stands for the broker. One is the
service's own link, inbox, control room, driver and SQLite store, with the budgets that senders have; the other (``Yardstick``)
decodes each event once, compares its readings with three pairs of bounds, keeps it, stores a batch as one row and acknowledges it
after the commit. What is told is each one's time of the processor: reading the socket and acknowledging are in it. The first
statuses of the cars are told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from dispatch.core.desk import Desk
from dispatch.engine.driver import Driver
from dispatch.engine.sender_budgets import Limits, SenderBudgets
from dispatch.ledger.pipeline import ControlRoom
from dispatch.observe.garbage import look_seldom
from dispatch.registers.customers import Customers
from dispatch.store.journal import Journal
from gateway.contract.broker_address import BrokerAddress
from gateway.devices.registry import DeviceRecord, Registry
from gateway.intake.intake import Intake
from gateway.links.handover.status import MqttVersion
from gateway.links.mqtt.link import MqttLink
from gateway.links.mqtt.protocol import packets
from gateway.links.mqtt.protocol.framing import Framer
from scenarios.bench.live import words

GRAIN_S = 0.005
"""So often what is due is sent."""
WARM = 200
"""So many first statuses are not counted: what is made once, for whoever comes, is made with them."""
WINDOW = 4_000
"""So many messages may wait for their acknowledgement, as at a broker."""
CONNECT, PUBACK, SUBSCRIBE, PINGREQ = 0x10, 0x40, 0x80, 0xC0


class Clock:
    """The machine's."""

    def now(self) -> float:
        """POSIX seconds."""
        return time.time()

    def real_seconds_until(self, at: float) -> float:
        """Of the wall."""
        return max(0.0, at - time.time())

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span


class Position(msgspec.Struct):
    """As the yardstick reads it."""

    latitude: float
    longitude: float
    accuracy_m: float
    fix_time: str


class Data(msgspec.Struct):
    """As the yardstick reads it."""

    position: Position | None = None
    signals: dict[str, float | bool | str] = {}


class Event(msgspec.Struct):
    """As the yardstick reads it."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    data: Data


LIMITS = {
    "Vehicle.LowVoltageBattery.CurrentVoltage": (11.8, 15.2),
    "Vehicle.Speed": (-1.0, 250.0),
    "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature": (-50.0, 115.0),
}


class Yardstick(asyncio.Protocol):
    """Hears, decodes once, compares, stores a batch, acknowledges."""

    def __init__(self, folder: Path) -> None:
        self._store = sqlite3.connect(folder / "yardstick.db", isolation_level=None)
        self._store.executescript("pragma journal_mode=wal; pragma synchronous=full; create table inbox(body blob)")
        self._rest, self._batch, self._acks = b"", list[bytes](), bytearray()
        self._twins: dict[str, tuple[tuple[int, int], Event]] = {}
        self._decode = msgspec.json.Decoder(Event).decode
        self.alarms = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's
        """Ask for everything."""
        self._transport = transport
        transport.write(packets.connect(packets.Login("yardstick", None, None, 60, WINDOW), v5=False))
        transport.write(packets.subscribe(1, ["callahead/v1/+/+/event"], v5=False))

    def data_received(self, data: bytes) -> None:
        """Take whatever has come apart."""
        data, at = self._rest + data if self._rest else data, 0
        while len(data) - at >= 2:
            length, shift, begins = 0, 0, at + 1
            while begins < len(data):
                byte = data[begins]
                begins += 1
                length |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            else:
                break
            if begins + length > len(data):
                break
            if data[at] & 0xF0 == 0x30:
                topic_ends = begins + 2 + (data[begins] << 8 | data[begins + 1])
                self._one(
                    data[begins + 2 : topic_ends],
                    data[topic_ends : topic_ends + 2],
                    data[topic_ends + 2 : begins + length],
                )
            at = begins + length
        self._rest = data[at:]
        if self._batch:
            self._commit()

    def hear(self, topic: bytes, payload: bytes) -> None:
        """Take one event, and store nothing."""
        event = self._decode(payload)
        device = topic[13:-6].decode()
        boot, _, seq = event.id.partition("-")
        order, twin = (int(boot), int(seq)), self._twins.get(device)
        if event.source[1:] != device or (twin is not None and twin[0] > order):
            return
        for name, value in event.data.signals.items():
            low, high = LIMITS.get(name, (-1e9, 1e9))
            if not low < value < high:  # type: ignore[operator]
                self.alarms += 1
        self._twins[device] = (order, event)

    def _one(self, topic: bytes, number: bytes, payload: bytes) -> None:
        self.hear(topic, payload)
        self._batch.append(payload)
        self._acks += b"\x40\x02" + number

    def _commit(self) -> None:
        self._store.execute("begin")
        self._store.execute("insert into inbox values(?)", (b"\n".join(self._batch),))
        self._store.execute("commit")
        self._transport.write(bytes(self._acks))
        self._batch.clear()
        self._acks.clear()


async def _yardstick(port: int, folder: Path, pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: Yardstick(folder), "127.0.0.1", port)
    await _answer(pipe)


async def _service(port: int, folder: Path, pipe: Connection, cars: int) -> None:
    """Be what hears and decides in ``callahead-serve``; its web pages are left out."""
    look_seldom()  # as callahead-serve does
    journal, clock = Journal.open(folder), Clock()
    registry = Registry(DeviceRecord(words.car(number), "car", f"c-{number}", "simulated") for number in range(cars))
    intake = Intake(registry)
    room = ControlRoom(intake, Desk(), Customers([]), journal.ledger.pen())
    budgets = SenderBudgets(Limits(vendor_rate=100_000), lambda: 1, intake.admits)
    driver = Driver(room, journal, clock, budgets=budgets)
    address = BrokerAddress("127.0.0.1", port)
    link = MqttLink(address, driver.offer, version=MqttVersion.V3, client_id="service", window=WINDOW)
    running = asyncio.create_task(driver.run())
    link.start()
    await _answer(pipe)
    link.stop()
    driver.stop()
    await running


async def _answer(pipe: Connection) -> None:
    """Tell how much time of the processor was spent, whenever asked, until told to end."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    loop.add_reader(pipe.fileno(), asked.set)
    while True:
        await asked.wait()
        asked.clear()
        if not pipe.poll():
            continue  # it is answered
        if pipe.recv() == "end":
            loop.remove_reader(pipe.fileno())
            return
        spent = resource.getrusage(resource.RUSAGE_SELF)
        pipe.send(spent.ru_utime + spent.ru_stime)


def _hearing(what: str, port: int, folder: str, pipe: Connection, cars: int) -> None:
    work = _yardstick(port, Path(folder), pipe) if what == "yardstick" else _service(port, Path(folder), pipe, cars)
    asyncio.run(work)


class Sender(asyncio.Protocol):
    """Stands for the broker: takes a connection and a subscription, sends, and counts what is acknowledged."""

    def __init__(self, all_: list[Sender]) -> None:
        self._all, self._framer = all_, Framer()
        self.sent = self.acked = 0

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's
        """Wait for what it says."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take packets."""
        for whole, at, begins, ends in self._framer.feed(data):
            kind = whole[at] & 0xF0
            if kind == PUBACK:
                self.acked += 1
            elif kind == CONNECT:
                self._transport.write(b"\x20\x02\x00\x00")
            elif kind == SUBSCRIBE:
                self._transport.write(bytes([0x90, 3, *whole[begins : begins + 2], 1]))
                self._all.append(self)
            elif kind == PINGREQ:
                self._transport.write(b"\xd0\x00")
            del ends

    def send(self, packets_: list[bytes]) -> None:
        """Send packets."""
        self._transport.write(b"".join(packets_))
        self.sent += len(packets_)


def _statuses(cars: int) -> Iterator[Callable[[bytes], bytes]]:
    """Yield, one after the other, what makes the next packet of the time that is told: each car in turn, a step further."""
    steps = words.statuses()
    begins = [words.template(words.car(number), "vehicle.status", steps[0]) for number in range(cars)]
    for number in count():
        turn, car = divmod(number, cars)
        yield partial(
            _packet, begins[car], number % 60_000 + 1, words.FIRST_SEQ + turn, steps[(car + turn) % words.STEPS]
        )


def _packet(begins: words.Template, number: int, seq: int, step: tuple[bytes, bytes], stamp: bytes) -> bytes:
    return replace(begins, middle=step[0], tail=step[1]).filled(number, seq, stamp, stamp)


async def _measured(rate: float, seconds: float, cars: int, folder: str) -> list[dict[str, float]]:
    """Send to both, the first statuses of all cars and then others. Return what those two cost each of them, µs a status."""
    loop, senders, clock = asyncio.get_running_loop(), list[Sender](), time.perf_counter
    server = await loop.create_server(lambda: Sender(senders), "127.0.0.1", 0)
    port, pipes, processes = server.sockets[0].getsockname()[1], dict[str, Connection](), []
    for what in ("service", "yardstick"):
        pipes[what], theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_hearing, args=(what, port, folder, theirs, cars))
        process.start()
        processes.append(process)
        while len(senders) < len(processes):  # noqa: ASYNC110 - it is measured beside
            await asyncio.sleep(0.05)
    statuses, found = _statuses(cars), []
    for many in (WARM, cars - WARM, int(rate * seconds)):
        before, began, sent = {what: _spent(pipe) for what, pipe in pipes.items()}, clock(), 0
        while sent < many:
            due = min(many, int((clock() - began) * rate)) - sent
            room = WINDOW - max(sender.sent - sender.acked for sender in senders)
            stamp = words.stamp(time.time())
            told = [next(statuses)(stamp) for _ in range(max(0, min(due, room)))]
            for sender in senders:
                sender.send(told)
            sent += len(told)
            await asyncio.sleep(GRAIN_S)
        took = clock() - began
        while any(sender.acked < sender.sent for sender in senders):  # noqa: ASYNC110 - as above
            await asyncio.sleep(GRAIN_S)
        cost = {what: 1e6 * (_spent(pipe) - before[what]) / many for what, pipe in pipes.items()}
        found.append({**cost, "ratio": cost["service"] / cost["yardstick"], "per_s": many / took})
    for pipe, process in zip(pipes.values(), processes, strict=True):
        pipe.send("end")
        await asyncio.to_thread(process.join)
    server.close()
    return found[1:]


def _spent(pipe: Connection) -> float:
    pipe.send("spent")
    return float(pipe.recv())


def main() -> None:
    """Print what was found."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rate", type=float, default=15_000, help="statuses a second")
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--cars", type=int, default=5_000)
    told = options.parse_args()
    with TemporaryDirectory() as folder:
        phases = asyncio.run(_measured(told.rate, told.seconds, told.cars, folder))
    for name, figures in zip(("first statuses", "the others"), phases, strict=True):
        sys.stdout.write(f"{name}: {json.dumps({key: round(value, 2) for key, value in figures.items()})}\n")


if __name__ == "__main__":
    main()
