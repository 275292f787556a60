"""What it costs the service's process to read and acknowledge a message: by a link of its own, and from a router's process.

    .venv/bin/python benchmarks/router.py [--messages 20000] [--rounds 5]

Both in turn, on one Mosquitto; processor's time of this process, and of the router's.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from dispatch.router.link import RoutedLink
from dispatch.router.messages import RouterSetup
from gateway.contract.broker_address import BrokerAddress
from gateway.links.handover.delivery import Delivery
from gateway.links.handover.status import LinkState
from gateway.links.mqtt.broker_links import BrokerLink
from gateway.links.mqtt.link import MqttLink
from scenarios.bench.live import words
from scenarios.chaos.brokers import mosquitto
from scenarios.service.ports import free_port

LOOK_S = 0.01


class Heard:
    """Acknowledges what comes once in a turn of the loop, as behind a commit."""

    def __init__(self) -> None:
        self.count = 0
        self._due: list[Delivery] = []

    def take(self, delivery: Delivery) -> None:
        """Take one."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._acknowledge)
        self._due.append(delivery)

    def _acknowledge(self) -> None:
        due, self._due = self._due, []
        for delivery in due:
            delivery.ack()
        self.count += len(due)


@contextmanager
def _broker() -> Iterator[BrokerAddress]:
    with tempfile.TemporaryDirectory() as folder:
        settings, port = Path(folder) / "mosquitto.conf", free_port()
        limits = "max_inflight_messages 0\nmax_queued_messages 0\n"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{limits}")
        with subprocess.Popen([mosquitto(), "-c", settings], stderr=subprocess.DEVNULL) as process:  # noqa: S603 - Debian's
            yield BrokerAddress("127.0.0.1", port)
            process.kill()


async def _cost_us(hears: BrokerLink, heard: Heard, address: BrokerAddress, messages: int) -> tuple[float, float]:
    """Return what a message costs this process and the router's, microseconds."""
    hears.start()
    while hears.status.state is not LinkState.READY:  # noqa: ASYNC110 - a look is enough
        await asyncio.sleep(LOOK_S)
    children = psutil.Process().children()
    before, cpu = _spent_s(children), time.process_time()
    load = await asyncio.create_subprocess_exec(
        *("mosquitto_pub", "-p", str(address.port), "-q", "1", "-l", "-t", f"callahead/v1/{words.car(1)}/event"),
        stdin=subprocess.PIPE,
    )
    assert load.stdin is not None  # noqa: S101 - it is a pipe
    load.stdin.write(_lines(messages))
    load.stdin.close()
    while heard.count < messages:  # noqa: ASYNC110 - likewise
        await asyncio.sleep(LOOK_S)
    found = 1e6 * (time.process_time() - cpu) / messages, 1e6 * (_spent_s(children) - before) / messages
    await load.wait()
    await hears.stopped()
    return found


def _lines(messages: int) -> bytes:
    status, steps = words.template(words.car(1), "vehicle.status", words.statuses()[0]), words.statuses()
    stamp, (before, after) = words.stamp(time.time()), steps[0]
    return b"".join(
        b"".join((status.source, b"%d" % number, status.between, stamp, before, stamp, after, b"\n"))
        for number in range(messages)
    )


def _spent_s(processes: list[psutil.Process]) -> float:
    return sum(sum(one.cpu_times()[:2]) for one in processes)


async def _measure(messages: int, rounds: int) -> None:
    with _broker() as address:
        await asyncio.sleep(1.0)
        for number in range(rounds):
            heard = Heard()
            own, _ = await _cost_us(MqttLink(address, heard.take, client_id=f"own-{number}"), heard, address, messages)
            heard = Heard()
            setup = RouterSetup(address.url, f"routed-{number}")
            ours, theirs = await _cost_us(RoutedLink(setup, heard.take, time.time), heard, address, messages)
            sys.stdout.write(
                f"own link {own:.1f} µs; from a router {ours:.1f} µs, the router {theirs:.1f} µs a message\n"
            )


def main() -> None:
    """Measure it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--messages", type=int, default=20_000)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    asyncio.run(_measure(given.messages, given.rounds))


if __name__ == "__main__":
    main()
