"""``callahead broker-config``: a broker's own configuration, from what a service keeps, for a broker we do not start."""

from __future__ import annotations

import json
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from dispatch.service.access_control import AccessControl, authority_in
from dispatch.store.errors import JournalRefused
from dispatch.store.journal import Journal
from gateway.access.authority import write_private
from gateway.access.credentials import ClientIds, draw_password
from gateway.access.listen import LOOPBACK, Listen
from gateway.access.mosquitto_files import MosquittoFiles, Ports
from gateway.access.nats_config import Mqtt, hub_settings, pending_room, with_users
from gateway.access.rights import SERVICE
from gateway.broker.embedded import MAX_ACK_PENDING
from gateway.mapping.read import SHIPPED, read_mapping, shipped

PASSWORD = "service.password"  # noqa: S105 - a file's name
ADDRESS = "service.address"
ACK_WAIT_S = 5.0


class Make(StrEnum):
    """Whose configuration."""

    MOSQUITTO = "mosquitto"
    NATS = "nats"


def broker_config(
    *,
    make: Annotated[Make, typer.Option("--for", help="The broker.")],
    folder: Annotated[Path, typer.Option("--dir", help="Where to write the configuration.")],
    store: Annotated[Path, typer.Option(help="The folder of the service whose vendors and devices are meant.")] = Path(
        "runs/serve"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="For MQTT without TLS, on the loopback address.")] = 1883,
    tls: Annotated[str | None, typer.Option(metavar="[HOST:]PORT", help="Also listen with TLS (Mosquitto).")] = None,
    certificates: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="Also listen for client certificates (Mosquitto).")
    ] = None,
    name: Annotated[str, typer.Option(help="What devices call the machine; stands in its certificate.")] = "localhost",
    mapping: Annotated[list[str] | None, typer.Option(metavar="FILE|NAME", help="As for callahead-serve.")] = None,
    open_demo: Annotated[bool, typer.Option(help="Admit whoever gives no name.")] = False,
    client_ids: Annotated[
        ClientIds, typer.Option(help="refuse: a client's id is its user name, whatever it says (Mosquitto).")
    ] = ClientIds.WARN,
) -> None:
    """Write a broker's users, rights and listeners, and print with which option the service connects to it."""
    password = _kept_password(folder)
    mappings = [read_mapping(shipped(one) if one in SHIPPED else Path(one)) for one in mapping or ()]
    with _store(store) as journal:
        keeper = AccessControl(
            journal,
            authority_in(store),
            open_demo=open_demo,
            mappings=mappings,
            service_password=password,
            client_ids=client_ids,
        )
        identity = keeper.authority.server([name, "localhost", LOOPBACK])
        access = keeper.access()  # after the authority is there, which signs what is revoked
    if make is Make.MOSQUITTO:
        ports = Ports(port, _listen("--tls", tls), _listen("--certificates", certificates))
        MosquittoFiles(folder, identity, ports).admit(access)
    else:
        mqtt = Mqtt(ACK_WAIT_S, min(MAX_ACK_PENDING, pending_room(access))).settings(LOOPBACK, port)
        settings = with_users(hub_settings(mqtt, folder.resolve() / "store", None), access)
        write_private(folder / "nats-server.conf", json.dumps(settings, indent=1).encode())
    address = folder.resolve() / ADDRESS  # holds a password, which everybody would see on a command line
    write_private(address, f"mqtt://{quote(SERVICE)}:{password}@{LOOPBACK}:{port}\n".encode())
    typer.echo(f"callahead-serve --broker {shlex.quote(f'@{address}')}")


def _listen(option: str, text: str | None) -> Listen | None:
    return Listen.parse(option, text) if text else None


def _store(folder: Path) -> Journal:
    """Open the store, beside the service where that runs."""
    try:
        return Journal.open(folder)
    except JournalRefused:
        return Journal.look(folder)


def _kept_password(folder: Path) -> str:
    """Return the service's password at this broker; drawn once."""
    file = folder / PASSWORD
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(file, f"{draw_password()}\n".encode())
    return file.read_text().strip()
