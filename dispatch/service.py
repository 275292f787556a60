"""The parts of one running service, as the API and the console see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dispatch.addresses import Addresses
from dispatch.casebook import Casebook
from dispatch.claims import Claims
from dispatch.clock import Clock
from dispatch.control import ControlRoom
from dispatch.customers import Customers
from dispatch.driver import Driver
from dispatch.gatekeeper import Gatekeeper
from dispatch.journal import Journal
from dispatch.requests import Requests
from gateway.links.status import LinkStatus
from gateway.twin import Twin


@dataclass(frozen=True, slots=True)
class BrokersTold:
    """Where devices are told to connect: in the clear, with TLS, with a certificate. ``None``: no such listener."""

    plain: str
    tls: str | None = None
    certificates: str | None = None


@dataclass(slots=True)
class Service:
    """Everything is read in the event loop's thread; only the driver changes it."""

    clock: Clock
    journal: Journal
    room: ControlRoom
    customers: Customers
    casebook: Casebook
    requests: Requests
    claims: Claims
    driver: Driver
    gatekeeper: Gatekeeper
    brokers_told: BrokersTold
    broker: Callable[[], LinkStatus | None]
    """How the connection to the broker stands; ``None`` where there is none."""
    hung_up: list[str] = field(default_factory=list)
    """Agents who waited for a call when the service ended the last time."""
    addresses: Addresses = field(default_factory=Addresses)
    bluetooth: Callable[[], LinkStatus | None] = lambda: None
    """How the Bluetooth adapter stands; ``None`` where there is none."""

    def now(self) -> float:
        """Return the service's time, POSIX seconds."""
        return self.clock.now()

    def twins(self) -> dict[str, Twin]:
        """Return the devices' twins by name."""
        return self.room.intake.twins

    def name_of(self, customer: str) -> str:
        """Return the customer's name; the id where it is not known."""
        known = self.customers.get(customer)
        return known.name if known else customer

    def link(self) -> str:
        """Say how the connection to the broker stands, in one word."""
        status = self.broker()
        return str(status.state) if status else "none"
