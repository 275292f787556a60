"""What the desk's tests speak: findings and reports with everything filled in that a test does not care about."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from dispatch.access.hosts import AllowedHosts
from dispatch.core.actions import Action
from dispatch.core.desk import Desk
from dispatch.core.events import (
    AgentBecameFree,
    CallConnected,
    CallEnded,
    CustomerPhoned,
    Event,
    FaultFound,
    Outcome,
    SupplierOpened,
    TruckReported,
    WorkshopOpened,
)
from dispatch.engine.clock import WallClock
from dispatch.service.build import Hearing, build
from dispatch.service.log_in import LogIn
from dispatch.service.service import Service, ServiceBroker
from dispatch.store.journal import Journal
from dispatch.web.api.app import create_app
from gateway.contract.broker_address import BrokerAddress
from gateway.finding import Domain, Drive, Finding, Help, Place, Remedy, Severity, TruckReport
from gateway.links.handover.delivery import Delivery

START = 1_768_197_600.0
"""2026-01-12 06:00 UTC."""
HTTP = "http://127.0.0.1:8080"
"""What clients of a service without a port call it."""
FLAT_BATTERY = Finding(
    key="volta/car-1/1-7",
    episode="volta/car-1/1-7",
    device="volta/car-1",
    domain=Domain.VEHICLE,
    customer="c-1",
    part="battery_12v",
    name="12 V battery",
    probability=0.97,
    alternatives=(),
    why=("P0562",),
    severity=Severity.HIGH,
    drive=Drive.STOP_NOW,
    remedy=Remedy(Help.ROADSIDE, "battery", 1200, 1800),
    advice="Your 12 V battery is flat.",
    place=Place(56.95, 24.10, 8.0, START, "gnss"),
    near="Riga",
    observed_at=START,
    provenance="simulated",
    notify="volta/phone-1",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Callable[..., Browser]]:
    """Open the first of these Chromiums that is installed. They reach nothing but this machine."""
    with sync_playwright() as playwright, ExitStack() as stack:

        def start(*names: str) -> Browser:
            found = next(filter(None, map(shutil.which, names)), None)
            if found is None and not os.environ.get("CI"):
                pytest.skip("chromium is not installed")
            flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            flags += ["--use-fake-device-for-media-stream"]  # where there is no camera, a made-up picture
            opened = playwright.chromium.launch(executable_path=found, args=flags)
            stack.callback(opened.close)
            return opened

        yield start


@pytest.fixture(scope="module")
def browser(chromium: Callable[..., Browser]) -> Browser:
    """The one without windows, which opens a page in a third of the time, or the whole one."""
    return chromium("chromium-headless-shell", "chromium", "google-chrome")


@pytest.fixture(scope="module")
def whole_browser(chromium: Callable[..., Browser]) -> Browser:
    """The whole one, for who speaks or is seen: the one without windows has neither microphone nor camera."""
    return chromium("chromium", "google-chrome")


class Hour:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the hour."""
        return self.now


@pytest.fixture
def hour() -> Hour:
    """What the log-in reads."""
    return Hour()


@asynccontextmanager
async def portless(**settings: Any) -> AsyncIterator[Service]:
    """A service without broker and without port, on a store in memory. ``settings``: as ``build`` takes them."""
    with Journal.in_memory() as journal:
        broker = ServiceBroker.at(BrokerAddress("127.0.0.1", 1))
        made, _ = build(journal, WallClock(), broker, Hearing(open_demo=False), **settings)
        running = asyncio.create_task(made.driver.run())
        yield made
        made.driver.stop()
        await running


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A service without broker and without port."""
    async with portless() as made:
        yield made


@pytest.fixture
def linked(service: Service, hour: Hour) -> None:
    """Its messages carry links, which hold by a clock that goes when it is told to."""
    service.log_in = LogIn(service.journal, now=hour)
    service.page_links.public_url = HTTP


class Connect(Protocol):
    """Makes clients, each with cookies of its own."""

    def __call__(self, key: str | None = None, **headers: str) -> httpx.AsyncClient:
        """Return a new one that shows ``key``, where there is one."""


@pytest.fixture
async def connect(service: Service) -> AsyncIterator[Connect]:
    """Make clients of the service, each with cookies of its own."""
    app, made = create_app(service, AllowedHosts()), list[httpx.AsyncClient]()

    def start(key: str | None = None, **headers: str) -> httpx.AsyncClient:
        bearer = {"authorization": f"Bearer {key}"} if key else {}
        made.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HTTP, headers=bearer | headers))
        return made[-1]

    yield start
    for client in made:
        await client.aclose()


async def heard(service: Service, topic: str, payload: bytes) -> None:
    """Have a service hear a message, and return once it is acknowledged."""
    acked = asyncio.Event()
    service.driver.offer(Delivery(topic, payload, retained=False, received_at=service.now(), ack=acked.set))
    await asyncio.wait_for(acked.wait(), 60)


@pytest.fixture
def hear(service: Service) -> Callable[[tuple[str, bytes]], Awaitable[None]]:
    """Have the service hear a message, and return once it is acknowledged."""
    return lambda message: heard(service, *message)


A = TypeVar("A", bound=Action)


def all_of(actions: list[Action], kind: type[A]) -> list[A]:
    """Return the actions of this kind."""
    return [action for action in actions if isinstance(action, kind)]


def only(actions: list[Action], kind: type[A]) -> A:
    """Return the one action of this kind."""
    (found,) = all_of(actions, kind)
    return found


def none(actions: list[Action], *kinds: type) -> bool:
    """Tell whether there is no action of these kinds."""
    return not any(isinstance(action, kinds) for action in actions)


@dataclass
class Room:
    """A desk with a memory: what it was told, and what it decided."""

    desk: Desk = field(default_factory=Desk)
    now: float = START
    told: list[tuple[Event, float]] = field(default_factory=list)
    decided: list[tuple[float, Action]] = field(default_factory=list)

    def tell(self, event: Event, after: float = 0.0) -> list[Action]:
        """Let ``after`` seconds pass, then tell the desk; return what it decides about both."""
        self.now += after
        self.told.append((event, self.now))
        return self._note(self.desk.handle(event, self.now))

    def wait(self, seconds: float) -> list[Action]:
        """Let time pass."""
        self.now += seconds
        return self._note(self.desk.wake(self.now))

    def found(self, **changes: object) -> list[Action]:
        """Report a flat battery, or what ``changes`` make of it."""
        may_call = bool(changes.pop("may_call", True))
        may_order = bool(changes.pop("may_order", True))
        reach: Any = changes.pop("reach", ())
        finding = replace(FLAT_BATTERY, **changes)  # type: ignore[arg-type]
        return self.tell(FaultFound(finding, "lv", may_call, may_order, reach=reach))

    def truck(self, name: str, state: str | None = None, **changes: object) -> list[Action]:
        """A truck 1.1 km north of the car reports, or what ``changes`` make of it."""
        report = TruckReport(
            key=f"{name}/{len(self.told)}",
            truck=name,
            place=Place(56.96, 24.10, 10.0, self.now, "gnss"),
            on_duty=True,
            skills=("battery", "tyre", "electric", "tow"),
            provenance="simulated",
            job=f"{FLAT_BATTERY.episode}/tow" if state else None,
            job_state=state,  # type: ignore[arg-type]
        )
        return self.tell(TruckReported(replace(report, **changes)))  # type: ignore[arg-type]

    def agent(self, name: str = "agent-1", language: str = "lv") -> list[Action]:
        """An agent asks for the next call."""
        return self.tell(AgentBecameFree(name, (language,), "simulated"))

    def connected(self, call: str, attempt: int = 1) -> list[Action]:
        """Agent and customer speak."""
        return self.tell(CallConnected(call, attempt), 20)

    def ended(
        self,
        call: str,
        outcome: Outcome,
        attempt: int = 1,
        place: Place | None = None,
        *,
        wants_help: bool | None = None,
    ) -> list[Action]:
        """The call is over."""
        return self.tell(CallEnded(call, attempt, outcome, place, wants_help), 60)

    def phones(self, customer: str = "c-1", ref: str = "in/1") -> list[Action]:
        """The customer rings in."""
        return self.tell(CustomerPhoned(ref, customer, "lv", "simulated"))

    def _note(self, decisions: list[tuple[float, Action]]) -> list[Action]:
        self.decided.extend(decisions)
        return [action for _, action in decisions]


@pytest.fixture
def start() -> float:
    """2026-01-12 06:00 UTC, POSIX seconds."""
    return START


@pytest.fixture
def room() -> Room:
    """A desk that knows two workshops and two suppliers."""
    room = Room()
    room.tell(WorkshopOpened("workshop-near", 56.94, 24.11, "simulated"))
    room.tell(WorkshopOpened("workshop-far", 57.30, 24.60, "simulated"))
    room.tell(SupplierOpened("supplier-1", ("supplies", "technician"), 56.95, 24.12, "simulated"))
    room.tell(SupplierOpened("supplier-2", ("supplies", "technician"), 57.20, 24.50, "simulated"))
    return room


@pytest.fixture
def bare() -> Callable[[], Room]:
    """Make a room whose desk knows nobody."""
    return Room


def vehicle_event(device: str, seq: int, kind: str, data: dict[str, Any], at: float) -> tuple[str, bytes]:
    """Return topic and payload of what a car says at ``at``, POSIX seconds; with line breaks, as some senders write."""
    event = {
        "specversion": "1.0",
        "type": f"callahead.vehicle.{kind}.v1",
        "source": f"/{device}",
        "id": f"1-{seq}",
        "time": datetime.fromtimestamp(at, UTC).isoformat(),
        "data": data,
    }
    return f"callahead/v1/{device}/event", json.dumps(event, indent=1).encode()


class ToldClock:
    """Goes on when it is told to."""

    at = START

    def now(self) -> float:
        """POSIX seconds."""
        return self.at

    def real_seconds_until(self, at: float) -> float:
        """Of the wall."""
        return 0.0 if at <= self.at else 3_600.0

    def real_seconds(self, span: float) -> float:
        """As many."""
        return span
