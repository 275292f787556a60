"""What the disk has to do for a fleet that begins to speak within one second, and how long its messages wait for it.

    .venv/bin/python benchmarks/disk.py [--store sqlite|postgresql] [--devices 5000] [--rate 6000] [--seconds 100]

The service's own driver, control room, inbox and store, without links and doors: cars say something at a steady pace, and each
message is timed from when it was due until it is acknowledged. Told for each ten seconds: what the heaviest of their commits wrote
and let go; the median, the 99th percentile and the longest of what commits took and messages waited; how large the store and this
process are. Numbers of twins and bytes hold on any machine; times are this one's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import psutil
from store import MEGABYTE, address, sizes

from dispatch.core.desk import Desk
from dispatch.engine.checkpoint import Checkpoint
from dispatch.engine.clock import WallClock
from dispatch.engine.driver import Driver
from dispatch.engine.sender_budgets import Limits, SenderBudgets
from dispatch.ledger.pipeline import ControlRoom
from dispatch.observe.garbage import look_seldom
from dispatch.registers.customers import Customers
from dispatch.store.address import StoreAddress
from dispatch.store.batch import Batch
from dispatch.store.journal import Journal
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twins import Twins
from gateway.intake.intake import Intake
from gateway.links.handover.delivery import Delivery
from scenarios.bench.live import words

GRAIN_S = 0.005
"""So often what is due is offered."""
PART_S = 10.0
NO_LIMITS = Limits(0.0, 0.0)


@dataclass(slots=True)
class Part:
    """What happened in some seconds."""

    took: list[tuple[float, int, int]] = field(default_factory=list)
    """Of each commit: seconds, how many twins it wrote, and how many bytes of the inbox it let go."""
    waited: list[float] = field(default_factory=list)
    """Seconds of each message."""

    def told(self) -> str:
        """Return it as a line."""
        took, twins, gone = zip(*self.took, strict=True) if self.took else ((0.0,), (0,), (0,))
        slowest = max(self.took, default=(0.0, 0, 0))
        written = f"at most {max(twins)} twins, {sum(twins)} in all"
        let_go = f"at most {max(gone) / MEGABYTE:.1f} MB let go, {sum(gone) / MEGABYTE:.0f} in all"
        last = f"that with {slowest[1]} twins, {slowest[2] / MEGABYTE:.1f} MB"
        times = f"ms of a commit {_ms(took)}, {last}; of a message {_ms(self.waited)}"
        return f"{len(self.took)} commits: {written}; {let_go}; {times}"


def _ms(seconds: Sequence[float]) -> str:
    """Return the median, the 99th percentile and the longest."""
    ordered = sorted(seconds) or [0.0]
    return ", ".join(
        f"{1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.0f}" for share in (0.5, 0.99, 1)
    )


class Fleet:
    """Cars that speak in turn, and whoever hears them."""

    def __init__(self, journal: Journal, devices: int) -> None:
        cars = [DeviceRecord(words.car(number), "car", f"c-{number}", "simulated") for number in range(devices)]
        twins = Twins(kept=journal.twins.one)
        intake = Intake(Registry(cars), twins=twins)
        room = ControlRoom(intake, Desk(), Customers([]), journal.ledger.pen())
        budgets = SenderBudgets(NO_LIMITS, lambda: 1, intake.admits)
        self.driver = Driver(room, journal, WallClock(), budgets=budgets, checkpoint=Checkpoint(twins))
        self.part = Part()
        self._write, journal.write = journal.write, self._timed  # type: ignore[method-assign]
        self._lies: dict[int, int] = {}
        """Rows of the inbox and their bytes."""
        self._steps = words.statuses()
        self._begins = [words.template(car.device, "vehicle.status", self._steps[0]) for car in cars]
        self._topics = [f"callahead/v1/{car.device}/event" for car in cars]

    def say(self, number: int, due: float, stamp: bytes) -> None:
        """Have the next car say something that was due at a moment, ``time.perf_counter``."""
        turn, car = divmod(number, len(self._begins))
        begins, (before, after) = self._begins[car], self._steps[(car + turn) % words.STEPS]
        seq = b"%d" % (words.FIRST_SEQ + turn)
        payload = b"".join((begins.source, seq, begins.between, stamp, before, stamp, after))
        ack = partial(self._acknowledged, due)
        self.driver.offer(Delivery(self._topics[car], payload, retained=False, received_at=time.time(), ack=ack))

    def _acknowledged(self, due: float) -> None:
        self.part.waited.append(time.perf_counter() - due)

    def _timed(self, batch: Batch) -> None:
        """In the thread that commits."""
        began, part = time.perf_counter(), self.part
        self._write(batch)
        took = time.perf_counter() - began
        gone = sum(self._lies.pop(row) for row in [*self._lies] if row <= batch.covered)
        part.took.append((took, len(batch.twins), gone))
        if batch.inbox is not None:
            self._lies[batch.inbox.seq] = sum(map(len, batch.inbox.frames))


async def _run(where: StoreAddress, devices: int, rate: float, seconds: float, say: Callable[[str], None]) -> None:
    look_seldom()  # as callahead-serve does
    with Journal.open_at(where) as journal:
        fleet, own = Fleet(journal, devices), psutil.Process()
        running = asyncio.create_task(fleet.driver.run())
        began, sent, over = time.perf_counter(), 0, 0.0
        while (now := time.perf_counter() - began) < seconds:
            stamp, due = words.stamp(time.time()), min(int(now * rate), sent + int(rate))
            for number in range(sent, due):
                fleet.say(number, began + number / rate, stamp)
            sent = due
            if now >= over + PART_S:
                over += PART_S
                part, fleet.part = fleet.part, Part()
                say(f"{over:4.0f} s: {part.told()}; {sizes(where)}; {own.memory_info().rss / MEGABYTE:.0f} MB here")
            await asyncio.sleep(GRAIN_S)
        fleet.driver.stop()
        await running


def main() -> None:
    """Measure it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--store", default="sqlite")
    asked.add_argument("--devices", type=int, default=5_000)
    asked.add_argument("--rate", type=float, default=6_000)
    asked.add_argument("--seconds", type=float, default=100)
    given = asked.parse_args()
    say = lambda line: print(line, file=sys.stdout, flush=True)  # noqa: E731, T201 - lines as they come
    with address(given.store) as where:
        asyncio.run(_run(where, given.devices, given.rate, given.seconds, say))


if __name__ == "__main__":
    main()
