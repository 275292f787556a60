"""The HTTP API under ``/api/v1``: what partners and agents do, and what can be read. OpenAPI: ``/api/v1/openapi.json``.

Whatever changes something is answered only after it is stored; sent again, it changes nothing.
"""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi_offline import FastAPIOffline

from dispatch.service.service import Service
from dispatch.web import problems
from dispatch.web.api import calls, devices, observed, orders, partners, readings, registries, reports, vendors
from dispatch.web.body_limit import BodyLimit
from dispatch.web.idempotency import IdempotencyMiddleware
from dispatch.web.problems import ApiProblem, shown_path
from dispatch.web.security_headers import SecurityHeaders

PREFIX = "/api/v1"
DESCRIPTION = """Callahead calls the customer before the customer calls.

Agents claim calls; workshops and suppliers are told at their own URL what they are asked, or fetch it, and answer; a
telephone exchange tells of customers who ring in. Devices speak MQTT, not HTTP. Times are POSIX seconds, positions WGS 84
degrees. Errors are RFC 9457 problem details (`application/problem+json`). Every answer to a change comes after it is
stored; repeats change nothing. Where a body has nothing that tells a repeat, as in claiming a call or drawing a secret, an
`Idempotency-Key` does.
"""


def create_app(service: Service) -> FastAPI:
    """Return the app that serves ``service``."""
    app: FastAPI = FastAPIOffline(
        title="Callahead",
        version="1",
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
    )
    app.state.service = service
    problems.install(app)
    app.add_middleware(IdempotencyMiddleware)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)  # the last one added is the first to see a request
    doors = APIRouter(prefix=PREFIX)
    for part in (vendors, registries, calls, reports, orders, partners, readings, devices):
        doors.include_router(part.router)
    doors.add_api_route(
        "/{path:path}", _nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False
    )
    app.include_router(doors)
    app.include_router(observed.router)
    return app


async def _nothing(request: Request) -> None:
    detail = f"{request.method} {shown_path(request)}: see {PREFIX}/docs for what there is"
    raise ApiProblem(404, "unknown-path", "There is no such path", detail)
