"""Paths of who may do what: oneself, accounts, keys, links. A secret is told once, when it is made."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from dispatch.access import totp
from dispatch.access.accounts import NAME_PATTERN, Account, ApiKey, BadAccess
from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy, Principal
from dispatch.access.roles import BY_LINK, Role
from dispatch.service.access_registers import LINK_S, new_authenticator, new_key
from dispatch.service.service import Service
from dispatch.web.dependencies import Body, ServiceDep
from dispatch.web.may import Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, PathId

router = APIRouter(tags=["access"], responses=answers(401, 403, 422, 503))
GIVES, SOMEBODY = may(Permission.GIVE_ACCESS), may(Permission.BE_SOMEBODY)
Name = Annotated[str, Path(pattern=NAME_PATTERN)]
Owner = Annotated[Id | None, Field(description="Whose things it reaches; none: all.")]
MOST_DAYS = 3_650
Made = TypeVar("Made")


class AccountIn(Body):
    """A person who is to have an account, or another role."""

    name: str = Field(pattern=NAME_PATTERN, examples=["anna"])
    role: Role
    owns: Owner = None


class Invited(BaseModel):
    """The link by which a person chooses a password, told once."""

    name: str
    path: str = Field(description="Below the service's own address; holds for a week, and once.")


class AccountOut(BaseModel):
    """An account, without anything secret."""

    name: str
    role: Role
    owns: str | None
    created_at: float
    locked: bool
    has_password: bool
    has_authenticator: bool
    by_openid: bool = Field(description="The house's provider says who they are, and their role.")


class KeyIn(Body):
    """A machine that is to have a key."""

    name: str = Field(pattern=NAME_PATTERN, examples=["exchange"])
    scopes: tuple[Permission, ...] = Field((), max_length=len(Permission), description="What it may do.")
    role: Role | None = Field(None, description="Instead of scopes: all that the role may do.")
    owns: Owner = None
    days: float | None = Field(None, gt=0, le=MOST_DAYS, description="How long it holds; none: until it is revoked.")


class KeyOut(BaseModel):
    """A key, without itself."""

    name: str
    scopes: tuple[Permission, ...]
    role: Role | None
    owns: str | None
    created_at: float
    until: float | None


class KeyTold(KeyOut):
    """The same with the key, told once."""

    key: str = Field(description="Send it as ``Authorization: Bearer …``.")


class LinkIn(Body):
    """A customer or a helper who is to see what is theirs."""

    role: Role
    owns: Id = Field(description="The customer's id, or the truck's, ``vendor/device``.")
    hours: float = Field(LINK_S / 3_600, gt=0, le=24 * 31)


class LinksEnded(BaseModel):
    """How many there were."""

    ended: int


class Authenticator(BaseModel):
    """What an authenticator app is told, once. It counts from when a code of it is confirmed."""

    secret: str
    uri: str


class CodeIn(Body):
    """A secret as it was told, and a code of the app that was told it."""

    secret: str = Field(pattern="^[A-Z2-7]{32}$")
    code: str = Field(pattern="^[0-9]{6}$")


@router.post("/me/authenticator", dependencies=[SOMEBODY], summary="Draw the secret of an authenticator app")
async def draw_authenticator(who: Who) -> Authenticator:
    """Nothing changes before a code of it is confirmed."""
    _must_be_a_person(who)
    secret = new_authenticator()
    return Authenticator(secret=secret, uri=totp.uri(secret, who.name))


@router.put("/me/authenticator", status_code=204, dependencies=[SOMEBODY], summary="Confirm it with a code")
async def confirm_authenticator(said: CodeIn, service: ServiceDep, who: Who) -> None:
    """From now on a code is asked for with the password."""
    _must_be_a_person(who)
    if _account(service, who.name).totp is not None:
        raise ApiProblem(409, "has-authenticator", "There is one already", "take it away first, on the page /account")
    if totp.step_of(said.secret, said.code, service.log_in.now()) is None:
        raise ApiProblem(422, "wrong-code", "The code is wrong", "it is another app's, or the clock of one is off")
    await _done(service.log_in.add_authenticator(who.name, said.secret, said.code))


@router.get("/accounts", dependencies=[GIVES], summary="Accounts")
async def accounts(service: ServiceDep) -> list[AccountOut]:
    """By name."""
    found = service.log_in.registers.accounts
    return [_account_out(found[name]) for name in sorted(found)]


@router.post("/accounts", dependencies=[GIVES], summary="Make an account, or give it another role")
async def invite(said: AccountIn, service: ServiceDep) -> Invited:
    """Tells the link by which its owner chooses a password; of one that has a password, that is how to choose another."""
    log_in = service.log_in
    secret = await _done(log_in.registers.invite(said.name, said.role, said.owns, log_in.now()))
    return Invited(name=said.name, path=f"/enter/{secret}")


@router.post("/accounts/{name}/lock", status_code=204, dependencies=[GIVES], summary="Lock it", responses=answers(404))
async def lock(name: Name, service: ServiceDep) -> None:
    """Whoever is logged in with it is logged out."""
    await service.log_in.registers.lock(_account(service, name).name)


@router.post(
    "/accounts/{name}/unlock", status_code=204, dependencies=[GIVES], summary="Unlock it", responses=answers(404)
)
async def unlock(name: Name, service: ServiceDep) -> None:
    """Password and authenticator are as they were."""
    await service.log_in.registers.unlock(_account(service, name).name)


@router.delete(
    "/accounts/{name}/authenticator",
    status_code=204,
    dependencies=[GIVES],
    summary="Ask for no code any more",
    responses=answers(404),
)
async def forget_authenticator(name: Name, service: ServiceDep) -> None:
    """For somebody who lost it; whoever is logged in with the account is logged out."""
    await service.log_in.registers.forget_authenticator(_account(service, name).name)


@router.delete(
    "/accounts/{name}/sessions", status_code=204, dependencies=[GIVES], summary="Log it out", responses=answers(404)
)
async def log_out_everywhere(name: Name, service: ServiceDep) -> None:
    """Wherever it is logged in."""
    await service.log_in.registers.end_sessions_of(_account(service, name).name)


@router.get("/keys", dependencies=[GIVES], summary="Keys")
async def keys(service: ServiceDep) -> list[KeyOut]:
    """By name, those that hold no more, too."""
    found = service.log_in.registers.keys
    return [KeyOut(**_key_out(found[name])) for name in sorted(found)]


@router.post("/keys", dependencies=[GIVES], summary="Make a key")
async def add_key(said: KeyIn, service: ServiceDep) -> KeyTold:
    """It is told once."""
    now = service.log_in.now()
    try:
        made, secret = new_key(said.name, now, scopes=said.scopes, role=said.role, owns=said.owns, days=said.days)
    except BadAccess as error:
        raise _bad(error) from None
    await _done(service.log_in.registers.add_key(made))
    return KeyTold(**_key_out(made), key=secret)


@router.delete("/keys/{name}", status_code=204, dependencies=[GIVES], summary="Revoke a key", responses=answers(404))
async def revoke_key(name: Name, service: ServiceDep) -> None:
    """It holds no more."""
    if not await service.log_in.registers.revoke_key(name, service.log_in.now()):
        raise ApiProblem(404, "unknown-key", "There is no such key", f"no key is called {name!r}")


@router.delete("/links/{owner}", dependencies=[GIVES], summary="Have a customer's or a helper's links lead nowhere")
async def end_links(owner: PathId, service: ServiceDep) -> LinksEnded:
    """All of them, those that messages carry, too; who came by them is logged out."""
    return LinksEnded(ended=await service.page_links.revoke(owner))


@router.post("/links", dependencies=[GIVES], summary="Make a link for a customer or a helper")
async def add_link(said: LinkIn, service: ServiceDep) -> Invited:
    """Whoever opens it sees what is theirs, until it expires."""
    if said.role not in BY_LINK:
        raise _bad(BadAccess(f"a {said.role} has an account or a key; links are for {' and '.join(sorted(BY_LINK))}s"))
    log_in = service.log_in
    until = log_in.now() + said.hours * 3_600
    secret = await _done(log_in.registers.add_link(said.owns, said.role, said.owns, until))
    return Invited(name=said.owns, path=f"/enter/{secret}")


async def _done(work: Awaitable[Made]) -> Made:
    try:
        return await work
    except BadAccess as error:
        raise _bad(error) from None


def _bad(error: BadAccess) -> ApiProblem:
    return ApiProblem(422, "bad-access", "That cannot be given", str(error))


def _account(service: Service, name: str) -> Account:
    found = service.log_in.registers.accounts.get(name)
    if found is None:
        raise ApiProblem(404, "unknown-account", "There is no such account", f"nobody is called {name!r}")
    return found


def _must_be_a_person(who: Principal) -> None:
    if who.known_by is not KnownBy.USER:
        raise ApiProblem(409, "no-account", "That is for accounts", f"{who.actor} has none; log in first")


def _account_out(account: Account) -> AccountOut:
    return AccountOut(
        name=account.name,
        role=account.role,
        owns=account.owns,
        created_at=account.created_at,
        locked=account.locked,
        has_password=account.password is not None,
        has_authenticator=account.totp is not None,
        by_openid=account.subject is not None,
    )


def _key_out(key: ApiKey) -> dict[str, Any]:
    told = asdict(key)
    del told["hash"]
    return told
