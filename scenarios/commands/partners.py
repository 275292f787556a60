"""``callahead partner …``: workshops and suppliers that are told at their own URL what they are asked, and dead letters."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from scenarios.commands.vendors import HERE, Json, Real, Service
from scenarios.service.door import ServiceDoor, ServiceSaysNo

partner_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Workshops and suppliers, where they are told, and what they were not.",
)

Partner = Annotated[str, typer.Argument(metavar="NAME", help="Of the workshop or supplier.")]


class Serves(StrEnum):
    """What a supplier is asked for."""

    SUPPLIES = "supplies"
    TECHNICIAN = "technician"
    TOW = "tow"


@partner_app.command("add")
def add_partner(
    partner: Partner,
    *,
    url: Annotated[str | None, typer.Option(help="Where it is told; without one it fetches what it is asked.")] = None,
    workshop: Annotated[bool, typer.Option("--workshop", help="It takes bookings.")] = False,
    serves: Annotated[list[Serves] | None, typer.Option(help="It takes orders for that; may be given twice.")] = None,
    at: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Where a new one is, WGS 84 degrees.")] = None,
    real: Real = False,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Register a workshop or supplier with its URL, or give one that is registered a URL. Its secret is told once."""
    door, provenance = ServiceDoor(service), "real" if real else "simulated"
    for path, record in _opened(partner, provenance, at, workshop=workshop, serves=serves or []):
        door.post(path, [record])
    told: dict[str, Any] = {"partner": partner, "url": None, "provenance": provenance, "secret": None}
    if url is not None:
        (told,) = door.post("/partners", [{"partner": partner, "url": url, "provenance": provenance}])
    elif not workshop and not serves:
        raise ServiceSaysNo(f"{partner}: say where it is told with --url, or what it is with --workshop or --serves")
    _tell(told, f"{partner} is told at {url}" if url else f"{partner} is registered", as_json=as_json)


@partner_app.command("list")
def list_partners(*, service: Service = HERE, as_json: Json = False) -> None:
    """Tell which partners have a URL."""
    found: list[dict[str, str]] = ServiceDoor(service).get("/partners") or []
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for one in found:
        typer.echo(f"{one['partner']}  {one['provenance']}  {one['url']}")


@partner_app.command("rotate")
def rotate_partner(partner: Partner, *, service: Service = HERE, as_json: Json = False) -> None:
    """Draw a new secret; the old one verifies for another day."""
    told = ServiceDoor(service).post(f"/partners/{partner}/secret", {})
    _tell(told, f"{partner} has a new secret", as_json=as_json)


@partner_app.command("remove")
def remove_partner(partner: Partner, *, service: Service = HERE, as_json: Json = False) -> None:
    """Forget its URL: it fetches what it is asked again."""
    ServiceDoor(service).delete(f"/partners/{partner}")
    _tell({"partner": partner, "url": None}, f"{partner} has no URL any more", as_json=as_json)


@partner_app.command("dead-letters")
def dead_letters(*, service: Service = HERE, as_json: Json = False) -> None:
    """Tell what partners and devices were not told, and why."""
    found: list[dict[str, Any]] = ServiceDoor(service).get("/dead-letters")["dead_letters"]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for one in found:
        typer.echo(f"{one['key']}  {one['partner'] or 'device'}  {one['outcome']}: {one['reason']}")


@partner_app.command("retry")
def retry(
    key: Annotated[str, typer.Argument(metavar="KEY", help="As `dead-letters` tells it.")],
    *,
    service: Service = HERE,
    as_json: Json = False,
) -> None:
    """Send a dead letter again, with the same idempotency key."""
    ServiceDoor(service).post("/dead-letters/retry", {"key": key})
    _tell({"key": key}, f"{key} is being sent again", as_json=as_json)


def _opened(
    partner: str, provenance: str, at: str | None, *, workshop: bool, serves: list[Serves]
) -> list[tuple[str, dict[str, Any]]]:
    """Return what is to be registered, by the API's path."""
    if not workshop and not serves:
        return []
    where = {**_place(partner, at), "provenance": provenance}
    found: list[tuple[str, dict[str, Any]]] = [("/workshops", {"workshop": partner, **where})] if workshop else []
    return found + ([("/suppliers", {"supplier": partner, "serves": serves, **where})] if serves else [])


def _place(partner: str, at: str | None) -> dict[str, float]:
    latitude, _, longitude = (at or "").partition(",")
    try:
        return {"latitude": float(latitude), "longitude": float(longitude)}
    except ValueError:
        raise ServiceSaysNo(f"{partner}: say where it is with --at LAT,LON, as in --at 56.95,24.10") from None


def _tell(told: dict[str, Any], said: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    typer.echo(said)
    if told.get("secret"):
        typer.echo(f"secret: {told['secret']}")
