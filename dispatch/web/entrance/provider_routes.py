"""Logging in at the house's OpenID Connect provider: ``/log-in/provider`` leads there, ``…/back`` is where one comes back."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from dispatch.access.permissions import Permission
from dispatch.service.log_in import NotLoggedIn
from dispatch.service.single_sign_on import BACK_WITHIN_S, CameBack, SingleSignOn
from dispatch.web.dependencies import ServiceDep
from dispatch.web.entrance.pages import log_in_page, page
from dispatch.web.entrance.visitor import HOME, here, let_in, where_of
from dispatch.web.may import may
from gateway.errors import LineError, SenderError

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)
ANYBODY = may(Permission.BE_ANYBODY)
TO_PROVIDER = "/log-in/provider"
BACK = f"{TO_PROVIDER}/back"
COOKIE, COOKIE_OF_TLS = "callahead-way", "__Host-callahead-way"
Said = Annotated[str, Query(max_length=4_096)]


@router.get(TO_PROVIDER, dependencies=[ANYBODY])
async def go(request: Request, service: ServiceDep, next: str = HOME) -> Response:  # noqa: A002 - its public name
    """Send the browser to the provider."""
    sign_on = service.sign_on
    if sign_on is None:
        return _no_provider()
    secure = request.url.scheme == "https"
    try:
        url, cookie = await sign_on.begin(f"{request.url.scheme}://{request.url.netloc}{BACK}", here(next))
    except LineError as error:
        return _down(sign_on, error, here(next))
    answer = RedirectResponse(url, 303)
    flags: dict[str, Any] = {"path": "/", "secure": secure, "httponly": True, "samesite": "lax"}
    answer.set_cookie(_cookie(request), cookie, max_age=BACK_WITHIN_S, **flags)
    return answer


async def _came(code: Said = "", state: Said = "", error: Said = "", iss: Said = "") -> CameBack:
    return CameBack(code, state, error, iss)


@router.get(BACK, dependencies=[ANYBODY])
async def come_back(request: Request, service: ServiceDep, came: Annotated[CameBack, Depends(_came)]) -> Response:
    """Let in whom the provider vouches for."""
    sign_on = service.sign_on
    if sign_on is None:
        return _no_provider()
    try:
        secret, then = await sign_on.finish(came, request.cookies.get(_cookie(request), ""), where_of(request))
    except LineError as trouble:
        return _forgotten(request, _down(sign_on, trouble, HOME))
    except SenderError as trouble:
        if not isinstance(trouble, NotLoggedIn):
            log.warning("nobody was let in by %s: %s", sign_on.provider.issuer, trouble, extra={"flood": "log-in"})
        wrong = f"{str(trouble).capitalize()}."
        return _forgotten(request, log_in_page(HOME, "", wrong=wrong, provider=sign_on.provider.label, status=401))
    return _forgotten(request, let_in(request, service.log_in, secret, then))


def _down(sign_on: SingleSignOn, error: LineError, then: str) -> Response:
    """Say that the provider is not there, and let them log in with a password; the log says why."""
    label = sign_on.provider.label
    log.warning("nobody can log in with %s: %s", sign_on.provider.issuer, error, extra={"flood": "log-in"})
    wrong = f"{label} cannot be reached. Try again in a while, or log in with a password, if you have one here."
    return log_in_page(then, "", wrong=wrong, provider=label, status=503)


def _no_provider() -> Response:
    return page("Log in", wrong="This service has no OpenID Connect provider.", status=404)


def _cookie(request: Request) -> str:
    return COOKIE_OF_TLS if request.url.scheme == "https" else COOKIE


def _forgotten(request: Request, answer: Response) -> Response:
    """What was needed on the way is needed once."""
    secure = request.url.scheme == "https"
    answer.delete_cookie(_cookie(request), path="/", secure=secure, httponly=True, samesite="lax")
    return answer
