"""The paths of the entrance: ``/log-in``, ``/log-out``, and ``/enter/…``, which links lead to.

A link is opened with GET and used with POST, so that a mail program that looks at links uses none up.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from dispatch.access.accounts import LONGEST_NAME, NAME_PATTERN, AccessLink, BadAccess
from dispatch.access.permissions import Permission
from dispatch.access.principal import KnownBy
from dispatch.access.roles import Role
from dispatch.service.log_in import Attempted, LogIn, NotLoggedIn, Where
from dispatch.service.page_links import PATH
from dispatch.service.passwords import TooManyLogIns
from dispatch.service.service import Service
from dispatch.web.dependencies import ServiceDep
from dispatch.web.entrance.pages import button_form, log_in_page, page, password_form
from dispatch.web.entrance.visitor import HOME, form_of, here, let_in, where_of
from dispatch.web.guard import COOKIE, COOKIE_OF_TLS, LOG_IN_PATH
from dispatch.web.may import Who, may

router = APIRouter(include_in_schema=False)
ANYBODY, SOMEBODY = may(Permission.BE_ANYBODY), may(Permission.BE_SOMEBODY)
LONGEST_TRIED = 1_000
"""Letters of a password that are looked at."""
_NOBODY_YET = (
    "Nobody administers this service yet. It told a link when it was started, in its terminal or log, and in the file "
    "first-administrator beside its store: whoever opens it does."
)
_NO_NEED = "Nobody has to log in here: the service is reached from this machine alone, and no account was ever made."


@router.get(LOG_IN_PATH, dependencies=[ANYBODY])
async def log_in_asked(
    request: Request,
    service: ServiceDep,
    *,
    next: str = HOME,  # noqa: A002 - its public name
    left: bool = False,
) -> Response:
    """Ask for name and password, or have them log in at the house's provider; ``left``: they just logged out here."""
    if service.log_in.open:
        return page("No log-in", text=_NO_NEED)
    sign_on = service.sign_on
    text = "" if service.log_in.registers.has_administrator else _NOBODY_YET
    if sign_on is None:
        return log_in_page(here(next), "", text=text)
    back = f"{request.url.scheme}://{request.url.netloc}{LOG_IN_PATH}"
    elsewhere = await sign_on.left_url(back) if left else None
    return log_in_page(here(next), "", provider=sign_on.provider.label, elsewhere=elsewhere, text=text)


@router.post(LOG_IN_PATH, dependencies=[ANYBODY])
async def log_in(request: Request, service: ServiceDep) -> Response:
    """Let in whoever knows the password."""
    said = await form_of(request)
    name, then = said.get("name", "")[:LONGEST_NAME], here(said.get("next", HOME))
    password, code = said.get("password", "")[:LONGEST_TRIED], said.get("code", "")[:LONGEST_TRIED]
    try:
        secret = await service.log_in.log_in(Attempted(name, password, code, where_of(request)))
    except (NotLoggedIn, TooManyLogIns) as error:
        return _refused(error, then, name, service)
    return let_in(request, service.log_in, secret, then)


@router.post("/log-out", dependencies=[SOMEBODY])
async def log_out(service: ServiceDep, who: Who) -> Response:
    """End the session."""
    account = service.log_in.registers.accounts.get(who.name)
    by_provider = who.known_by is KnownBy.USER and account is not None and account.subject is not None
    await service.log_in.log_out(who)
    answer = RedirectResponse(f"{LOG_IN_PATH}?left=1" if by_provider else LOG_IN_PATH, 303)
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
        session = await _session(service.log_in, link, secret, await form_of(request), where_of(request))
    except (NotLoggedIn, BadAccess, TooManyLogIns) as error:
        return page(_title(link), text=_text(link), wrong=str(error), form=_link_form(link, secret), status=422)
    return let_in(request, service.log_in, session, _begins(link))


def _begins(link: AccessLink) -> str:
    """Return where somebody begins: a customer at their own page, a helper at what they may do."""
    return HOME if link.is_invitation else PATH if link.role is Role.CUSTOMER else "/api/v1/me"


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


def _refused(error: NotLoggedIn | TooManyLogIns, then: str, name: str, service: Service) -> Response:
    wait_s = error.wait_s if isinstance(error, NotLoggedIn) else 1.0
    status = 503 if isinstance(error, TooManyLogIns) else 429 if wait_s else 401
    label = service.sign_on.provider.label if service.sign_on else None
    answer = log_in_page(then, name, wrong=f"{str(error).capitalize()}.", provider=label, status=status)
    if wait_s:
        answer.headers["retry-after"] = f"{wait_s:.0f}"
    return answer
