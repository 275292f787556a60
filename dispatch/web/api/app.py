"""The HTTP API under ``/api/v1``: what partners and agents do, and what can be read. OpenAPI: ``/api/v1/openapi.json``.

Whatever changes something is answered only after it is stored; sent again, it changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from dispatch.access.hosts import AllowedHosts
from dispatch.access.permissions import Permission
from dispatch.service.service import Service
from dispatch.web import problems
from dispatch.web.api import (
    access,
    acts,
    agents,
    bank,
    calls,
    channels,
    conversations,
    customers,
    devices,
    dispatching,
    floor,
    hints,
    mandates,
    me,
    observed,
    offers,
    orders,
    partners,
    payments,
    products,
    readings,
    registries,
    reports,
    struggles,
    vendors,
    verification,
    voice_menu,
    voice_messages,
)
from dispatch.web.body_limit import BodyLimit
from dispatch.web.entrance import provider_routes
from dispatch.web.entrance import routes as entrance
from dispatch.web.guard import GuardMiddleware
from dispatch.web.idempotency import IdempotencyMiddleware, KeptAnswers
from dispatch.web.may import DeclaredRoute, declared, may
from dispatch.web.own_page import routes as own_page
from dispatch.web.own_page.live import LivePages
from dispatch.web.own_page.video import VideoRooms
from dispatch.web.problems import ApiProblem, shown_path
from dispatch.web.security_headers import SecurityHeaders

PREFIX = "/api/v1"
DESCRIPTION = """Callahead calls the customer before the customer calls.

Agents claim calls; workshops and suppliers are told at their own URL what they are asked, or fetch it, and answer; a
telephone exchange tells of customers who ring in. Devices speak MQTT, not HTTP. Times are POSIX seconds, positions WGS 84
degrees. Errors are RFC 9457 problem details (`application/problem+json`). Every answer to a change comes after it is
stored; repeats change nothing. Where a body has nothing that tells a repeat, as in claiming a call or drawing a secret, an
`Idempotency-Key` does.

Where somebody has an account or a key, everybody needs one: machines send theirs as `Authorization: Bearer …`.
"""
DESCRIBED = re.compile(rf"{PREFIX}/(docs|openapi\.json)$|/static-offline-docs/")
"""The API's description: for whoever is known."""
LIVE, SHOWN, SEEN = "/me/live", "/me/video", "/video"
"""Websockets: what a customer's page is told; the customer's and the agent's seat where they see each other."""
PAGES = re.compile(rf"/(account|access)$|({LIVE}|{SHOWN}|{SEEN})$|/_nicegui(_ws)?/")
"""Pages of the console that say themselves whom they are for, and what they are made of: for whoever is known, too."""
nothing = APIRouter()
"""What there is not."""
API = tuple(
    part.router
    for part in (
        *(
            access,
            me,
            voice_messages,
            vendors,
            registries,
            customers,
            agents,
            floor,
            calls,
            hints,
            voice_menu,
            verification,
            reports,
            orders,
            partners,
        ),
        *(conversations, channels, bank, acts, dispatching),
        *(mandates, payments, products, offers),
        *(readings, devices, struggles),
    )
)
BESIDE = (observed.router, entrance.router, provider_routes.router, own_page.router)
"""Outside of ``PREFIX``."""


def create_app(service: Service, hosts: AllowedHosts | None = None) -> FastAPI:
    """Return the app that serves ``service``. ``hosts``: under which names; ``None``: it is served on no port.

    Raises ``NothingDeclared`` where a route does not say what it needs.
    """
    app: FastAPI = FastAPIOffline(
        title="Callahead",
        version="1",
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
    )
    app.state.service = service
    app.state.own_limits = me.OwnLimits()
    problems.install(app)
    app.router.routes.extend(served())
    _mount_live(app, service)
    kept = KeptAnswers()
    service.personal_data.forget.append(kept.forget)
    app.add_middleware(IdempotencyMiddleware, kept=kept)
    app.add_middleware(BodyLimit)
    app.add_middleware(_guard(service, hosts))  # before a body is read: who may not ask fills no memory
    app.add_middleware(SecurityHeaders)  # the last one added is the first to see a request
    return app


@cache
def served() -> list[BaseRoute]:
    """Return all that serves a path: once, for a router that is included in an app is worked out anew for that app."""
    once = APIRouter()
    for part in (*API, nothing):
        once.include_router(part, prefix=PREFIX)
    for part in BESIDE:
        once.include_router(part)
    return once.routes


def _mount_live(app: FastAPI, service: Service) -> None:
    """Have customers' open pages told what changes."""
    pages = LivePages(service)
    service.driver.announcer.feed(pages.feed)

    rooms = VideoRooms(service, pages)

    @app.websocket(LIVE)
    async def live(browser: WebSocket) -> None:
        await pages.show(browser)

    @app.websocket(SHOWN)
    async def shown(browser: WebSocket) -> None:
        await rooms.customer(browser)

    @app.websocket(SEEN)
    async def seen(browser: WebSocket) -> None:
        await rooms.agent(browser)


def routes() -> list[DeclaredRoute]:
    """Return every route of ours, and what it needs. Raises ``NothingDeclared`` where one does not say."""
    return [*declared((*API, nothing), PREFIX), *declared(BESIDE)]


def _guard(service: Service, hosts: AllowedHosts | None) -> Callable[[ASGIApp], GuardMiddleware]:
    found = routes()
    open_to_all = [one.pattern for one in found if one.needs.permission is Permission.BE_ANYBODY]
    ours = [*(one.pattern for one in found), DESCRIBED, PAGES]
    return lambda app: GuardMiddleware(app, log_in=service.log_in, open_to_all=open_to_all, ours=ours, hosts=hosts)


@nothing.api_route(
    "/{path:path}",
    methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
    include_in_schema=False,
    dependencies=[may(Permission.BE_SOMEBODY)],
)
async def _nothing(request: Request) -> None:
    detail = f"{request.method} {shown_path(request)}: see {PREFIX}/docs for what there is"
    raise ApiProblem(404, "unknown-path", "There is no such path", detail)
