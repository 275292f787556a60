"""What a QoS 1 message costs the embedded broker and the link that listens: processor's time of each, for so many connections.

.venv/bin/python benchmarks/embedded_broker.py [--devices 2000] [--rate 2000] [--seconds 12] [--ways nobody batches proxy]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import selectors
import socket
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from gateway.access.credentials import Access, credential, draw_password
from gateway.access.rights import SERVICE
from gateway.broker.embedded import EmbeddedBroker
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.mqtt.link import MqttLink
from gateway.links.mqtt.protocol import packets
from gateway.mapping.read import read_mapping, shipped

PAYLOAD = b'{"specversion":"1.0","id":"1-%d","source":"/acme/car-%d","type":"callahead.vehicle.status.v1",%s}'
REST = b'"time":"2026-11-22T10:00:00Z","data":{"signals":{"Vehicle.Speed":42.5,"Vehicle.LowVoltageBattery.CurrentVoltage":12.6}}'
COMMITS_EVERY_S = 0.02


def generate(address: BrokerAddress, devices: int, rate: int, seconds: float, begun: Any) -> None:  # noqa: ANN401
    """One connection for each device, one after the other in turn, by a schedule that does not wait."""
    ready = selectors.DefaultSelector()
    lines = [socket.create_connection((address.host, address.port)) for _ in range(devices)]
    for number, line in enumerate(lines):
        line.sendall(packets.connect(packets.Login(f"acme/car-{number}", None, None, 0, 100), v5=False))
        line.recv(4)
        ready.register(line, selectors.EVENT_READ)
    begun.set()
    start, sent = time.perf_counter(), 0
    while (now := time.perf_counter() - start) < seconds:
        for turn in range(sent, int(now * rate)):
            device = turn % devices
            topic, body = f"callahead/v1/acme/car-{device}/event", PAYLOAD % (turn, device, REST)
            number = turn // devices % 60_000 + 1
            lines[device].send(packets.publish(number, topic, body, retain=False, again=False, v5=False))
        sent = max(sent, int(now * rate))
        for key, _ in ready.select(0.002):
            key.fileobj.recv(4096)  # type: ignore[union-attr]  # a socket


async def listen(
    broker: EmbeddedBroker,
    us: BrokerAddress | None,
    begun: Any,  # noqa: ANN401 - an event of multiprocessing
    seconds: float,
) -> tuple[int, float, float]:
    """Acknowledge as commits do, in batches; return how many came, and µs of the broker and of us each in the second half."""
    waiting: list[Delivery] = []
    link = MqttLink(us or broker.address, waiting.append)
    if us:
        link.start()
    while not begun.is_set():  # noqa: ASYNC110 - another process sets it
        await asyncio.sleep(COMMITS_EVERY_S)
    heard, at_half, half = 0, (0, 0.0, 0.0), time.monotonic() + seconds / 3
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(COMMITS_EVERY_S)
        batch, heard = waiting.copy(), heard + len(waiting)
        waiting.clear()
        for delivery in batch:
            delivery.ack()
        if not at_half[1] and time.monotonic() >= half:
            at_half = (heard, _cpu_s(broker), time.process_time())
    came = heard - at_half[0]
    spent = (_cpu_s(broker) - at_half[1], time.process_time() - at_half[2])
    if us:
        link.stop()
    return came, spent[0] * 1e6, spent[1] * 1e6


def _cpu_s(broker: EmbeddedBroker) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in broker.pids)


def started(folder: str, how: str) -> tuple[EmbeddedBroker, BrokerAddress | None]:
    """Return a broker, and as whom and where we listen; ``None``: not at all."""
    if how != "proxy":
        broker = EmbeddedBroker(Path(folder))
        return broker, None if how == "nobody" else broker.start()
    secret = draw_password()
    mappings = (read_mapping(shipped("zigbee2mqtt")),)
    broker = EmbeddedBroker(
        Path(folder), access=Access(credential(SERVICE, secret, 0.0), open_demo=True, mappings=mappings)
    )
    return broker, replace(broker.start(), username=SERVICE, password=secret)


def main() -> None:
    """Measure each way in turn."""
    wanted = argparse.ArgumentParser()
    for name, default in (("devices", 2_000), ("rate", 2_000), ("seconds", 12)):
        wanted.add_argument(f"--{name}", type=int, default=default)
    wanted.add_argument("--ways", nargs="+", default=["nobody", "batches", "proxy"])
    given = wanted.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for how in given.ways:
        with tempfile.TemporaryDirectory() as folder:
            broker, us = started(folder, how)
            broker.start()
            begun = multiprocessing.Event()
            what = (broker.plain_address, given.devices, given.rate, given.seconds + 30, begun)
            generator = multiprocessing.Process(target=generate, args=what, daemon=True)
            generator.start()
            came, broker_us, link_us = asyncio.run(listen(broker, us, begun, given.seconds))
            each = came or given.rate * given.seconds * 2 // 3
            spent = f"broker {broker_us / each:.0f} µs a message, link {link_us / each:.0f} µs"
            print(f"{how:7} {came:7} heard, {spent}", flush=True)  # noqa: T201 - what a script is for
            generator.terminate()
            generator.join()
            broker.stop()


if __name__ == "__main__":
    main()
