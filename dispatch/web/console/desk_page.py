"""The dispatcher's page at ``/`` and the wall's at ``/board``: a document, the files it is made of, and what it is told."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from dispatch.access.principal import KnownBy, Principal
from dispatch.maps.errors import BadMap
from dispatch.maps.map_tiles import MapTiles, MapTold
from dispatch.service.service import Service
from dispatch.web.console.assets import MAPLIBRE, assets, map_assets, modules, version
from dispatch.web.console.feed import Feed
from gateway.kinds.registry import kinds

log = logging.getLogger("callahead")

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
_FOR_MAP = {"worker-src": "blob:"}
"""MapLibre unpacks tiles beside the page, by a script that it makes of itself."""
_FOREVER = "private, max-age=31536000, immutable"


def mount_desk(app: FastAPI, service: Service) -> None:
    """Put the page, what it is made of and what it is told on the service's app."""
    tiles = service.map_file
    files = assets() | ({} if tiles is None else map_assets())
    shown = None if tiles is None else shown_map(tiles.told)

    @app.get("/", include_in_schema=False)
    @app.get(BOARD, include_in_schema=False)
    async def page(request: Request) -> Response:
        if service.watch is not None:
            service.watch.soon()
        return document("desk", told_from_the_start(request.state.principal) | {"map": shown})

    @app.get(f"{MAP}/{{made}}/{{zoom}}/{{column}}/{{row}}", include_in_schema=False)
    def tile(made: str, zoom: int, column: int, row: int) -> Response:
        return (
            Response(status_code=404) if tiles is None or made != tiles.told.made else _tile(tiles, zoom, column, row)
        )

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


def document(name: str, told: dict[str, Any]) -> Response:
    """Return a page made of ``NAME.html`` and ``NAME.js``. ``told``: what it knows from the start."""
    text = _page(name).replace("{told}", json.dumps(told).replace("<", "\\u003c"))
    rules = _POLICY | ({} if told["map"] is None else _FOR_MAP)
    policy = "; ".join(f"{name} {value}" for name, value in rules.items())
    return Response(text, media_type="text/html", headers={"content-security-policy": policy})


def shown_map(told: MapTold) -> dict[str, Any]:
    """Return what a page has to know to draw a map: where its tiles and what draws them are, and what is in it."""
    files = f"{FILES}/{version()}"
    where = {
        "tiles": f"{MAP}/{told.made}/{{z}}/{{x}}/{{y}}",
        "script": f"{files}/{MAPLIBRE[0]}",
        "style": f"{files}/{MAPLIBRE[1]}",
    }
    return where | asdict(told)


def _tile(tiles: MapTiles, zoom: int, column: int, row: int) -> Response:
    """Return a tile as it stands in the file; where it is broken, the map has a hole and the log says why."""
    try:
        found = tiles.tile(zoom, column, row)
    except BadMap as error:
        log.warning("%s", error, extra={"flood": "map"})
        found = None
    headers = {"cache-control": _FOREVER}
    if found is None:
        return Response(status_code=204, headers=headers)
    headers |= {"content-encoding": tiles.encoding} if tiles.encoding else {}
    return Response(found, media_type=tiles.media_type, headers=headers)


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
