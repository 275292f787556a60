"""``callahead vendor …``: what a vendor tests a device with. Exit codes: 0 all passed, 1 something failed, 2 bad input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.contract.broker_address import BadBrokerAddress, BrokerAddress
from gateway.contract.topics import DEVICE_PATTERN, VENDOR_PATTERN
from scenarios.terminal import show
from scenarios.terminal.exit_codes import BAD_INPUT, FAILED
from scenarios.vendor_kit import report
from scenarios.vendor_kit.check import check as judge
from scenarios.vendor_kit.check import holds
from scenarios.vendor_kit.heard import KitError, read_recording, write_recording

_DEVICE = re.compile(rf"{VENDOR_PATTERN}/{DEVICE_PATTERN}")

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Connect a vendor's devices: check one, record it, play it again.",
)

Broker = Annotated[str, typer.Option(metavar="URL", help="mqtt://user:password@host:port or mqtts://…")]
Device = Annotated[str, typer.Option(metavar="VENDOR/DEVICE", help="As in its topics.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="How long to listen.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@app.command()
def check(
    broker: Broker,
    device: Device,
    *,
    seconds: Seconds = 60.0,
    cut: Annotated[bool, typer.Option("--cut", help="Then ask to have the device cut off, for its last will.")] = False,
    cut_seconds: Annotated[float, typer.Option(min=0.1, help="How long to wait for the last will.")] = 120.0,
    drive: Annotated[
        bool, typer.Option("--drive", help="Send it a notice, which its owner will see. Only to a device under test.")
    ] = False,
    payment_key: Annotated[
        str, typer.Option(metavar="KEY", help="Its payment_key: are the payments that it asks for signed by it?")
    ] = "",
    as_json: Json = False,
) -> None:
    """Watch a real device, and report rule by rule whether it speaks the contract."""
    from scenarios.vendor_kit import watch  # noqa: PLC0415 - its MQTT comes with an extra; credentials do without

    plan = watch.WatchPlan(seconds, cut_seconds if cut else None, drive, payment_key)
    with _told():
        address = BrokerAddress.parse(broker)
        show.ERR.print(f"watching {_named(device)} at {address} for {seconds:g} s", style="dim")
        watched, version = watch.watch(address, device, plan, lambda line: show.ERR.print(line, style="bold yellow"))
    judged = judge(watched)
    if as_json:
        typer.echo(report.as_json(device, str(address), version, judged))
    else:
        show.OUT.print(report.as_table(device, judged))
        for line in report.quotes(judged):
            show.OUT.print(line, soft_wrap=True)
    raise typer.Exit(0 if holds(judged) else FAILED)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write: JSON lines, one message each.")],
    broker: Broker,
    device: Device,
    *,
    seconds: Seconds = 60.0,
) -> None:
    """Write down what a device says."""
    from scenarios.vendor_kit import watch  # noqa: PLC0415 - likewise

    with _told():
        messages = watch.record(BrokerAddress.parse(broker), _named(device), seconds)
        kept = write_recording(file, messages)
    show.OUT.print(f"{kept} messages: {file}")
    raise typer.Exit(0 if kept else FAILED)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")],
    broker: Broker,
    *,
    speed: Annotated[float, typer.Option(min=0.001, max=1_000_000, help="Recorded seconds to a real one.")] = 1.0,
    as_json: Json = False,
) -> None:
    """Play a recording to a broker, as the device did."""
    from scenarios.vendor_kit import replay as player  # noqa: PLC0415 - likewise

    with _told(), show.bar(file.name) as progress:
        played = player.play(BrokerAddress.parse(broker), read_recording(file), speed, progress)
    for topic, reason in played.refused:
        show.complain(f"the broker refused a message on {topic}: {reason}")
    if as_json:
        typer.echo(report.played_json(played))
    else:
        blind = "" if played.version == "5" else " (MQTT 3.1.1: the broker does not tell what it refused)"
        show.OUT.print(f"{played.sent - len(played.refused)} of {played.sent} messages taken by the broker{blind}")
    raise typer.Exit(FAILED if played.refused else 0)


def _named(device: str) -> str:
    if not _DEVICE.fullmatch(device):
        message = f"--device {device!r}: it is written vendor/device, as in the topics, such as volta/car-17"
        raise KitError(message)
    return device


@contextmanager
def _told() -> Iterator[None]:
    """Tell a mistake of the user's, or a broker that is not there, in a line."""
    try:
        yield
    except (KitError, BadBrokerAddress) as error:
        show.complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
