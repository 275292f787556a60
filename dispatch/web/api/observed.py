"""Paths for whoever watches the service: ``/metrics`` for Prometheus, ``/health/live`` and ``/health/ready`` for supervisors.

They stand outside of ``/api/v1``, where such tools look for them.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.web.dependencies import ServiceDep
from dispatch.web.may import may
from dispatch.web.metrics import registry

STANDS_STILL_S = 30.0
"""A loop that has not turned for so long is not waited for any longer."""
router = APIRouter(tags=["watching"])


class Live(BaseModel):
    """Whether the process is to be left alone."""

    alive: bool
    loop_age_s: float = Field(description="Seconds since the event loop last turned.")


class Ready(BaseModel):
    """Whether messages are taken and stored."""

    ready: bool
    reasons: list[str] = Field(description="What is wrong, the worst first; also what the service bears.")


@router.get("/metrics", dependencies=[may(Permission.READ_HEALTH)], include_in_schema=False)
async def metrics(service: ServiceDep, request: Request) -> Response:
    """In the text format of Prometheus, or OpenMetrics for whoever accepts it."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(registry(service)), media_type=content_type)


@router.get(
    "/health/live",
    dependencies=[may(Permission.BE_ANYBODY)],
    summary="Does the loop turn?",
    responses={503: {"model": Live}},
)
async def live(service: ServiceDep, response: Response) -> Live:
    """503, or no answer at all: start it again."""
    age_s = service.heartbeat.age_s
    response.status_code = 200 if age_s < STANDS_STILL_S else 503
    return Live(alive=age_s < STANDS_STILL_S, loop_age_s=age_s)


@router.get(
    "/health/ready",
    dependencies=[may(Permission.BE_ANYBODY)],
    summary="Are messages taken and stored?",
    responses={503: {"model": Ready}},
)
async def ready(service: ServiceDep, response: Response) -> Ready:
    """503 while the store takes nothing or the broker is away; it comes back by itself."""
    told = service.condition()
    response.status_code = 200 if told.ready else 503
    return Ready(ready=told.ready, reasons=list(told.reasons))
