"""Paths for the other sides of our doors: what the social platform posts to us, and what browsers subscribe for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints

from dispatch.access.permissions import Permission
from dispatch.channels.door import BadSubscription, NotNow
from dispatch.channels.social.door import LONGEST, UnreadableHook
from dispatch.delivery.webhooks import NotSigned
from dispatch.registers.customers import PushSubscription
from dispatch.service.payment_codes import NoCode, about_browser
from dispatch.service.service import Service
from dispatch.web.api.customers import must_know
from dispatch.web.api.money import Digits, refused_code
from dispatch.web.dependencies import Body, Done, ServiceDep
from dispatch.web.may import Own, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import PathId

if TYPE_CHECKING:
    from dispatch.channels.webpush.door import PushDoor  # imports what is an extra

Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+=*$", max_length=200)]
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


class PushKeyOut(BaseModel):
    """What browsers subscribe for."""

    key: str = Field(description="As `applicationServerKey`: our VAPID key, base64url.")


class BrowserKeys(Body):
    """What a notification is sealed with."""

    p256dh: Base64
    auth: Base64


class BrowserIn(Body):
    """A browser's subscription, as its ``toJSON()`` has it."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2_000)]
    keys: BrowserKeys
    expirationTime: Annotated[float, Field(ge=0, le=1e16)] | None = None  # noqa: N815 - the browsers' own name


@router.get(
    "/channels/push/key",
    dependencies=[may(Permission.BE_ANYBODY)],
    summary="What browsers subscribe for",
    responses=answers(404),
)
async def push_key(service: ServiceDep) -> PushKeyOut:
    """404: this house sends no notifications to browsers."""
    return PushKeyOut(key=_push_door(service).public_key)


class StrongBrowserIn(Body):
    """A browser that is theirs."""

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2_000)] = Field(
        description="As it was subscribed."
    )
    code: Digits


@router.post(
    "/customers/{customer}/push/strong",
    dependencies=[may(Permission.LET_PAY, Own.CUSTOMER)],
    summary="A browser of a customer's confirms payments from now on",
    responses=answers(404, 409, 429),
)
async def confirms(customer: PathId, said: StrongBrowserIn, service: ServiceDep) -> Done:
    """It takes a code by SMS (POST …/codes with ``browser``): who has nothing but the link adds none. 404: ``unknown-browser``."""
    known = must_know(service, customer)
    browser = next((one for one in known.push if one.endpoint == said.endpoint), None)
    if browser is None:
        raise ApiProblem(
            404, "unknown-browser", "There is no such browser", "it has to be subscribed first: POST …/push"
        )
    if browser.strong:
        return Done(repeat=True)
    try:
        service.payment_codes.check(customer, about_browser(said.endpoint), said.code)
    except NoCode as error:
        raise refused_code(error) from None
    await service.doors.keep(known.with_push(replace(browser, strong=True)))
    return Done()


@router.post(
    "/customers/{customer}/push",
    dependencies=[may(Permission.CHANGE_CONSENT, Own.CUSTOMER)],
    summary="A customer's browser takes notifications",
    responses=answers(404, 422),
)
async def subscribe(customer: PathId, said: BrowserIn, service: ServiceDep) -> Done:
    """Until the browser takes it back, which its push service tells us."""
    door, known = _push_door(service), must_know(service, customer)
    browser = PushSubscription(said.endpoint, said.keys.p256dh, said.keys.auth)
    try:
        door.check(browser)
    except BadSubscription as error:
        raise ApiProblem(422, "bad-subscription", "Nothing can be sent to that browser", str(error)) from None
    if any(replace(one, strong=False) == browser for one in known.push):
        return Done(repeat=True)
    await service.doors.keep(known.with_push(browser))
    return Done()


def _push_door(service: Service) -> PushDoor:
    door = service.doors.push
    if door is None:
        raise ApiProblem(404, "no-door", "There is no such door", "the section [push] of --channels opens it")
    return door


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > LONGEST:
            raise ApiProblem(413, "too-large", "The webhook is too large", f"at most {LONGEST} bytes")
    return bytes(found)
