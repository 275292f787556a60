"""What a routine status costs the service's process without its link to the broker: alone, and with gateway processes.

    .venv/bin/python benchmarks/gateways.py [--gateways 2] [--rounds 60]

2,000 cars say something, again and again, to two services in turn; processor's time from the receipt until all is committed to
SQLite and acknowledged, of this process, and of the gateways' together.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from dispatch.cli.gateway_processes import GatewayProcesses
from dispatch.core.desk import Desk
from dispatch.engine.checkpoint import Checkpoint
from dispatch.engine.clock import WallClock
from dispatch.engine.driver import Driver
from dispatch.engine.sender_budgets import Limits, SenderBudgets
from dispatch.gateways.lending import Lending
from dispatch.ledger.pipeline import ControlRoom
from dispatch.registers.customers import Customers
from dispatch.service.settings import HearingSettings, WatchingSettings
from dispatch.store.journal import Journal
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twins import Twins
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery
from scenarios.bench.live import words

CARS, AT_ONCE = 2_000, 1_000
LOOK_S = 0.03
SETTLED = 3
"""After so many rounds every car is lent."""
NO_LIMITS = Limits(0.0, 0.0)


class Heard:
    """A service without doors, and how much it took."""

    def __init__(self, folder: Path, gateways: int) -> None:
        journal = Journal.open(folder)
        cars = [DeviceRecord(words.car(number), "car", f"c-{number}", "simulated") for number in range(CARS)]
        twins = Twins(kept=journal.twins.one)
        intake = Intake(Registry(cars), twins=twins)
        room = ControlRoom(intake, Desk(), Customers([]), journal.ledger.pen())
        budgets = SenderBudgets(NO_LIMITS, lambda: 1, intake.admits)
        self.driver = Driver(room, journal, WallClock(), budgets=budgets, checkpoint=Checkpoint(twins))
        self.receive: Callable[[Delivery], None] = self.driver.offer
        self.lending = Lending(self.driver, room, journal, gateways) if gateways else None
        self.parts: list[Driver | GatewayProcesses] = [self.driver]
        if self.lending is not None:
            self.receive = self.lending.receive
            hearing = HearingSettings(limits=NO_LIMITS)
            self.parts.append(GatewayProcesses(self.lending, hearing, WatchingSettings()))
        self.running = [asyncio.create_task(part.run()) for part in self.parts]

    async def is_up(self) -> None:
        """Wait for the gateways."""
        while self.lending is not None and any(self.lending.troubles()):  # noqa: ASYNC110 - a look is enough
            await asyncio.sleep(LOOK_S)

    async def take(self, said: list[Delivery], upto: int) -> None:
        """Take messages; returns when as many as ``upto`` were acknowledged in all."""
        for first in range(0, len(said), AT_ONCE):
            for one in said[first : first + AT_ONCE]:
                self.receive(one)
            await asyncio.sleep(0)
        while self.driver.announcer.handled < upto:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(LOOK_S)

    async def ends(self) -> None:
        """End it."""
        for part in reversed(self.parts):
            part.stop()
        await asyncio.gather(*self.running)


def _said(number: int) -> list[Delivery]:
    """Return what every car says in a round."""
    steps, now, said = words.statuses(), time.time(), list[Delivery]()
    stamp, seq = words.stamp(now), b"%d" % (words.FIRST_SEQ + number)
    for car in range(CARS):
        name, (before, after) = words.car(car), steps[(car + number) % words.STEPS]
        begins = words.template(name, "vehicle.status", steps[0])
        payload = b"".join((begins.source, seq, begins.between, stamp, before, stamp, after))
        said.append(Delivery(f"callahead/v1/{name}/event", payload, retained=False, received_at=now, ack=_nobody))
    return said


def _nobody() -> None:
    """Nobody waits for it."""


async def _measure(gateways: int, rounds: int) -> None:
    own, spent, theirs = psutil.Process(), Counter[int](), Counter[int]()
    with tempfile.TemporaryDirectory() as folder:
        houses = {count: Heard(Path(folder) / str(count), count) for count in (0, gateways)}
        for house in houses.values():
            await house.is_up()
        children = own.children()
        for number in range(rounds):
            for count, house in houses.items():
                said = _said(number)
                before, cpu = _spent_ns(children), time.process_time_ns()
                await house.take(said, CARS * (number + 1))
                if number >= SETTLED:
                    spent[count] += time.process_time_ns() - cpu
                    theirs[count] += _spent_ns(children) - before
        for house in houses.values():
            await house.ends()
    for count in houses:
        each = 1_000 * CARS * (rounds - SETTLED)
        sys.stdout.write(
            f"{count} gateways: service {spent[count] / each:.1f} µs, they {theirs[count] / each:.1f} µs a status\n"
        )


def _spent_ns(processes: list[psutil.Process]) -> int:
    return sum(int(1e9 * sum(one.cpu_times()[:2])) for one in processes)


def main() -> None:
    """Measure it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--gateways", type=int, default=2)
    asked.add_argument("--rounds", type=int, default=60)
    given = asked.parse_args()
    asyncio.run(_measure(given.gateways, given.rounds))


if __name__ == "__main__":
    main()
