"""How the service is to run, as its command line says it: a group for each thing that is set."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from dispatch.channels.sip.trunk_file import TrunkSettings
from dispatch.delivery.geocoder import Geocoder
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.engine.sender_budgets import Limits
from dispatch.maps.map_tiles import MapTiles
from dispatch.policy_model.house_policy import HousePolicy
from dispatch.service.channels_file import ChannelSettings
from dispatch.service.provider_file import ProviderSettings
from dispatch.store.address import StoreAddress
from gateway.access.credentials import ClientIds
from gateway.access.listen import LOOPBACK, Listen
from gateway.errors import OperatorError

EMBEDDED = "embedded"


class CannotStart(OperatorError):  # noqa: N818 - says what happened
    """The operator's fault, or the machine's: the message says what to change."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the HTTP API and the console are; port 0: any free one."""

    host: str
    port: int
    tls: tuple[Path, Path] | None = None
    """Certificate and key; ``None``: in the clear."""
    names: tuple[str, ...] = ()
    """What browsers and machines call the service, beside the machine's own names."""
    log_in: bool | None = None
    """Does everybody log in from the start? ``None``: but with ``--open-demo``."""
    provider: ProviderSettings | None = None
    """The house's OpenID Connect provider."""
    public_url: str = ""
    """What links of customers' own pages begin with; empty: messages carry none."""
    map_file: MapTiles | None = None
    """What the dispatcher's map is drawn from; ``None``: the roads, and names of places."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What is kept, and where."""

    folder: Path
    """Of everything that is no row: the broker's store, the authority, Bluetooth's bonds."""
    elsewhere: StoreAddress | None = None
    """Where the store is; ``None``: a SQLite file in ``folder``."""

    def address(self) -> StoreAddress:
        """Return where the store is."""
        return self.elsewhere or StoreAddress.in_folder(self.folder)


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Which broker, and where devices find it."""

    url: str = EMBEDDED
    tls: Listen | None = None
    """Where devices connect with TLS and password."""
    certificates: Listen | None = None
    """Where they connect with a client certificate."""
    names: tuple[str, ...] = ()
    """What the machine is called by devices."""
    mosquitto: Path | None = None
    """Where a Mosquitto's files are kept."""
    client_ids: ClientIds = ClientIds.WARN
    """What becomes of a user whose client id is not its own."""

    @property
    def is_ours(self) -> bool:
        """Whether the service runs the broker itself."""
        return self.url.startswith(EMBEDDED)

    def host_names(self) -> list[str]:
        """Return what a broker's certificate names."""
        return [*(self.names or [socket.gethostname()]), "localhost", LOOPBACK]

    def told(self, host: str) -> str:
        """Return the name under which devices reach what listens at ``host``."""
        return self.host_names()[0] if self.names or host in {"0.0.0.0", "::"} else host  # noqa: S104 - asked for


@dataclass(frozen=True, slots=True)
class HearingSettings:
    """Which devices are heard, and how what they say is read."""

    open_demo: bool = False
    """Also those that nobody registered, as simulated ones."""
    mappings: tuple[str, ...] = ()
    """Vendors' own topics: files, or names of what is shipped."""
    codes: tuple[Path, ...] = ()
    """What makes mean by trouble codes of their own, beside what is shipped."""
    limits: Limits = field(default_factory=Limits)
    """How much one sender may ask of us."""
    gateways: int = 1
    """How many processes hear; with one, it is the service's own."""
    gateways_at: Listen | None = None
    """Where gateways of other machines join; ``None``: they are processes of this one."""


@dataclass(frozen=True, slots=True)
class BleSettings:
    """Bluetooth LE."""

    adapter: str
    connections: int | None = None
    """At once; ``None``: as many as the adapter is good for."""


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """How the house works: what ``--policy`` and ``--quiet-hours`` say."""

    house: HousePolicy = field(default_factory=HousePolicy)
    file: Path | None = None
    shadow: HousePolicy | None = None
    """What decides beside it and acts on nothing; ``None``: nothing does."""


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """How whoever starts the service sets its time, hears of it, and ends it."""

    clock: Path | None = None
    """A story's clock file; ``None``: the real time."""
    ready: Path | None = None
    """Where addresses and process id are written once everything is up."""
    as_json: bool = False
    stop_with_parent: bool = False


@dataclass(frozen=True, slots=True)
class WatchingSettings:
    """What operators watch."""

    otel: str | None = None
    """Where traces are sent; ``None``: nowhere, unless the environment says so."""
    log_format: str = "auto"
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service is to run."""

    web: WebSettings
    store: StoreSettings
    broker: BrokerSettings
    hearing: HearingSettings
    ble: BleSettings | None
    policy: PolicySettings
    process: ProcessSettings
    geocoder: Geocoder | None = None
    """Who is asked for street addresses."""
    partner_networks: PartnerNetworks = field(default_factory=PartnerNetworks)
    """Where partners may be, beside the public internet."""
    channels: ChannelSettings | None = None
    """By which providers customers are written to."""
    watching: WatchingSettings = field(default_factory=WatchingSettings)
    telephone_lines: tuple[TrunkSettings, ...] = ()
    """By which agents and customers are rung."""
