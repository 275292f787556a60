"""How the service is to run, as its command line says it."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from dispatch.delivery.geocoding import Geocoder
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.store.address import StoreAddress
from gateway.access.listen import LOOPBACK, Listen
from gateway.errors import OperatorError

EMBEDDED = "embedded"


class CannotStart(OperatorError):  # noqa: N818 - says what happened
    """The operator's fault, or the machine's: the message says what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service is to run."""

    host: str
    port: int
    broker: str
    folder: Path
    open_demo: bool
    clock: Path | None
    ready: Path | None
    as_json: bool
    stop_with_parent: bool
    mappings: tuple[str, ...] = ()
    tls: Listen | None = None
    """Where devices connect with TLS and password."""
    certificates: Listen | None = None
    """Where they connect with a client certificate."""
    names: tuple[str, ...] = ()
    """What the machine is called by devices."""
    mosquitto: Path | None = None
    """Where a Mosquitto's files are kept."""
    geocoder: Geocoder | None = None
    """Who is asked for street addresses."""
    codes: tuple[Path, ...] = ()
    """What makes mean by trouble codes of their own, beside what is shipped."""
    ble_adapter: str | None = None
    """The Bluetooth adapter; without it there is no Bluetooth."""
    ble_connections: int | None = None
    """At once; ``None``: as many as the adapter is good for."""
    house: HousePolicy = field(default_factory=HousePolicy)
    """How the house works: what ``--policy`` and ``--quiet-hours`` say."""
    policy_file: Path | None = None
    store: StoreAddress | None = None
    """Where the store is; ``None``: a SQLite file in ``folder``."""

    otel: str | None = None
    """Where traces are sent; ``None``: nowhere, unless the environment says so."""

    def store_address(self) -> StoreAddress:
        """Return where the store is."""
        return self.store or StoreAddress.in_folder(self.folder)

    def host_names(self) -> list[str]:
        """Return what a broker's certificate names."""
        return [*(self.names or [socket.gethostname()]), "localhost", LOOPBACK]

    def told(self, host: str) -> str:
        """Return the name under which devices reach what listens at ``host``."""
        return self.host_names()[0] if self.names or host in {"0.0.0.0", "::"} else host  # noqa: S104 - asked for
