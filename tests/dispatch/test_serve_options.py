"""The command line of ``callahead-serve``: published names, defaults and their order; groups that are put together wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from dispatch.cli.option_groups import in_groups
from dispatch.cli.options import (
    ORDER,
    BleOptions,
    BrokerOptions,
    ChannelOptions,
    HearingOptions,
    JoinOptions,
    Options,
    PartnerOptions,
    PlaceOptions,
    PolicyOptions,
    ProcessOptions,
    StoreOptions,
    TelephonyOptions,
    WatchingOptions,
    WebOptions,
)
from dispatch.delivery.partner_networks import BadNetwork
from dispatch.store.address import StoreAddress
from gateway.access.listen import BadListen, Listen
from tests.conftest import command

PUBLISHED = [
    *("--host", "--port", "--broker", "--dir", "--store", "--open-demo", "--no-open-demo", "--clock", "--ready"),
    *("--json", "--stop-with-parent", "--no-stop-with-parent", "--mapping", "--tls", "--certificates", "--name"),
    *("--mosquitto", "--geocoder", "--codes", "--ble-adapter", "--ble-connections", "--http-tls", "--http-name"),
    *("--log-in", "--no-log-in", "--oidc", "--partner-network", "--quiet-hours", "--policy", "--shadow", "--roads"),
    *(
        "--telephony",
        "--sip-trunk",
        "--channels",
        "--map",
        "--public-url",
        "--client-ids",
        "--device-rate",
        "--vendor-rate",
        "--gateways",
        "--gateways-at",
        "--join",
        "--log-format",
        "--log-level",
        "--otel",
    ),
]
"""As the README and whoever starts the service use them."""


@dataclass(frozen=True)
class Where:
    """A group of options."""

    folder: Annotated[Path, typer.Option("--dir")]
    port: Annotated[int, typer.Option(min=0)] = 1


@dataclass(frozen=True)
class How:
    """Another."""

    loud: bool = False
    names: Annotated[list[str] | None, typer.Option("--name")] = None


@dataclass(frozen=True)
class Both:
    """Two groups."""

    where: Where
    how: How


def asked(**groups: Any) -> Options:
    """Return what the command line says, where nothing else is given."""
    told = {
        "web": WebOptions(),
        "store": StoreOptions(),
        "broker": BrokerOptions(),
        "hearing": HearingOptions(),
        "ble": BleOptions(),
        "policy": PolicyOptions(),
        "process": ProcessOptions(),
        "places": PlaceOptions(),
        "partners": PartnerOptions(),
        "channels": ChannelOptions(),
        "watching": WatchingOptions(),
        "telephony": TelephonyOptions(),
        "join": JoinOptions(),
    }
    return Options(**told | groups)


def test_the_command_line_has_its_published_options() -> None:
    """Each by its name, in the order they are shown; ``backup`` and ``restore`` beside them."""
    shown = command("dispatch.cli.serve", "--help", COLUMNS="200")
    assert shown.returncode == 0
    words = shown.stdout.replace("│", " ").split()
    found = [word for word in words if word in PUBLISHED]
    assert list(dict.fromkeys(found)) == PUBLISHED
    assert {"backup", "restore"} <= set(words)
    assert len(ORDER) == 43


def test_nothing_said_is_what_was_always_meant() -> None:
    """The defaults, as settings."""
    settings = asked().settings()
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)
    assert settings.store.address() == StoreAddress.in_folder(Path("runs/serve"))
    assert (settings.broker.is_ours, settings.broker.url, settings.hearing.open_demo) == (True, "embedded", False)
    assert (settings.ble, settings.geocoder, settings.watching.otel, settings.process.clock) == (None, None, None, None)


def test_what_is_said_is_found_in_its_group() -> None:
    """Texts are read into what they mean."""
    options = asked(
        broker=BrokerOptions(broker="mqtt://h:1", tls="home:8883", name=["home"]),
        ble=BleOptions(ble_adapter="hci0", ble_connections=3),
        policy=PolicyOptions(quiet_hours="22:00-07:00@Europe/Riga"),
    )
    settings = options.settings()
    assert settings.broker.tls == Listen("home", 8883)
    assert settings.broker.told("10.0.0.7") == "home"
    assert settings.ble is not None
    assert (settings.ble.adapter, settings.ble.connections) == ("hci0", 3)
    assert settings.policy.house.quiet_hours is not None
    with pytest.raises(BadListen, match="--certificates 'nowhere'"):
        asked(broker=BrokerOptions(certificates="nowhere")).settings()
    assert asked(partners=PartnerOptions(["10.0.0.0/8"])).settings().partner_networks.permits("10.1.2.3")
    with pytest.raises(BadNetwork, match=r"write it as 10\.20\.0\.0/16"):
        asked(partners=PartnerOptions(["next door"])).settings()


def test_groups_are_taken_singly_and_given_whole() -> None:
    """Whoever calls sees single options in the order they stand; the command sees the groups."""
    seen: list[Both] = []

    @in_groups(Both, ("loud", "folder", "names", "port"))
    def command(_context: typer.Context, options: Both) -> None:
        """Do it."""
        seen.append(options)

    app = typer.Typer(add_completion=False)
    app.command()(command)
    assert CliRunner().invoke(app, ["--dir", "here", "--name", "a", "--name", "b"]).exit_code == 0
    assert seen == [Both(Where(Path("here"), 1), How(names=["a", "b"]))]
    help_text = CliRunner().invoke(app, ["--help"]).stdout
    assert help_text.index("--loud") < help_text.index("--dir") < help_text.index("--name") < help_text.index("--port")
    assert CliRunner().invoke(app, ["--port", "2"]).exit_code == 2, "--dir is needed"


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        (("loud", "folder", "names"), "port"),
        (("loud", "folder", "names", "port", "port"), "port"),
        (("loud", "folder", "names", "port", "colour"), "colour"),
    ],
)
def test_an_order_that_does_not_fit_is_told(order: tuple[str, ...], wrong: str) -> None:
    """An option that is forgotten, doubled or unknown: by name, when the program is put together."""
    with pytest.raises(ValueError, match=rf"once in the order: {wrong}$"):
        in_groups(Both, order)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--join", "127.0.0.1:7443", "--broker", "mqtt://here"), "--broker is for its service; leave it out here"),
        (("--join", "127.0.0.1:7443", "--dir", "/nowhere"), "/nowhere/gateways.pem is no key that gateways join by"),
        (("--gateways-at", "7443"), "say how many gateways join there, as with --gateways 2"),
    ],
)
def test_what_a_gateway_of_another_machine_lacks_is_told(words: tuple[str, ...], says: str) -> None:
    """Before anything is up."""
    ended = command("dispatch.cli.serve", *words)
    assert ended.returncode == 2
    assert says in ended.stderr
