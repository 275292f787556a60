"""Who comes in by a browser: from where, where to, what their form says, and the cookie that they are let in with."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.service.log_in import LogIn, Where
from dispatch.web.guard import COOKIE, COOKIE_OF_TLS

LONGEST_FORM = 8_192
"""Bytes."""
HOME, ACCOUNT, AGENT = "/", "/account", "/agent"
_HERE = re.compile(r"/(?![/\\])[^\\\x00-\x1f]*")


def let_in(request: Request, log_in: LogIn, secret: str, then: str) -> Response:
    """Return where they wanted to be, with the session's cookie."""
    if then == HOME:
        then = _first_page(log_in.by_session(secret))
    return with_session(request, RedirectResponse(then, 303), secret)


def with_session(request: Request, answer: Response, secret: str) -> Response:
    """Return the answer with the session's cookie."""
    secure = request.url.scheme == "https"
    name = COOKIE_OF_TLS if secure else COOKIE
    answer.set_cookie(name, secret, path="/", secure=secure, httponly=True, samesite="lax")
    return answer


def _first_page(who: Principal) -> str:
    """Return where somebody begins: who takes calls and dispatches nothing among calls, who may not watch at their account."""
    if who.may(Permission.TAKE_CALLS) is not None and who.may(Permission.DISPATCH_CASES) is None:
        return AGENT
    return HOME if who.may(Permission.WATCH_CONSOLE) is not None else ACCOUNT


def where_of(request: Request) -> Where:
    """Return from where it is asked."""
    return Where(request.client.host if request.client else "", request.headers.get("user-agent", ""))


def here(path: str) -> str:
    """Return a path of ours; whoever is sent elsewhere by a link is not sent there by us."""
    return path if _HERE.fullmatch(path) else HOME


async def form_of(request: Request) -> dict[str, str]:
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
