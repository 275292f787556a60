"""``callahead vendor …`` and ``callahead device …``: who may send, and the credentials they send with."""

from __future__ import annotations

import json
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

import typer

from gateway.contract.session import KEY_BYTES
from gateway.kinds.registry import kinds
from scenarios.commands.keys import lines_of, write_key
from scenarios.service.door import ServiceDoor, ServiceSaysNo
from scenarios.terminal import show

vendor_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Vendors of devices, and their credentials."
)
device_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="Devices, and their own credentials."
)

DAY_S = 86_400
Service = Annotated[str, typer.Option(envvar="CALLAHEAD_SERVICE", metavar="URL", help="Where the service is.")]
Vendor = Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits and '-'.")]
Device = Annotated[str, typer.Argument(metavar="VENDOR/DEVICE")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
Certificate = Annotated[bool, typer.Option(help="Also a client certificate.")]
Days = Annotated[float, typer.Option(min=0.00002, max=3650, help="How long the certificate holds.")]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write the credential there, for its owner alone, and print none of it."),
]
Real = Annotated[bool, typer.Option("--real", help="Not simulated: real trucks, orders and calls may follow.")]
HERE = "http://127.0.0.1:8080"
A_YEAR = 365.0


def _known(kind: str) -> str:
    if kind not in kinds():
        raise typer.BadParameter(f"{kind!r} is none of {', '.join(kinds().names)}")
    return kind


@vendor_app.command("add")
def add_vendor(
    vendor: Vendor,
    *,
    real: Real = False,
    contact: Annotated[str, typer.Option(help="Whom to ask.")] = "",
    certificate: Certificate = False,
    days: Days = A_YEAR,
    out: Out = None,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Register a vendor, and issue its credential unless it has one."""
    door = ServiceDoor(service)
    told = {"vendor": vendor, "provenance": _provenance(real=real), "contact": contact}
    door.post("/vendors", [told])
    path = f"/vendors/{vendor}/credentials"
    credential = None if door.get(path) else _issue(door, path, certificate=certificate, days=days)
    _tell(vendor, told, credential, out, as_json=as_json)


@vendor_app.command("list")
def list_vendors(*, service: Service = HERE, as_json: Json = False) -> None:
    """Tell which vendors are registered."""
    found: list[dict[str, str]] = ServiceDoor(service).get("/vendors") or []
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for one in found:
        typer.echo(f"{one['vendor']}  {one['provenance']}  {one['contact']}".rstrip())


@vendor_app.command("rotate")
def rotate_vendor(
    vendor: Vendor,
    *,
    certificate: Certificate = False,
    days: Days = A_YEAR,
    out: Out = None,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Issue a new credential in place of the old one, which holds no more."""
    told = _issue(ServiceDoor(service), f"/vendors/{vendor}/credentials", certificate=certificate, days=days)
    _tell(vendor, {"vendor": vendor}, told, out, as_json=as_json)


@vendor_app.command("revoke")
def revoke_vendor(vendor: Vendor, *, service: Service = HERE, as_json: Json = False) -> None:
    """Have a vendor's credential hold no more. Its devices' own go on."""
    ServiceDoor(service).delete(f"/vendors/{vendor}/credentials")
    _tell(vendor, {"vendor": vendor, "revoked": True}, None, None, as_json=as_json)


@device_app.command("add")
def add_device(
    device: Device,
    *,
    kind: Annotated[str, typer.Option(help="What it is.", callback=_known, metavar="KIND")],
    customer: Annotated[str | None, typer.Option(help="Whose it is, by the customer's id.")] = None,
    real: Real = False,
    phone: Annotated[str | None, typer.Option(metavar="VENDOR/DEVICE", help="The phone paired with it.")] = None,
    model: Annotated[str, typer.Option(help="As the vendor calls it.")] = "",
    ble_key: Annotated[
        str, typer.Option(metavar="HEX|new", help="Its key for Bluetooth LE, 64 digits; `new` draws one and tells it.")
    ] = "",
    ble_address: Annotated[str, typer.Option(metavar="ADDRESS", help="Of the ELM327 dongle in the car.")] = "",
    payment_key: Annotated[
        str, typer.Option(metavar="KEY", help="By which it signs payments: Ed25519, public, 32 bytes in base64url.")
    ] = "",
    certificate: Certificate = False,
    days: Days = A_YEAR,
    out: Out = None,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Register a device, and issue a credential of its own unless it has one."""
    door, path = ServiceDoor(service), _of_device(device)
    told = {"device": device, "kind": kind, "customer": customer, "provenance": _provenance(real=real)}
    radio = {"ble_key": token_hex(KEY_BYTES) if ble_key == "new" else ble_key, "ble_address": ble_address}
    door.post("/devices", [{**told, "paired_phone": phone, "model": model, **radio, "payment_key": payment_key}])
    told |= {name: value for name, value in radio.items() if value}
    credential = None if door.get(path) else _issue(door, path, certificate=certificate, days=days)
    _tell(device, told, credential, out, as_json=as_json)


@device_app.command("import")
def import_devices(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", help="A line for each device; the first names the columns.")
    ],
    *,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Register many devices, all of them or none. They send with their vendor's credential, or one of their own."""
    from scenarios.commands.device_list import read_devices  # noqa: PLC0415 - the API's models are slow to import

    devices = read_devices(file)
    registered = ServiceDoor(service).post("/devices", devices)["registered"]
    typer.echo(json.dumps({"registered": registered}) if as_json else f"{registered} devices are registered")


@device_app.command("rotate")
def rotate_device(
    device: Device,
    *,
    certificate: Certificate = False,
    days: Days = A_YEAR,
    out: Out = None,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Issue a new credential in place of the old one, which holds no more."""
    told = _issue(ServiceDoor(service), _of_device(device), certificate=certificate, days=days)
    _tell(device, {"device": device}, told, out, as_json=as_json)


@device_app.command("revoke")
def revoke_device(device: Device, *, service: Service = HERE, as_json: Json = False) -> None:
    """Have a device's own credential hold no more."""
    ServiceDoor(service).delete(_of_device(device))
    _tell(device, {"device": device, "revoked": True}, None, None, as_json=as_json)


def _provenance(*, real: bool) -> str:
    return "real" if real else "simulated"


def _of_device(device: str) -> str:
    if device.count("/") != 1:
        message = f"{device!r}: a device is named VENDOR/DEVICE, as in volta/car-1"
        raise ServiceSaysNo(message)
    return f"/devices/{device}/credentials"


def _issue(door: ServiceDoor, path: str, *, certificate: bool, days: float) -> dict[str, Any]:
    wanted = {"certificate": certificate, "certificate_valid_s": max(1, round(days * DAY_S))}
    told: dict[str, Any] = door.post(path, wanted)
    return told


def _tell(
    name: str, told: dict[str, Any], credential: dict[str, Any] | None, out: Path | None, *, as_json: bool
) -> None:
    """Tell what was done, and the credential, once: on the terminal, or in a folder."""
    files = write_key(out, credential) if credential and out else None
    if as_json:
        typer.echo(json.dumps({**told, "credential": None if files else credential, "files": files}, indent=2))
        return
    done = "is revoked" if told.get("revoked") else "is registered" if "provenance" in told else "has a new credential"
    typer.echo(f"{name} {done}")
    if "provenance" in told and not credential:
        show.complain(f"{name} has a credential already; `rotate` issues a new one")
    for name_of in ("ble_key", "ble_address"):
        if told.get(name_of):
            typer.echo(f"{name_of.replace('_', ' ')}: {told[name_of]}")
    for line in files.values() if files else lines_of(credential) if credential else []:
        typer.echo(line)
