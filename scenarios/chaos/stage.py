"""One store's life: a broker, a service under a supervisor, wires, people and devices, put together and taken down."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dispatch.core.ids import device_of_case
from dispatch.ledger.rows import Row
from dispatch.store.address import StoreAddress
from gateway.contract.broker_address import BrokerAddress
from gateway.devices.registry import VendorRecord
from scenarios.chaos.agenda import Agenda
from scenarios.chaos.brokers import BrokerProcess
from scenarios.chaos.chronicle import Chronicle
from scenarios.chaos.clock import SteppedClock
from scenarios.chaos.database import FillablePostgres
from scenarios.chaos.disk import Disk
from scenarios.chaos.fleet import VENDOR, Fleet
from scenarios.chaos.judge import WorldRecord, told_by
from scenarios.chaos.kinds import Layout
from scenarios.chaos.paying.bank import ChaosBank
from scenarios.chaos.paying.customers import ChaosCustomers
from scenarios.chaos.people import SUPPLIER, WORKSHOP
from scenarios.chaos.supervised import REFUSED, Supervised
from scenarios.chaos.twins import TwinsShown
from scenarios.chaos.wires import Loop, Wire
from scenarios.service.door import ServiceDoor
from scenarios.service.forks import Forked
from scenarios.service.http import as_asked
from scenarios.service.process import CannotPlay

READY_WITHIN_S = 60.0
GLANCE_S = 0.02
"""Between two looks at what only a look can tell."""


@dataclass(slots=True)
class ChaosStage:
    """Everything a round is played on."""

    folder: Path
    layout: Layout
    chronicle: Chronicle
    seen: WorldRecord
    fleet: Fleet
    service: Supervised
    devices: Wire
    link: Wire | None
    """The wire between service and broker, where the broker is apart."""
    broker: BrokerProcess | None
    store: StoreAddress
    database: FillablePostgres | None
    """Ours, where there is one to be killed."""
    disk: Disk
    clock: SteppedClock | None
    bank: ChaosBank
    customers: ChaosCustomers
    loop: Loop
    shown: TwinsShown
    rows: queue.SimpleQueue[list[Row]] = field(default_factory=queue.SimpleQueue)
    """The ledger, as the API shows it."""
    rivals: list[tuple[Forked, Path, int]] = field(default_factory=list)
    """Further services on the same store, where each would say that it is up, and how often the first was refused before."""
    refused: int = 0
    """Of them, those that would not run beside the first."""
    cases: dict[str, str] = field(default_factory=dict)
    """Device → its case."""
    closed: set[str] = field(default_factory=set)
    commands: list[tuple[str, str]] = field(default_factory=list)
    """Device and command id."""

    def live(self, agenda: Agenda, over: Callable[[], bool], within_s: float) -> bool:
        """Let everything happen until it is ``over``; ``False`` where it is not in time."""
        deadline = time.monotonic() + within_s
        while True:
            agenda.do_what_is_due()
            self._take_in(min(GLANCE_S, agenda.until_next() or GLANCE_S))
            self._see_to_rivals()
            if agenda.until_next() is None and not self.rivals and over():
                return True
            if time.monotonic() > deadline:
                return False

    def await_ready(self) -> None:
        """Wait until the service is up. Raises ``CannotPlay`` with what it said."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.service.ready():
            if time.monotonic() > deadline:
                message = f"the service was not ready within {READY_WITHIN_S:.0f} s:\n{self.service.last_words()}"
                raise CannotPlay(message)
            time.sleep(GLANCE_S)

    def _take_in(self, within_s: float) -> None:
        try:
            self.fleet.take(self.fleet.inbox.get(timeout=within_s))
            while True:
                self.fleet.take(self.fleet.inbox.get_nowait())
        except queue.Empty:
            pass
        while not self.rows.empty():
            for row in self.rows.get():
                self._note(row)

    def _note(self, row: Row) -> None:
        if row.case is not None and row.type == "OpenCase":
            self.cases[device_of_case(row.case)] = row.case
        elif row.case is not None and row.type == "CloseCase":
            self.closed.add(row.case)
        self.commands += told_by(row)

    def _see_to_rivals(self) -> None:
        """A second service must not run beside the first: it ends by itself, or it took over and is killed in its turn."""
        for one in list(self.rivals):
            process, ready, before = one
            code = process.poll()
            if code is None and not ready.exists() and self.service.refusals == before:
                continue
            if code is None:
                process.kill()
                process.wait()
            self.refused += code == REFUSED
            self.chronicle.note("second service", pid=process.pid, code=code, took_over=code is None)
            if process.stdin:
                process.stdin.close()
            self.rivals.remove(one)


def register(http: str, fleet: Fleet) -> None:
    """Make everybody known to the service."""
    door = ServiceDoor(http)
    door.post("/vendors", [asdict(VendorRecord(VENDOR, "simulated"))])
    door.post("/customers", [as_asked(one) for one in fleet.customers()])
    door.post("/devices", [asdict(one) for one in fleet.records()])
    at = {"latitude": 56.94, "longitude": 24.11, "provenance": "simulated"}
    door.post("/workshops", [{"workshop": WORKSHOP} | at])
    door.post("/suppliers", [{"supplier": SUPPLIER, "serves": ["supplies", "technician"]} | at])


def device_url(http: str, port: int, layout: Layout) -> str:
    """Return where devices connect, with a credential where the broker asks for one."""
    if layout is Layout.APART:
        return f"mqtt://127.0.0.1:{port}"
    told = ServiceDoor(http).post(f"/vendors/{VENDOR}/credentials", {})
    return BrokerAddress("127.0.0.1", port, told["username"], told["password"]).url
