"""``callahead user …`` and ``callahead key …``: who may do what, asked of a running service. Secrets are told once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dispatch.access.permissions import Permission
from dispatch.access.roles import Role
from scenarios.commands.vendors import HERE, Service
from scenarios.service.door import ServiceDoor

user_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False, help="People who log in to the service."
)
key_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Keys with which machines speak to the service.",
)
Name = Annotated[str, typer.Argument(metavar="NAME")]
Of = Annotated[str | None, typer.Option("--of", metavar="OWNER", help="Whose: a vendor's or a partner's name.")]


@user_app.command("add")
def add_user(
    name: Name, role: Annotated[Role, typer.Option(help="What they are.")], *, of: Of = None, service: Service = HERE
) -> None:
    """Make an account, or give it another role; print the link by which its owner chooses a password."""
    told = ServiceDoor(service).post("/accounts", {"name": name, "role": role, "owns": of})
    typer.echo(f"{service}{told['path']}")


@user_app.command("list")
def list_users(*, service: Service = HERE) -> None:
    """Tell who has an account."""
    for one in ServiceDoor(service).get("/accounts") or []:
        typer.echo(_line(one["name"], one["role"], one["owns"], "locked" if one["locked"] else None))


@user_app.command("lock")
def lock_user(name: Name, *, service: Service = HERE) -> None:
    """Shut an account, and log it out wherever it is logged in."""
    ServiceDoor(service).post(f"/accounts/{name}/lock", None)


@user_app.command("unlock")
def unlock_user(name: Name, *, service: Service = HERE) -> None:
    """Open it again."""
    ServiceDoor(service).post(f"/accounts/{name}/unlock", None)


@key_app.command("add")
def add_key(
    name: Name,
    *,
    scope: Annotated[list[Permission] | None, typer.Option(help="What it may do; as often as you like.")] = None,
    role: Annotated[Role | None, typer.Option(help="Instead of scopes: all that the role may do.")] = None,
    of: Of = None,
    days: Annotated[float | None, typer.Option(min=0.0001, help="How long it holds.")] = None,
    service: Service = HERE,
) -> None:
    """Make a key, and print it."""
    wanted = {"name": name, "scopes": list(scope or ()), "role": role, "owns": of, "days": days}
    typer.echo(ServiceDoor(service).post("/keys", wanted)["key"])


@key_app.command("list")
def list_keys(*, service: Service = HERE) -> None:
    """Tell which keys there are, those that hold no more, too."""
    for one in ServiceDoor(service).get("/keys") or []:
        typer.echo(_line(one["name"], one["role"] or " ".join(one["scopes"]), one["owns"]))


@key_app.command("revoke")
def revoke_key(name: Name, *, service: Service = HERE) -> None:
    """Have a key hold no more."""
    ServiceDoor(service).delete(f"/keys/{name}")


def _line(*told: Any) -> str:
    return "  ".join(str(one) for one in told if one)
