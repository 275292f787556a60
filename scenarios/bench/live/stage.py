"""The stage of a run: broker, service and generator up, devices registered, everybody connected and what that caused handled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dispatch.store.address import StoreAddress
from dispatch.store.journal import Journal
from gateway.contract.broker_address import BrokerAddress
from gateway.devices.registry import DeviceRecord, VendorRecord
from scenarios.bench.live import words
from scenarios.bench.live.brokers import BenchBroker, broker
from scenarios.bench.live.connections import NotHandled, allow_files
from scenarios.bench.live.pilot import Pilot
from scenarios.bench.live.processes import Parts
from scenarios.service.http import Api
from scenarios.service.process import ServiceProcess

UNLIMITED = ("--device-rate", "0", "--vendor-rate", "0")
"""One vendor sends all there is: how fast it is taken is what is to be found out."""
CAUGHT_UP_WITHIN_S = 120.0
GLANCE_S = 0.1
PHONES_SHARE = 10
"""One device in so many is a phone."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is to be measured on."""

    devices: int
    broker: str
    store: str | None
    folder: Path
    connect_within_s: float
    say: Callable[[str], None] = lambda _: None
    """Told what is being done."""
    gateways: int = 1
    """How many processes of the service's hear."""

    @property
    def phones(self) -> int:
        """How many of the devices are phones: those that have faults."""
        return max(1, self.devices // PHONES_SHARE)

    @property
    def cars(self) -> int:
        """The others."""
        return self.devices - self.phones

    @property
    def service_folder(self) -> Path:
        """Where the service keeps what it keeps."""
        return self.folder / "service"

    def address(self) -> StoreAddress:
        """Return where the store is."""
        return StoreAddress.parse(self.store) if self.store else StoreAddress.in_folder(self.service_folder)

    def service(self, on: BenchBroker) -> ServiceProcess:
        """Return the service, not started yet."""
        self.service_folder.mkdir(parents=True, exist_ok=True)
        store = ("--store", self.store) if self.store else ()
        return ServiceProcess(self.service_folder, None, on.option, [*self._options(), *store])

    def _options(self) -> tuple[str, ...]:
        return ("--open-demo", *UNLIMITED, "--gateways", str(self.gateways))


@dataclass(slots=True)
class BenchStage:
    """Everything that runs."""

    setup: Setup
    api: Api
    pilot: Pilot
    parts: Parts
    base: int = 0
    """Deliveries that were handled before the load."""

    def say(self, what: str) -> None:
        """Say what is being done."""
        self.setup.say(what)

    @property
    def folder(self) -> Path:
        """Where files of the run may lie."""
        return self.setup.folder

    def health(self) -> dict[str, int]:
        """Return how the service does."""
        return dict(self.api.start(self.api.get("/health")).result())

    def handled(self) -> int:
        """Return how many deliveries of the load the service has committed and acknowledged."""
        return self.health()["handled"] - self.base

    def catch_up(self, deliveries: int) -> float:
        """Wait until so many deliveries are handled and none waits; return how long. Raises ``NotHandled``."""
        began = time.perf_counter()
        while time.perf_counter() - began < CAUGHT_UP_WITHIN_S:
            now = self.health()
            if now["handled"] - self.base >= deliveries and not now["queue_length"]:
                return time.perf_counter() - began
            time.sleep(GLANCE_S)
        raise NotHandled("the service", self.handled(), deliveries, CAUGHT_UP_WITHIN_S)


@contextmanager
def staged(setup: Setup) -> Iterator[BenchStage]:
    """Bring everything up and connect everybody; take it down at the end."""
    setup.address()  # a wrong one is told before anything runs
    allow_files(setup.devices)  # whoever is started from here has the same
    with ExitStack() as running:
        on = running.enter_context(broker(setup.broker, setup.folder / "mosquitto"))
        service = running.enter_context(setup.service(on))
        stage = running.enter_context(attended(setup, on, service))
        setup.say(f"registering and connecting {setup.devices:,} devices")
        register(stage.api, setup)
        stage.pilot.connect(setup.connect_within_s)
        stage.catch_up(setup.devices)
        stage.base = stage.health()["handled"]
        yield stage
        setup.say("stopping")


@contextmanager
def attended(setup: Setup, on: BenchBroker, service: ServiceProcess) -> Iterator[BenchStage]:
    """Start the generator beside a service and watch both."""
    at = service.addresses()
    address = BrokerAddress.parse(at.broker if on.pid is None and not on.elsewhere else on.option)
    with Api(at.http) as api, Pilot(address, setup.cars, setup.phones) as pilot:
        parts = Parts(service.pid, pilot.pid, on.pid, database=bool(setup.store and "postgres" in setup.store))
        yield BenchStage(setup, api, pilot, parts)


def register(api: Api, setup: Setup) -> None:
    """Register every device. Nobody said that its customer may be called: they get notices."""
    api.register("/vendors", [VendorRecord("volta", "simulated")])
    records = [DeviceRecord(words.car(one), "car", f"c-{one}", "simulated") for one in range(setup.cars)]
    records += [DeviceRecord(words.phone(one), "phone", f"p-{one}", "simulated") for one in range(setup.phones)]
    api.register("/devices", records)


def ledger(setup: Setup) -> Journal:
    """Open what the service wrote, to read it."""
    return Journal.look_at(setup.address())
