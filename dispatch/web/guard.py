"""Before everything else: is it us who are asked, by a page of ours, and by whom? Also for the console's websocket.

Whoever is not known gets no further than to what is open to all. What somebody may do once they are known is declared by each
route (``may``); what has no route of ours, the console and what its page loads, needs ``watch-console``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dispatch.access.hosts import AllowedHosts, Asked
from dispatch.access.permissions import Permission
from dispatch.access.principal import STRANGER, Principal
from dispatch.service.log_in import LogIn
from dispatch.web.problems import refusal

COOKIE, COOKIE_OF_TLS = "callahead", "__Host-callahead"
"""The second is taken by browsers over TLS alone, and from this very host."""
_PLAIN = {"GET", "HEAD", "OPTIONS"}
_POLICY_VIOLATED = 1008
"""Of a websocket, RFC 6455."""
LOG_IN_PATH = "/log-in"


class GuardMiddleware:
    """``open_to_all``: paths for whoever asks. ``ours``: paths that declare themselves what they need.

    ``hosts``: under which names we are asked; ``None``: that is not looked at, there is no port.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        log_in: LogIn,
        open_to_all: Iterable[re.Pattern[str]],
        ours: Iterable[re.Pattern[str]],
        hosts: AllowedHosts | None,
    ) -> None:
        self._app = app
        self._log_in = log_in
        self._open_to_all, self._ours = tuple(open_to_all), tuple(ours)
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, with its ``principal``, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._foreign(scope, headers) or self._unknown(scope, headers)
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATED})
        else:
            await refused(scope, receive, send)

    def _foreign(self, scope: Scope, headers: Headers) -> Response | None:
        if self._hosts is None:
            return None
        changes = scope["type"] == "websocket" or scope["method"] not in _PLAIN
        said = [headers.get(name, "") for name in ("host", "origin", "sec-fetch-site", "sec-fetch-mode")]
        why = self._hosts.objection(Asked(said[0], said[1], said[2], said[3], changes=changes))
        if why is None and self._log_in.open and ("forwarded" in headers or "x-forwarded-for" in headers):
            why = "nobody has to log in here, so nothing is taken over a proxy: make an account first"
        return None if why is None else refusal(403, "foreign", "This is not asked from here", why)

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """Note who asks, and return a refusal for those who get no further."""
        principal = self._principal(headers, secure=scope["scheme"] in {"https", "wss"})
        scope.setdefault("state", {})["principal"] = principal
        path = scope["path"]
        if _among(path, self._open_to_all):
            return None
        if not principal.known:
            return _log_in_first(scope, headers)
        if _among(path, self._ours) or principal.may(Permission.WATCH_CONSOLE):
            return None
        detail = not_allowed_text(principal, Permission.WATCH_CONSOLE)
        return refusal(403, "not-allowed", "You may not do that", detail)

    def _principal(self, headers: Headers, *, secure: bool) -> Principal:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._log_in.by_key(secret.strip())
        session = cookie_parser(headers.get("cookie", "")).get(COOKIE_OF_TLS if secure else COOKIE, "")
        found = self._log_in.by_session(session) if session else STRANGER
        return found if found.known else self._log_in.without_any()


def not_allowed_text(principal: Principal, permission: Permission, why: str = "") -> str:
    """Say what is needed, and by whom."""
    return f"this needs {permission}{why}, which {principal.actor}{f' ({principal.role})' if principal.role else ''} has not"


def _log_in_first(scope: Scope, headers: Headers) -> Response:
    """A person is brought to where one logs in; a machine is told."""
    if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        return RedirectResponse(f"{LOG_IN_PATH}?next={quote(scope['path'], safe='/')}", 303)
    refused = refusal(
        401, "log-in", "Log in first", f"send a key as 'Authorization: Bearer …', or log in at {LOG_IN_PATH}"
    )
    refused.headers["www-authenticate"] = "Bearer"
    return refused


def _among(path: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.match(path) for pattern in patterns)
