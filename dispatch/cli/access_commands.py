"""``callahead-serve user …`` and ``key …``: who may do what, kept in the store while no service runs on it.

While one runs, ``callahead user`` and ``callahead key`` ask it. Secrets are printed once, on standard output alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from re import fullmatch
from typing import Annotated

import typer

from dispatch.access.accounts import NAME_PATTERN, BadAccess, must_be_a_password
from dispatch.access.permissions import Permission
from dispatch.access.roles import Role
from dispatch.cli.given_secrets import revealed
from dispatch.service.access_registers import AccessRegisters, new_key
from dispatch.service.passwords import hashed
from dispatch.store.address import StoreAddress
from dispatch.store.journal import Journal
from gateway.errors import OperatorError

user_app = typer.Typer(no_args_is_help=True, help="Accounts, while no service runs on the store.")
key_app = typer.Typer(no_args_is_help=True, help="Keys of machines, likewise.")
Name = Annotated[str, typer.Argument(metavar="NAME")]
Of = Annotated[str | None, typer.Option("--of", metavar="OWNER", help="Whose: a vendor's or a partner's name.")]


class CannotBeGiven(OperatorError):  # noqa: N818 - says what is wrong
    """The operator's fault: such an account or key there cannot be."""


@user_app.command("add")
def add_user(
    context: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="What they are to the house.")],
    *,
    of: Of = None,
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A first password stands there; without it, a link is printed.")
    ] = None,
) -> None:
    """Make an account, or give it another role; print the link by which a password is chosen."""
    password = None if password_file is None else revealed("--password-file", f"@{password_file}")
    with _registers(context) as registers:
        _must_be_a_name(name)
        if password is not None:
            must_be_a_password(password)
        secret = asyncio.run(registers.invite(name, role, of, time.time()))
        if password is not None:
            kept = hashed(password)
            asyncio.run(registers.change(name, lambda account: replace(account, password=kept, locked=False)))
    typer.echo(f"{name}: {role}" if password else f"{name}: {role}; they open, once, within a week: /enter/{secret}")


@user_app.command("list")
def list_users(context: typer.Context) -> None:
    """Tell who has an account."""
    with _registers(context) as registers:
        for _, one in sorted(registers.accounts.items()):
            marks = ["locked" if one.locked else "", "code" if one.totp else "", "openid" if one.subject else ""]
            typer.echo("  ".join(filter(None, [one.name, one.role, one.owns or "", *marks])))


@user_app.command("lock")
def lock_user(context: typer.Context, name: Name) -> None:
    """Shut an account, and log it out."""
    with _registers(context) as registers:
        asyncio.run(registers.lock(name))


@key_app.command("add")
def add_key(
    context: typer.Context,
    name: Name,
    *,
    scope: Annotated[list[Permission] | None, typer.Option(help="What it may do; as often as you like.")] = None,
    role: Annotated[Role | None, typer.Option(help="Instead of scopes: all that the role may do.")] = None,
    of: Of = None,
) -> None:
    """Make a key, and print it: it is told once."""
    with _registers(context) as registers:
        _must_be_a_name(name)
        made, secret = new_key(name, time.time(), scopes=tuple(scope or ()), role=role, owns=of)
        asyncio.run(registers.add_key(made))
    typer.echo(secret)


@key_app.command("list")
def list_keys(context: typer.Context) -> None:
    """Tell which keys there are, those that hold no more, too."""
    with _registers(context) as registers:
        for _, one in sorted(registers.keys.items()):
            over = "over" if one.until is not None and one.until <= time.time() else ""
            told = [one.name, one.role or " ".join(one.scopes), one.owns or "", over]
            typer.echo("  ".join(filter(None, told)))


@key_app.command("revoke")
def revoke_key(context: typer.Context, name: Name) -> None:
    """Have a key hold no more."""
    with _registers(context) as registers:
        if not asyncio.run(registers.revoke_key(name, time.time())):
            raise CannotBeGiven(f"no key is called {name!r}")


@contextmanager
def _registers(context: typer.Context) -> Iterator[AccessRegisters]:
    """Open the store that --dir or --store names. Raises ``JournalRefused`` where a service has it."""
    address: StoreAddress = context.obj
    if address.file is not None:
        address.file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Journal.open_at(address) as journal:
            yield AccessRegisters(journal)
    except BadAccess as error:
        raise CannotBeGiven(str(error)) from None


def _must_be_a_name(name: str) -> None:
    if not fullmatch(NAME_PATTERN, name):
        raise CannotBeGiven(f"{name!r}: a name has letters, digits, '.', '_', '-' and '@', at most 64")
