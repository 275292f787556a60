"""``callahead customer …``: what is kept of a customer, what they agree to, and having them erased, asked of a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dispatch.core.consent import Purpose, Way
from scenarios.commands.vendors import HERE, Service
from scenarios.service.door import ServiceDoor, ServiceSaysNo

customer_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="What is kept of a customer, what they agree to, and erasing them.",
)
Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Their id, as c-17.")]


@customer_app.command("export")
def export(
    customer: Customer,
    *,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there; without it, print it.")] = None,
    service: Service = HERE,
) -> None:
    """Tell all that is kept of a customer, as one JSON document."""
    found = ServiceDoor(service).get(f"/customers/{customer}/export")
    if found is None:
        raise ServiceSaysNo(f"nothing is kept of a customer {customer!r}")
    told = json.dumps(found, indent=2, ensure_ascii=False)
    if out is None:
        typer.echo(told)
    else:
        out.touch(mode=0o600)
        out.write_text(f"{told}\n", "utf-8")


@customer_app.command("erase")
def erase(
    customer: Customer,
    *,
    close_cases: Annotated[bool, typer.Option(help="Have open cases called off and closed.")] = False,
    service: Service = HERE,
) -> None:
    """Erase a customer: nothing personal can be read any more, nor comes back with a backup."""
    ServiceDoor(service).delete(f"/customers/{customer}{'?close_cases=true' if close_cases else ''}")
    typer.echo(f"{customer} is erased")


@customer_app.command("consent")
def consent(
    customer: Customer,
    *,
    give: Annotated[list[Purpose] | None, typer.Option(help="They agree to it from now on.")] = None,
    withdraw: Annotated[list[Purpose] | None, typer.Option(help="They agree to it no longer.")] = None,
    way: Annotated[Way, typer.Option(help="How they said so.")] = Way.TELEPHONE,
    service: Service = HERE,
) -> None:
    """Write down what a customer agrees to; without anything, tell what that is."""
    door = ServiceDoor(service)
    for purpose, given in (*((one, True) for one in give or ()), *((one, False) for one in withdraw or ())):
        door.post(f"/customers/{customer}/consent", {"purpose": purpose, "given": given, "way": way})
    found = door.get(f"/customers/{customer}/consent")
    if found is None:
        raise ServiceSaysNo(f"no customer is called {customer!r}")
    for purpose, agrees in found["agrees"].items():
        typer.echo(f"{purpose}: {'yes' if agrees else 'no'}")
