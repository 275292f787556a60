"""The paths of customers' own page: the document, its files, and how one comes in by a link.

What opens the page stands behind the ``#`` of a link, which browsers send to nobody; the page itself asks to be let in by it.
"""

from __future__ import annotations

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from dispatch.access.accounts import AccessLink
from dispatch.access.permissions import Permission
from dispatch.access.roles import Role
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.choice import in_order
from dispatch.core.conversation.events import AgentWrote
from dispatch.core.conversation.talk import Reading, Talk
from dispatch.engine.inputs import Stopped
from dispatch.service.log_in import NotLoggedIn
from dispatch.service.service import Service
from dispatch.store.errors import JournalFailed
from dispatch.web.api.me import CONVERSES
from dispatch.web.dependencies import Body, ServiceDep
from dispatch.web.entrance.visitor import where_of, with_session
from dispatch.web.may import may
from dispatch.web.own_page.assets import TYPES, document, packed, version, words
from dispatch.web.problems import ApiProblem, answers
from dispatch.web.shown_map import map_assets, map_version, tile_of
from dispatch.words import say, spoken

log = logging.getLogger("callahead")
router = APIRouter(tags=["me"], responses=answers(422))
ANYBODY = may(Permission.BE_ANYBODY)
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "script-src-attr": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "media-src": "blob:",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
WITH_MAP = POLICY | {"img-src": "'self' data: blob:", "worker-src": "'self' blob:"}
"""MapLibre unpacks tiles by a script that it makes of itself, and has pictures of its own making."""
_DOCUMENT = {
    "permissions-policy": "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()",
    "cache-control": "no-cache",
}
"""It holds nothing of anybody: what is a customer's comes behind it, and is kept nowhere."""
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
AGAIN_S = 600
"""A new link is sent to one customer so often at most, seconds."""
Number = Annotated[int, Path(ge=0, le=2**31)]
NEWEST = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9._-]+$")]


class OpenedLink(Body):
    """What stands behind the ``#`` of a link."""

    link: str = Field(max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")


class Renewed(BaseModel):
    """What is said of a link that is old, whoever it was of, and whether or not it was anybody's."""

    sent: Literal["if_it_was_yours", "nowhere"] = Field(
        description="``nowhere``: the house writes to nobody; ring the number of the contract."
    )


@router.get("/me", dependencies=[ANYBODY], include_in_schema=False)
async def page(service: ServiceDep) -> Response:
    """Return the page, which is the same for all."""
    brought = service.map_file.told if service.map_file is not None else None
    rules = POLICY if brought is None else WITH_MAP
    policy = "; ".join(f"{name} {value}" for name, value in rules.items())
    headers = _DOCUMENT | {"content-security-policy": policy}
    return Response(document(brought), media_type="text/html; charset=utf-8", headers=headers)


@router.get("/me/map/{made}/{zoom}/{column}/{row}", dependencies=[CONVERSES], include_in_schema=False)
def tile(made: NEWEST, zoom: Number, column: Number, row: Number, service: ServiceDep) -> Response:
    """Return a tile of the house's map, for whoever is let in."""
    return tile_of(service.map_file, made, zoom, column, row)


@router.get("/me/files/{made}/{name}", dependencies=[ANYBODY], include_in_schema=False)
async def file(made: NEWEST, name: NEWEST, service: ServiceDep) -> Response:
    """Return one of the files it is made of, or of those that draw a map."""
    content = packed().get(name) or _of_map(service, name)
    if content is None:
        return Response(status_code=404)
    kept = _FOREVER if made in {version(), map_version()} else {"cache-control": "no-cache"}
    return Response(content, media_type=_type(name), headers={"content-encoding": "gzip", **kept})


@router.get("/me/worker.js", dependencies=[ANYBODY], include_in_schema=False)
async def worker() -> Response:
    """Return what shows messages of Web Push while the page is closed. It is asked for anew, so that a mend comes through."""
    headers = {"content-encoding": "gzip", "cache-control": "no-cache", "service-worker-allowed": "/me"}
    return Response(packed()["worker.js"], media_type=_type("worker.js"), headers=headers)


@router.get("/me/words/{made}/{language}", dependencies=[ANYBODY], include_in_schema=False)
async def said(made: NEWEST, language: Annotated[str, Path(max_length=35, pattern=r"^[A-Za-z0-9-]+$")]) -> Response:
    """Return what the page says in a language; in English where we do not speak that."""
    kept = _FOREVER if made == version() else {"cache-control": "no-cache"}
    return Response(words(spoken(language)), media_type="application/json", headers=kept)


@router.post(
    "/me/enter", dependencies=[ANYBODY], status_code=204, summary="Come in by a link", responses=answers(404, 503)
)
async def enter(said: OpenedLink, request: Request, service: ServiceDep) -> Response:
    """The answer has a session's cookie, which holds as long as the link, twelve hours at most. 404: it is old, or none."""
    try:
        link = service.log_in.link_of(said.link)
        if link.role is not Role.CUSTOMER:
            raise _old()
        secret = await service.log_in.enter(link, where_of(request))
    except NotLoggedIn:
        raise _old() from None
    return with_session(request, Response(status_code=204), secret)


@router.post("/me/renew", dependencies=[ANYBODY], summary="Ask for a new link instead of an old one")
async def renew(said: OpenedLink, service: ServiceDep, later: BackgroundTasks) -> Renewed:
    """A new one is sent to the registered address of whose the old one was. The answer tells nobody whether that is anybody."""
    if not (service.page_links.public_url and service.room.desk.policy.messages.channels):
        return Renewed(sent="nowhere")
    former = service.log_in.former_link(said.link)
    if former is not None and former.role is Role.CUSTOMER:
        later.add_task(_send_another, service, former)
    return Renewed(sent="if_it_was_yours")


async def _send_another(service: Service, former: AccessLink) -> None:
    """Write to a customer where they can be reached; the message bears a new link, as every message does."""
    customer = service.customers.get(former.owns or "")
    if customer is None:
        return
    preference = service.room.desk.preference_of(customer.customer)
    talk = Talk(customer.customer, preference=preference)
    channels = in_order(Reading(), talk, customer.reach(service.room.desk.policy.messages.channels), urgent=True)
    channel: Channel | None = next(iter(channels), None)
    if channel is None:
        return
    text = say("page_new_link", preference.language or customer.language)
    ref = f"link/{customer.customer}/{int(service.now() // AGAIN_S)}"
    event = AgentWrote(ref, customer.customer, channel, text, "", customer.provenance, by="service/links")
    try:
        await service.tell(event)
    except (JournalFailed, Stopped) as error:
        log.warning("a new link was not sent: %s", error, extra={"flood": "links"})


def _of_map(service: Service, name: str) -> bytes | None:
    found = map_assets().get(name) if service.map_file is not None else None
    return None if found is None else found.packed


def _old() -> ApiProblem:
    return ApiProblem(404, "old-link", "This link leads nowhere", "it has expired, was revoked, or never was")


def _type(name: str) -> str:
    return TYPES[name[name.rindex(".") :]]
