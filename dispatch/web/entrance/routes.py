"""The paths of the entrance: ``/log-in``, ``/log-out``, and ``/enter/…``, which links lead to.

A link is opened with GET and used with POST, so that a mail program that looks at links uses none up.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from dispatch.access.accounts import LONGEST_NAME, NAME_PATTERN, AccessLink, BadAccess
from dispatch.access.permissions import Permission
from dispatch.service.log_in import Attempted, LogIn, NotLoggedIn, Where
from dispatch.service.passwords import TooManyLogIns
from dispatch.web.dependencies import ServiceDep
from dispatch.web.entrance.pages import button_form, log_in_form, page, password_form
from dispatch.web.guard import COOKIE, COOKIE_OF_TLS, LOG_IN_PATH
from dispatch.web.may import Who, may

router = APIRouter(include_in_schema=False)
ANYBODY, SOMEBODY = may(Permission.BE_ANYBODY), may(Permission.BE_SOMEBODY)
LONGEST_FORM = 8_192
"""Bytes."""
LONGEST_TRIED = 1_000
"""Letters of a password that are looked at."""
HOME = "/"
_HERE = re.compile(r"/(?![/\\])[^\\\x00-\x1f]*")
_NO_NEED = "Nobody has to log in here: the service is reached from this machine alone, and no account was ever made."


@router.get(LOG_IN_PATH, dependencies=[ANYBODY])
async def log_in_page(service: ServiceDep, next: str = HOME) -> Response:  # noqa: A002 - its public name
    """Ask for name and password."""
    if service.log_in.open:
        return page("No log-in", text=_NO_NEED)
    return page("Log in", form=log_in_form(here(next), ""))


@router.post(LOG_IN_PATH, dependencies=[ANYBODY])
async def log_in(request: Request, service: ServiceDep) -> Response:
    """Let in whoever knows the password."""
    said = await _form(request)
    name, then = said.get("name", "")[:LONGEST_NAME], here(said.get("next", HOME))
    password, code = said.get("password", "")[:LONGEST_TRIED], said.get("code", "")[:LONGEST_TRIED]
    try:
        secret = await service.log_in.log_in(Attempted(name, password, code, where_of(request)))
    except (NotLoggedIn, TooManyLogIns) as error:
        return _refused(error, log_in_form(then, name))
    return let_in(request, secret, then)


@router.post("/log-out", dependencies=[SOMEBODY])
async def log_out(service: ServiceDep, who: Who) -> Response:
    """End the session."""
    await service.log_in.log_out(who)
    answer = RedirectResponse(LOG_IN_PATH, 303)
    answer.delete_cookie(COOKIE)
    answer.delete_cookie(COOKIE_OF_TLS, secure=True)
    return answer


@router.get("/enter/{secret}", dependencies=[ANYBODY])
async def link_page(secret: str, service: ServiceDep) -> Response:
    """Show where a link leads."""
    try:
        link = service.log_in.link_of(secret)
    except NotLoggedIn as error:
        return page("This link leads nowhere", wrong=str(error), status=404)
    return page(_title(link), text=_text(link), form=_link_form(link, secret))


@router.post("/enter/{secret}", dependencies=[ANYBODY])
async def enter(secret: str, request: Request, service: ServiceDep) -> Response:
    """Use a link."""
    try:
        link = service.log_in.link_of(secret)
    except NotLoggedIn as error:
        return page("This link leads nowhere", wrong=str(error), status=404)
    try:
        session = await _session(service.log_in, link, secret, await _form(request), where_of(request))
    except (NotLoggedIn, BadAccess, TooManyLogIns) as error:
        return page(_title(link), text=_text(link), wrong=str(error), form=_link_form(link, secret), status=422)
    return let_in(request, session, HOME if link.is_invitation else "/api/v1/me")


async def _session(log_in: LogIn, link: AccessLink, secret: str, said: dict[str, str], where: Where) -> str:
    if not link.is_invitation:
        return await log_in.enter(link, where)
    name, password = link.name or said.get("name", ""), said.get("password", "")
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadAccess("a name has letters, digits, '.', '_', '-' and '@'")
    if password != said.get("again", ""):
        raise BadAccess("the two passwords are not the same")
    return await log_in.choose_password(secret, name, password, where)


def _title(link: AccessLink) -> str:
    if not link.is_invitation:
        return "Welcome"
    return f"Welcome, {link.name}" if link.name else "The first administrator"


def _text(link: AccessLink) -> str:
    if not link.is_invitation:
        return "This link is yours alone. Whoever has it sees what is yours; do not pass it on."
    if not link.name:
        return "Nobody can log in yet. From now on everybody has to, and you say who may."
    return f"You are {link.role} here. Choose a password; this link is used up by it."


def _link_form(link: AccessLink, secret: str) -> str:
    path = f"/enter/{secret}"
    return password_form(path, link.name) if link.is_invitation else button_form(path, "Go on")


def _refused(error: NotLoggedIn | TooManyLogIns, form: str) -> Response:
    wait_s = error.wait_s if isinstance(error, NotLoggedIn) else 1.0
    status = 503 if isinstance(error, TooManyLogIns) else 429 if wait_s else 401
    answer = page("Log in", wrong=f"{str(error).capitalize()}.", form=form, status=status)
    if wait_s:
        answer.headers["retry-after"] = f"{wait_s:.0f}"
    return answer


def let_in(request: Request, secret: str, then: str) -> Response:
    """Return where they wanted to be, with the session's cookie."""
    secure = request.url.scheme == "https"
    answer = RedirectResponse(then, 303)
    name = COOKIE_OF_TLS if secure else COOKIE
    answer.set_cookie(name, secret, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def where_of(request: Request) -> Where:
    """Return from where it is asked."""
    return Where(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def here(path: str) -> str:
    """Return a path of ours; whoever is sent elsewhere by a link is not sent there by us."""
    return path if _HERE.fullmatch(path) else HOME


async def _form(request: Request) -> dict[str, str]:
    """Return what a form says; nothing where it is longer than ours are, or none."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return {}
    try:
        said = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in said.items()}
