"""The dispatcher's page at ``/`` and the wall's at ``/board``: a document, the files it is made of, and what it is told."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from dispatch.access.principal import KnownBy, Principal
from dispatch.service.service import Service
from dispatch.web.console.assets import assets, version
from dispatch.web.console.feed import Feed
from gateway.kinds.registry import kinds

BOARD, FILES, FEED = "/board", "/console", "/console/feed"
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "script-src-attr": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""Stricter than where NiceGUI builds a page: no script stands in it."""
_FOREVER = "private, max-age=31536000, immutable"


def mount_desk(app: FastAPI, service: Service) -> None:
    """Put the page, what it is made of and what it is told on the service's app."""
    files = assets()

    @app.get("/", include_in_schema=False)
    @app.get(BOARD, include_in_schema=False)
    async def page(request: Request) -> Response:
        return _document(request.state.principal)

    @app.get(f"{FILES}/{{made}}/{{name}}", include_in_schema=False)
    async def file(name: str) -> Response:
        asset = files.get(name)
        if asset is None:
            return Response(status_code=404)
        headers = {"content-encoding": "gzip", "cache-control": _FOREVER}
        return Response(asset.packed, media_type=asset.media_type, headers=headers)

    @app.websocket(FEED)
    async def feed(browser: WebSocket) -> None:
        await Feed(service, browser).run()


def _document(who: Principal) -> Response:
    told = json.dumps(_told(who)).replace("<", "\\u003c")
    text = _page().replace("{told}", told)
    policy = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    return Response(text, media_type="text/html", headers={"content-security-policy": policy})


@cache
def _page() -> str:
    """Return the page with where its files are. All scripts are asked for at once, and not each when another names it."""
    where = f"{FILES}/{version()}"
    scripts = [name for name in assets() if name.endswith(".js")]
    wanted = "\n    ".join(f'<link rel="modulepreload" href="{where}/{name}">' for name in scripts)
    return assets()["desk.html"].plain.decode().replace("{scripts}", wanted).replace("{files}", where)


def _told(who: Principal) -> dict[str, Any]:
    """Return what a page knows from the start: who looks at it, what they may do, and how devices are drawn."""
    return {
        "name": who.name,
        "actor": who.actor,
        "role": str(who.role or ""),
        "demo": who.known_by is KnownBy.DEMO,
        "may": sorted(who.grants),
        "kinds": {kind.name: {"colour": kind.dot.colour, "radius": kind.dot.radius} for kind in kinds()},
    }
