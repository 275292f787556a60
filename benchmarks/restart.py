"""How long a service takes to stand where it stood: a ledger of many inputs, from the last snapshot and without one; an inbox.

    .venv/bin/python benchmarks/restart.py [--inputs 1000000]

Fifty trucks report, cars break down, trucks take the jobs, agents ring: nine inputs of ten are trucks that tell where they are.
The snapshot is one that the service would have had: ``EVERY_ROWS`` rows, less one, lie behind it. The inbox has as many statuses
of 8,000 cars, of which no twin was ever written.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from dispatch.core.desk import Desk
from dispatch.core.events import AgentBecameFree, CallConnected, CallEnded, Event, FaultFound, Outcome, TruckReported
from dispatch.core.ids import call_id, tow_id
from dispatch.engine.recovery import CLOSED_KEPT, heard_again, restored
from dispatch.ledger.pipeline import ControlRoom, Turn
from dispatch.ledger.rows import Pen
from dispatch.observe.garbage import look_seldom
from dispatch.registers.customers import Customers
from dispatch.store.batch import batch_of
from dispatch.store.inbox_rows import InboxRow, TakenMessage, framed
from dispatch.store.journal import Journal
from dispatch.store.kept_twins import KeptTwins
from dispatch.views.casebook import Casebook
from dispatch.views.partner_requests import Requests
from dispatch.views.snapshot import EVERY_ROWS, desk_written, snapshot
from gateway.devices.registry import DeviceRecord, Registry
from gateway.devices.twins import Twins
from gateway.finding import Domain, Drive, Finding, Help, Place, Remedy, Severity, TruckReport
from gateway.intake.intake import Intake

START, TRUCKS, REPORTS = 1_768_197_600.0, 50, 54
CARS, BATCH = 8_000, 1_000
STATES: tuple[Literal["arrived", "finished"], ...] = ("arrived", "finished")
PLACE = Place(56.95, 24.1, 8.0, START, "gnss")
FAULT = Finding(
    key="",
    episode="",
    device="",
    domain=Domain.VEHICLE,
    customer="",
    part="battery_12v",
    name="12 V battery",
    probability=0.97,
    alternatives=(),
    why=("P0562: system voltage low",),
    severity=Severity.HIGH,
    drive=Drive.TO_WORKSHOP,
    remedy=Remedy(Help.ROADSIDE, "battery", 1200, 0),
    advice="Your 12 V battery is flat.",
    place=PLACE,
    near="Riga",
    observed_at=START,
    provenance="simulated",
    notify=None,
)


def main() -> None:
    """Write the ledger, then stand up from it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--inputs", type=int, default=1_000_000)
    inputs = asked.parse_args().inputs
    look_seldom()  # as the service does from its first line on
    with TemporaryDirectory() as folder, Journal.open(Path(folder)) as journal:
        _write(journal, inputs)
        rows = journal.ledger.pen().seq
        for name in ("from the snapshot", "the whole ledger"):
            began, cpu = time.perf_counter(), time.process_time()
            found = restored(journal, CLOSED_KEPT)
            took = time.perf_counter() - began, time.process_time() - cpu
            told = f"{inputs:,} inputs, {rows:,} rows, behind row {found.from_seq:,}"
            sys.stdout.write(f"{name}: {took[0]:.1f} s ({took[1]:.1f} s of CPU); {told}; drift: {bool(found.drift)}\n")
            sys.stdout.flush()
            _forget_snapshots(journal)
        _restore_inbox(journal, inputs)


def _restore_inbox(journal: Journal, inputs: int) -> None:
    numbers = range(0, inputs, BATCH)
    for row, first in enumerate(numbers, 1):
        frames = tuple(framed(_status(number)) for number in range(first, min(first + BATCH, inputs)))
        journal.write(batch_of((), START, KeptTwins(row=InboxRow(row, frames))))
    cars = [DeviceRecord(f"volta/car-{number}", "car", f"c-{number}", "simulated") for number in range(CARS)]
    intake = Intake(Registry(cars), twins=Twins(kept=journal.twins.one))
    began, cpu = time.perf_counter(), time.process_time()
    found = heard_again(journal, ControlRoom(intake, Desk(), Customers([]), journal.ledger.pen()))
    took = time.perf_counter() - began, time.process_time() - cpu
    told = f"{inputs:,} statuses of {len(found.checkpoint):,} cars; to be decided: {len(found.undecided)}"
    sys.stdout.write(f"the inbox: {took[0]:.1f} s ({took[1]:.1f} s of CPU); {told}\n")


def _status(number: int) -> TakenMessage:
    """Return what a car tells that drives on."""
    device, round_ = f"volta/car-{number % CARS}", number // CARS
    at = START + 2.0 * round_
    fix = {"latitude": 56.95, "longitude": 24.1 + 1e-5 * round_, "accuracy_m": 8.0, "fix_time": _iso(at)}
    signals = {"Vehicle.Speed": 40.0 + round_ % 9, "Vehicle.LowVoltageBattery.CurrentVoltage": 14.1}
    event = {
        "specversion": "1.0",
        "type": "callahead.vehicle.status.v1",
        "source": f"/{device}",
        "id": f"1-{round_}",
        "time": _iso(at),
        "data": {"signals": signals, "position": fix},
    }
    return TakenMessage(at, glanced=False, topic=f"callahead/v1/{device}/event", payload=json.dumps(event).encode())


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def _write(journal: Journal, inputs: int) -> None:
    room = ControlRoom(Intake(Registry()), Desk(), Customers([]), Pen())
    book, requests, kept = Casebook(most_closed=CLOSED_KEPT), Requests(), False
    rows_each = 0.0
    turns: list[Turn] = []
    for number, (at, event) in enumerate(_day(), 1):
        turns.append(room.tell(event, at))
        for row in turns[-1].rows:
            book.feed(row)
            requests.feed(row)
        rows_each = room.pen.seq / number
        if len(turns) == 2_000 or number == inputs:
            journal.commit(turns, at)
            turns.clear()
            if not kept and (inputs - number) * rows_each < EVERY_ROWS:
                kept = True
                journal.snapshots.keep(snapshot(desk_written(room.desk), book, requests, room.pen.seq, room.pen.hash))
        if number == inputs:
            return


def _day() -> Iterator[tuple[float, Event]]:
    """Yield what happens, for ever."""
    at, number = START, 0
    yield at, AgentBecameFree("agent-1", ("en",), "simulated")
    while True:
        number += 1
        for report in range(REPORTS):
            at += 1.0
            yield at, _report(f"help/truck-{report % TRUCKS:02d}", at)
        car = f"volta/car-{number}/1-1"
        finding = replace(
            FAULT, key=car, episode=car, device=f"volta/car-{number}", customer=f"c{number}", observed_at=at
        )
        yield at, FaultFound(replace(finding, place=replace(PLACE, fix_time=at)), "en", may_call=True, may_order=True)
        yield at + 20, CallConnected(call_id(car), 1)
        yield at + 40, CallEnded(call_id(car), 1, Outcome.INFORMED)
        yield at + 40, AgentBecameFree("agent-1", ("en",), "simulated")
        for state in STATES:
            at += 50.0
            yield at, _report("help/truck-00", at, tow_id(car), state)


def _report(
    truck: str, at: float, job: str | None = None, state: Literal["arrived", "finished"] | None = None
) -> TruckReported:
    place = replace(PLACE, fix_time=at)
    key, duty = f"{truck}/1-{at:.0f}{state or ''}", truck.endswith("-00")  # one truck is on duty and takes every job
    told = TruckReport(key, truck, place, duty, ("battery",), "simulated", job, state)
    return TruckReported(told)


def _forget_snapshots(journal: Journal) -> None:
    journal.snapshots.forget_all()


if __name__ == "__main__":
    main()
