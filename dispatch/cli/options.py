"""What ``callahead-serve`` may be told on its command line, in groups, and the settings that each group makes."""

from __future__ import annotations

import importlib
import logging
import os
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from dispatch.access.hosts import is_loopback, safe_url
from dispatch.channels.sip.process import TRIED
from dispatch.channels.sip.trunk_file import TrunkSettings, read_trunks
from dispatch.cli.given_secrets import revealed
from dispatch.delivery.geocoder import Geocoder
from dispatch.delivery.partner_networks import PartnerNetworks
from dispatch.engine.sender_budgets import DEVICE_RATE, VENDOR_RATE, Limits
from dispatch.maps.map_tiles import MapTiles
from dispatch.observe.logs import LogFormat, LogLevel
from dispatch.service.channels_file import ChannelSettings, read_channels
from dispatch.service.policy_file import house_of, shadow_of
from dispatch.service.provider_file import given_provider
from dispatch.service.settings import (
    EMBEDDED,
    BleSettings,
    BrokerSettings,
    CannotStart,
    HearingSettings,
    PolicySettings,
    ProcessSettings,
    Settings,
    StoreSettings,
    WatchingSettings,
    WebSettings,
)
from dispatch.store.address import StoreAddress
from gateway.access.credentials import ClientIds
from gateway.access.listen import Listen
from gateway.mapping.read import SHIPPED

log = logging.getLogger("callahead")

ORDER = (
    *("host", "port", "broker", "folder", "store", "open_demo", "clock", "ready", "as_json", "stop_with_parent"),
    *("mapping", "tls", "certificates", "name", "mosquitto", "geocoder", "codes", "ble_adapter", "ble_connections"),
    *("http_tls", "http_name", "log_in", "oidc", "partner_network", "quiet_hours", "policy", "shadow", "roads"),
    *(
        "telephony",
        "sip_trunk",
        "channels",
        "map_file",
        "public_url",
        "client_ids",
        "device_rate",
        "vendor_rate",
        "gateways",
        "gateways_at",
        "join",
        "mqtt_client",
        "log_format",
        "log_level",
        "otel",
    ),
)
"""As ``--help`` shows them."""


class FormerClient(StrEnum):
    """What ``--mqtt-client`` could be told while there were two clients: still taken, and without effect."""

    ASYNCIO = "asyncio"
    PAHO = "paho"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """The HTTP API and the console."""

    host: Annotated[str, typer.Option(help="Address of the HTTP API and the console.")] = "127.0.0.1"
    port: Annotated[int, typer.Option(min=0, max=65535, help="Its port; 0: any free one.")] = 8080
    http_tls: Annotated[
        str | None,
        typer.Option(metavar="CERT,KEY", help="PEM files: speak HTTPS. Needed where --host is on a network."),
    ] = None
    http_name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What browsers call this service; asked under another name, it refuses."),
    ] = None
    log_in: Annotated[
        bool | None,
        typer.Option(
            "--log-in/--no-log-in",
            show_default=False,
            help="Everybody logs in; or, on this machine, nobody before there is an account or a key, the default.",
        ),
    ] = None
    oidc: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Let people log in at the house's OpenID Connect provider (docs/security.md)."
        ),
    ] = None

    public_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Messages carry a link of the customer's own page, which begins with it (docs/customers_page.md).",
        ),
    ] = ""
    map_file: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE", help="A PMTiles file that the dispatcher's map is drawn from (docs/desk.md)."
        ),
    ] = None

    def settings(self) -> WebSettings:
        """Return where they are. Raises ``CannotStart``, ``BadProviderFile`` and ``BadMap``."""
        provider = given_provider(self.oidc, os.environ)
        if provider is not None:
            _must_have("dispatch.delivery.openid_client", "--oidc needs Authlib: pip install 'callahead[oidc]'")
        url = _public_url(self.public_url)
        tls, names = _pair(self.http_tls), (*(self.http_name or ()), *_name_in(url))
        return WebSettings(self.host, self.port, tls, names, self.log_in, provider, url, self._map())

    def _map(self) -> MapTiles | None:
        if self.map_file is None:
            return None
        _must_have("dispatch.maps.map_file", "--map needs pmtiles and maplibre: pip install 'callahead[map]'")
        from dispatch.maps.map_file import MapFile  # noqa: PLC0415 - imports what is an extra

        return MapFile(self.map_file)


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """What is kept where."""

    folder: Annotated[Path, typer.Option("--dir", help="Where ledger, registries and broker's store are kept.")] = Path(
        "runs/serve"
    )
    store: Annotated[
        str | None,
        typer.Option(
            metavar="DSN|@FILE",
            envvar="CALLAHEAD_STORE",
            show_envvar=False,
            help="postgresql://user:pass@host/database, instead of a SQLite file in --dir. @FILE: it stands there.",
        ),
    ] = None

    def settings(self) -> StoreSettings:
        """Return where. Raises ``JournalRefused`` where ``--store`` is no address."""
        store = None if self.store is None else StoreAddress.parse(revealed("--store", self.store))
        return StoreSettings(self.folder, store)


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """The broker, and where devices find it."""

    broker: Annotated[
        str,
        typer.Option(
            envvar="CALLAHEAD_BROKER",
            show_envvar=False,
            help="embedded, embedded://host:port, mqtt://user:pass@host:port or mqtts://…; @FILE: it stands there.",
        ),
    ] = EMBEDDED
    tls: Annotated[str | None, typer.Option(metavar="[HOST:]PORT", help="Broker: also listen with TLS.")] = None
    certificates: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="Broker: also listen for client certificates.")
    ] = None
    name: Annotated[
        list[str] | None, typer.Option(help="What devices call this machine; stands in the broker's certificate.")
    ] = None
    mosquitto: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep passwords, rights and certificates there for a Mosquitto (--broker)."),
    ] = None
    client_ids: Annotated[
        ClientIds,
        typer.Option(
            help="Whose client id is not its user name, with a suffix or without: let in with a warning, or not."
        ),
    ] = ClientIds.WARN
    mqtt_client: Annotated[FormerClient | None, typer.Option(hidden=True, help="Chooses nothing any more.")] = None

    def settings(self) -> BrokerSettings:
        """Return which and where. Raises ``BadListen``."""
        if self.mqtt_client is not None:
            log.warning("--mqtt-client chooses nothing any more: the service speaks MQTT in its own event loop")
        return BrokerSettings(
            revealed("--broker", self.broker),
            _listen("--tls", self.tls),
            _listen("--certificates", self.certificates),
            tuple(self.name or ()),
            self.mosquitto,
            self.client_ids,
        )


@dataclass(frozen=True, slots=True)
class HearingOptions:
    """Which devices are heard, and how what they say is read."""

    open_demo: Annotated[bool, typer.Option(help="Admit devices nobody registered, as simulated ones.")] = False
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|NAME", help=f"Also hear a vendor's own topics: a mapping file, or {', '.join(SHIPPED)}."
        ),
    ] = None
    codes: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="What a make means by trouble codes of its own (gateway/diagnosis/knowledge)."
        ),
    ] = None

    device_rate: Annotated[
        float, typer.Option(min=0, help="Messages a second of one device, as long as it likes; 0: any number.")
    ] = DEVICE_RATE
    vendor_rate: Annotated[
        float, typer.Option(min=0, help="Messages a second of all devices of one vendor; 0: any number.")
    ] = VENDOR_RATE
    gateways: Annotated[
        int,
        typer.Option(
            min=1, max=64, help="Processes that take routine statuses; 1: the service's own (docs/gateways.md)."
        ),
    ] = 1
    gateways_at: Annotated[
        str | None,
        typer.Option(metavar="[HOST:]PORT", help="They join there from other machines (--join), with TLS."),
    ] = None

    def settings(self) -> HearingSettings:
        """Return which and how. Raises ``BadListen`` and ``CannotStart``."""
        limits, at = Limits(self.device_rate, self.vendor_rate), _listen("--gateways-at", self.gateways_at)
        if at is not None and self.gateways == 1:
            raise CannotStart("--gateways-at: say how many gateways join there, as with --gateways 2")
        return HearingSettings(
            self.open_demo, tuple(self.mapping or ()), tuple(self.codes or ()), limits, self.gateways, at
        )


@dataclass(frozen=True, slots=True)
class JoinOptions:
    """What makes this process a gateway of a service elsewhere."""

    join: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Be a gateway of the service there, and nothing else; DIR/gateways.pem is a copy of that service's.",
        ),
    ] = None

    def settings(self) -> Listen | None:
        """Return where the service is; ``None``: this is one. Raises ``BadListen``."""
        return _listen("--join", self.join)


@dataclass(frozen=True, slots=True)
class BleOptions:
    """Bluetooth LE."""

    ble_adapter: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Also hear devices over Bluetooth LE: platform, hci0, usb:0, tcp-client:…"),
    ] = None
    ble_connections: Annotated[
        int | None, typer.Option(min=1, help="Bluetooth devices at once; as many as the adapter is good for.")
    ] = None

    def settings(self) -> BleSettings | None:
        """Return the adapter; ``None``: there is no Bluetooth."""
        return None if self.ble_adapter is None else BleSettings(self.ble_adapter, self.ble_connections)


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """How the house works."""

    quiet_hours: Annotated[
        str | None,
        typer.Option(
            metavar="HH:MM-HH:MM@ZONE", help="Ring nobody then who need not know at once, as 22:00-07:00@Europe/Riga."
        ),
    ] = None
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="How the house works: YAML with the keys of a story's policy: block."),
    ] = None
    shadow: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Decide beside it by this policy, too, act on nothing, and report the difference."
        ),
    ] = None
    roads: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE", help="Reckon arrivals by these roads: gothenburg, or what roads build wrote."
        ),
    ] = None

    def settings(self) -> PolicySettings:
        """Return how. Raises ``BadPolicyFile`` and ``BadQuietHours``."""
        house = house_of(self.policy, self.quiet_hours, self.roads)
        shadow = None if self.shadow is None else shadow_of(self.shadow, house, self.quiet_hours, self.roads)
        return PolicySettings(house, self.policy, shadow)


@dataclass(frozen=True, slots=True)
class ProcessOptions:
    """How whoever starts the service sets its time, hears of it, and ends it."""

    clock: Annotated[Path | None, typer.Option(help="A story's clock file; without it, the real time.")] = None
    ready: Annotated[Path | None, typer.Option(help="Write addresses and process id there once everything is up.")] = (
        None
    )
    as_json: Annotated[bool, typer.Option("--json", help="Print addresses and process id as JSON.")] = False
    stop_with_parent: Annotated[bool, typer.Option(help="Stop when whoever started this ends.")] = False

    def settings(self) -> ProcessSettings:
        """Return how."""
        return ProcessSettings(self.clock, self.ready, self.as_json, self.stop_with_parent)


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """How places are called."""

    geocoder: Annotated[
        str | None,
        typer.Option(
            metavar="nominatim|photon[=URL]",
            help="Ask it for street addresses. Customers' positions are sent to it; without this they are sent nowhere.",
        ),
    ] = None

    def settings(self) -> Geocoder | None:
        """Return who is asked for street addresses; ``None``: nobody. Raises ``BadGeocoder`` and ``CannotStart``."""
        if self.geocoder is None:
            return None
        geocoder = Geocoder.parse(self.geocoder)
        _must_have("dispatch.delivery.geocoder_client", "--geocoder needs geopy: pip install 'callahead[geocoder]'")
        return geocoder


class TelephonyKind(StrEnum):
    """By what customers and agents are rung."""

    NONE = "none"
    SIP = "sip"


@dataclass(frozen=True, slots=True)
class TelephonyOptions:
    """Telephone lines."""

    telephony: Annotated[
        TelephonyKind, typer.Option(help="Ring agents and customers, or have agents dial by hand (docs/telephony.md).")
    ] = TelephonyKind.NONE
    sip_trunk: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML: the SIP trunk that calls go by, and agents' telephones."),
    ] = None

    def settings(self) -> tuple[TrunkSettings, ...]:
        """Return the lines; none: agents dial by hand. Raises ``BadTrunkFile`` and ``CannotStart``."""
        if self.telephony is TelephonyKind.NONE:
            if self.sip_trunk is not None:
                raise CannotStart("--sip-trunk: rings nobody without --telephony sip")
            return ()
        if self.sip_trunk is None:
            raise CannotStart("--telephony sip: needs --sip-trunk FILE, which says by which line (docs/telephony.md)")
        _must_have_sip_stack()
        return read_trunks(self.sip_trunk, os.environ)


@dataclass(frozen=True, slots=True)
class PartnerOptions:
    """Workshops and suppliers that are told at their own URL."""

    partner_network: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="Also tell partners there, as 10.20.0.0/16; else at public addresses only."),
    ] = None

    def settings(self) -> PartnerNetworks:
        """Return where they may be. Raises ``BadNetwork``."""
        return PartnerNetworks.parse(self.partner_network or ())


@dataclass(frozen=True, slots=True)
class ChannelOptions:
    """By whom customers are written to."""

    channels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write to customers by SMS, mail, push and social (docs/channels.md)."),
    ] = None

    def settings(self) -> ChannelSettings | None:
        """Return the providers; ``None``: there are none. Raises ``BadChannelsFile``."""
        return None if self.channels is None else read_channels(self.channels, os.environ)


@dataclass(frozen=True, slots=True)
class WatchingOptions:
    """What operators watch."""

    log_format: Annotated[
        LogFormat,
        typer.Option("--log-format", help="auto: for people on a terminal, one JSON object a line elsewhere."),
    ] = LogFormat.AUTO
    log_level: Annotated[LogLevel, typer.Option("--log-level", help="The least that is told.")] = LogLevel.INFO
    otel: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Send a trace of each fault to this OTLP collector, as http://HOST:4318."),
    ] = None

    def settings(self) -> WatchingSettings:
        """Return what."""
        return WatchingSettings(self.otel, self.log_format, self.log_level)


@dataclass(frozen=True, slots=True)
class Options:
    """All of them."""

    web: WebOptions
    store: StoreOptions
    broker: BrokerOptions
    hearing: HearingOptions
    ble: BleOptions
    policy: PolicyOptions
    process: ProcessOptions
    places: PlaceOptions
    partners: PartnerOptions
    channels: ChannelOptions
    watching: WatchingOptions
    telephony: TelephonyOptions
    join: JoinOptions

    def settings(self) -> Settings:
        """Return how the service is to run. Raises errors of the operator's, as each group says."""
        return Settings(
            self.web.settings(),
            self.store.settings(),
            self.broker.settings(),
            self.hearing.settings(),
            self.ble.settings(),
            self.policy.settings(),
            self.process.settings(),
            self.places.settings(),
            self.partners.settings(),
            self.channels.settings(),
            self.watching.settings(),
            self.telephony.settings(),
        )


def _must_have(module: str, otherwise: str) -> None:
    """See that what a module needs is installed. Raises ``CannotStart``."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        raise CannotStart(otherwise) from None


def _must_have_sip_stack() -> None:
    """See that it is installed, without importing it here: it runs in a process of its own. Raises ``CannotStart``."""
    try:
        found = version("baresip-python")
    except PackageNotFoundError:
        raise CannotStart("--telephony sip needs baresip-python: pip install 'callahead[telephony]'") from None
    if found != TRIED:
        log.warning("baresip-python %s is not the %s that calls were tried with", found, TRIED)


def _public_url(text: str) -> str:
    """Return it without a slash at its end. Raises ``CannotStart``."""
    try:
        url = safe_url(text).rstrip("/") if text else ""
    except ValueError as error:
        raise CannotStart(f"--public-url {text}: {error}; write it as https://calls.example") from None
    if urlsplit(url).path or urlsplit(url).query:
        raise CannotStart(f"--public-url {text}: the page stands at the top; write it as https://calls.example")
    return url


def _name_in(url: str) -> tuple[str, ...]:
    """Return what browsers call the service by that address; nothing where it is this machine's own."""
    host = urlsplit(url).hostname or "localhost"
    return () if is_loopback(host) else (host,)


def _pair(text: str | None) -> tuple[Path, Path] | None:
    if text is None:
        return None
    certificate, comma, key = text.partition(",")
    if not (certificate and comma and key):
        raise CannotStart(f"--http-tls {text!r}: write the certificate's file and the key's, as in cert.pem,key.pem")
    return Path(certificate), Path(key)


def _listen(option: str, text: str | None) -> Listen | None:
    return None if text is None else Listen.parse(option, text)
