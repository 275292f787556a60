"""The dispatcher's page at ``/`` and the wall's at ``/board``: a document, the files it is made of, and what it is told."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from dispatch.access.principal import KnownBy, Principal
from dispatch.maps.map_tiles import MapTold
from dispatch.service.service import Service
from dispatch.web.console.assets import assets, modules, version
from dispatch.web.console.feed import Feed
from dispatch.web.shown_map import FOR_MAP, FOREVER, map_assets, shown_map, tile_of
from gateway.kinds.registry import kinds

BOARD, FILES, FEED, MAP = "/board", "/console", "/console/feed", "/console/map"
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "script-src-attr": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "blob:",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""Stricter than where NiceGUI builds a page: no script stands in it."""


def mount_desk(app: FastAPI, service: Service) -> None:
    """Put the page, what it is made of and what it is told on the service's app."""
    tiles = service.map_file
    files = assets() | ({} if tiles is None else map_assets())
    shown = desk_map(None if tiles is None else tiles.told)

    @app.get("/", include_in_schema=False)
    @app.get(BOARD, include_in_schema=False)
    async def page(request: Request) -> Response:
        if service.watch is not None:
            service.watch.soon()
        return document("desk", told_from_the_start(request.state.principal) | {"map": shown})

    @app.get(f"{MAP}/{{made}}/{{zoom}}/{{column}}/{{row}}", include_in_schema=False)
    def tile(made: str, zoom: int, column: int, row: int) -> Response:
        return tile_of(tiles, made, zoom, column, row)

    @app.get(f"{FILES}/{{made}}/{{name}}", include_in_schema=False)
    async def file(name: str) -> Response:
        asset = files.get(name)
        if asset is None:
            return Response(status_code=404)
        headers = {"content-encoding": "gzip", "cache-control": FOREVER}
        return Response(asset.packed, media_type=asset.media_type, headers=headers)

    @app.websocket(FEED)
    async def feed(browser: WebSocket) -> None:
        await Feed(service, browser).run()


def document(name: str, told: dict[str, Any]) -> Response:
    """Return a page made of ``NAME.html`` and ``NAME.js``. ``told``: what it knows from the start."""
    text = _page(name).replace("{told}", json.dumps(told).replace("<", "\\u003c"))
    rules = _POLICY | ({} if told["map"] is None else FOR_MAP)
    policy = "; ".join(f"{name} {value}" for name, value in rules.items())
    return Response(text, media_type="text/html", headers={"content-security-policy": policy})


def desk_map(told: MapTold | None) -> dict[str, Any] | None:
    """Return what the console's pages have to know of the map; ``None``: there is none."""
    return None if told is None else shown_map(told, tiles=MAP, files=f"{FILES}/{version()}")


@cache
def _page(name: str) -> str:
    """Return the page with where its files are. All scripts are asked for at once, and not each when another names it."""
    where = f"{FILES}/{version()}"
    wanted = "\n    ".join(f'<link rel="modulepreload" href="{where}/{one}">' for one in modules(f"{name}.js"))
    return assets()[f"{name}.html"].plain.decode().replace("{scripts}", wanted).replace("{files}", where)


def told_from_the_start(who: Principal) -> dict[str, Any]:
    """Return what a page knows from the start: who looks at it, what they may do, and how devices are drawn."""
    return {
        "name": who.name,
        "actor": who.actor,
        "role": str(who.role or ""),
        "demo": who.known_by is KnownBy.DEMO,
        "may": sorted(who.grants),
        "kinds": {kind.name: {"colour": kind.dot.colour, "radius": kind.dot.radius} for kind in kinds()},
    }
