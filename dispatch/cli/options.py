"""What ``callahead-serve`` may be told on its command line, one option each."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dispatch.observe.logs import LogFormat, LogLevel
from gateway.mapping.read import SHIPPED


class FormerClient(StrEnum):
    """What ``--mqtt-client`` could be told while there were two clients: still taken, and without effect."""

    ASYNCIO = "asyncio"
    PAHO = "paho"


Host = Annotated[str, typer.Option(help="Address of the HTTP API and the console.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Its port; 0: any free one.")]
Broker = Annotated[str, typer.Option(help="embedded, embedded://host:port, mqtt://user:pass@host:port or mqtts://…")]
Folder = Annotated[Path, typer.Option("--dir", help="Where ledger, registries and broker's store are kept.")]
Store = Annotated[
    str | None,
    typer.Option(metavar="DSN", help="postgresql://user:pass@host/database, instead of a SQLite file in --dir."),
]
OpenDemo = Annotated[bool, typer.Option(help="Admit devices nobody registered, as simulated ones.")]
Quiet = Annotated[
    str | None,
    typer.Option(
        metavar="HH:MM-HH:MM@ZONE", help="Ring nobody then who need not know at once, as 22:00-07:00@Europe/Riga."
    ),
]
Policy = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="How the house works: YAML with the keys of a story's policy: block."),
]
Clock = Annotated[Path | None, typer.Option(help="A story's clock file; without it, the real time.")]
Ready = Annotated[Path | None, typer.Option(help="Write addresses and process id there once everything is up.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print addresses and process id as JSON.")]
StopWithParent = Annotated[bool, typer.Option(help="Stop when whoever started this ends.")]
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE|NAME", help=f"Also hear a vendor's own topics: a mapping file, or {', '.join(SHIPPED)}."
    ),
]
Tls = Annotated[str | None, typer.Option(metavar="[HOST:]PORT", help="Broker: also listen with TLS.")]
Certificates = Annotated[
    str | None, typer.Option(metavar="[HOST:]PORT", help="Broker: also listen for client certificates.")
]
Name = Annotated[
    list[str] | None, typer.Option(help="What devices call this machine; stands in the broker's certificate.")
]
Mosquitto = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep passwords, rights and certificates there for a Mosquitto (--broker)."),
]
Geocoder = Annotated[
    str | None,
    typer.Option(
        metavar="nominatim|photon[=URL]",
        help="Ask it for street addresses. Customers' positions are sent to it; without this they are sent nowhere.",
    ),
]
Codes = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="What a make means by trouble codes of its own (gateway/diagnosis/knowledge)."),
]
BleAdapter = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Also hear devices over Bluetooth LE: platform, hci0, usb:0, tcp-client:…"),
]
BleConnections = Annotated[
    int | None, typer.Option(min=1, help="Bluetooth devices at once; as many as the adapter is good for.")
]
Client = Annotated[FormerClient | None, typer.Option(hidden=True, help="Chooses nothing any more.")]
LogsAs = Annotated[
    LogFormat, typer.Option("--log-format", help="auto: for people on a terminal, one JSON object a line elsewhere.")
]
LogsFrom = Annotated[LogLevel, typer.Option("--log-level", help="The least that is told.")]
Otel = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Send a trace of each fault to this OTLP collector, as http://HOST:4318."),
]
