"""Paths for the other sides of our doors: how they stand, and what the social platform posts to us."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.channels.door import NotNow
from dispatch.channels.social.door import LONGEST, UnreadableHook
from dispatch.delivery.webhooks import NotSigned
from dispatch.web.dependencies import Done, ServiceDep
from dispatch.web.may import may
from dispatch.web.problems import ApiProblem, answers

router = APIRouter(tags=["channels"], responses=answers(422, 503))


class ChannelOut(BaseModel):
    """One written channel."""

    channel: str
    provenance: str
    trouble: str | None = Field(description="Why nothing gets through at the moment.")
    waiting: int = Field(description="Messages that wait to be sent.")


@router.get(
    "/channels", dependencies=[may(Permission.READ_REGISTRIES)], summary="On which channels customers are written to"
)
async def channels(service: ServiceDep) -> list[ChannelOut]:
    """Those that ``--channels`` opens."""
    waiting = service.doors.sender.waiting()
    return [
        ChannelOut(channel=name, provenance=door.provenance, trouble=door.trouble, waiting=waiting.get(name, 0))
        for name, door in service.doors.by_channel.items()
    ]


@router.post(
    "/channels/social/webhook",
    dependencies=[may(Permission.BE_ANYBODY)],
    summary="What the social platform tells us, signed by Standard Webhooks",
    responses=answers(401, 403, 404, 413, 429),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def social_webhook(request: Request, service: ServiceDep) -> Done:
    """``{"type": …, "data": …}``: message.received, message.status; once each. 429: say it again later."""
    door = service.doors.social
    if door is None:
        raise ApiProblem(404, "no-door", "There is no such door", "the section [social] of --channels opens it")
    try:
        await door.take(await _body(request), request.headers)
    except NotSigned as error:
        raise ApiProblem(401, "not-signed", "The webhook's signature does not hold", str(error)) from None
    except UnreadableHook as error:
        raise ApiProblem(422, "invalid-webhook", "The webhook cannot be read", str(error)) from None
    except NotNow as error:
        raise ApiProblem(429, "later", "Say it again later", str(error)) from None
    return Done()


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > LONGEST:
            raise ApiProblem(413, "too-large", "The webhook is too large", f"at most {LONGEST} bytes")
    return bytes(found)
