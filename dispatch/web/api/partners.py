"""Paths for partners with an address: registering it, the webhook they send, and the dead letters."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.delivery.webhooks import NotSigned, verify
from dispatch.outgoing.partner_messages import UnreadableAnswer, hook_in
from dispatch.registers.partners import PartnerRecord
from dispatch.service.service import Service
from dispatch.store.outbox_rows import DeadLetter
from dispatch.web.api.ibans import Iban
from dispatch.web.api.orders import take_answer
from dispatch.web.api.partner_urls import Url, check_urls
from dispatch.web.dependencies import After, Body, Done, Limit, ServiceDep, Simulated
from dispatch.web.may import Own, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, Many, PathId
from gateway.finding import Provenance

router = APIRouter(tags=["partners"], responses=answers(422, 503))
LONGEST_HOOK = 65_536
"""Bytes."""


class PartnerIn(Body):
    """A workshop or supplier that is told at its own URL what it is asked."""

    partner: PathId = Field(description="The workshop's or supplier's id; it is registered first.")
    url: Url
    provenance: Simulated
    iban: Iban | None = Field(None, description="The account it is paid on. Left out: as it was.")


class PartnerOut(BaseModel):
    """A partner as it is registered."""

    partner: str
    url: str
    provenance: Provenance


class PartnerTold(PartnerOut):
    """The same, with the secret where it is new."""

    secret: str | None = Field(description="Told once, when it is new. Both sides sign with it (Standard Webhooks).")


class Retry(Body):
    """Which dead letter to send again."""

    key: Id


class DeadLetters(BaseModel):
    """What was not carried out, oldest first."""

    dead_letters: list[DeadLetter]
    next: int = Field(description="Ask for what comes ``after`` it next time.")


@router.post(
    "/partners",
    dependencies=[may(Permission.REGISTER_PARTNERS)],
    summary="Register where partners are told what they are asked",
    responses=answers(404),
)
async def register_partners(partners: Many[PartnerIn], service: ServiceDep) -> list[PartnerTold]:
    """A URL replaces the one before; the secret stays. 404: no workshop or supplier has that name."""
    check_urls(((one.url, one.provenance) for one in partners), service.partner_networks)
    for told in partners:
        _must_be_open(service, told.partner)
    found = [await service.partners.register(one.partner, one.url, one.provenance, one.iban) for one in partners]
    return [_told(record, secret=record.secret if is_new else None) for record, is_new in found]


@router.get("/partners", dependencies=[may(Permission.READ_REGISTRIES)], summary="Partners that have a URL")
async def partners(service: ServiceDep) -> list[PartnerOut]:
    """By name; without their secrets."""
    return [_told(record, secret=None) for record in service.partners.all()]


@router.delete(
    "/partners/{partner}",
    dependencies=[may(Permission.REGISTER_PARTNERS)],
    status_code=204,
    summary="Forget a partner's URL",
    responses=answers(404),
)
async def forget_partner(partner: PathId, service: ServiceDep) -> None:
    """It is told nothing any more and fetches what it is asked, as before."""
    if not await service.partners.forget(partner):
        raise _unknown(partner)


@router.post(
    "/partners/{partner}/secret",
    dependencies=[may(Permission.ROTATE_SECRETS, Own.PARTNER)],
    summary="Draw a new secret",
    responses=answers(404),
)
async def rotate_secret(partner: PathId, service: ServiceDep) -> PartnerTold:
    """For another day webhooks are signed with both, and verified with either."""
    _must_know(service, partner)
    record = await service.partners.rotate(partner, service.now())
    return _told(record, secret=record.secret)


@router.post(
    "/partners/{partner}/webhook",
    dependencies=[may(Permission.BE_ANYBODY)],
    summary="A partner's webhook, signed by Standard Webhooks",
    responses=answers(401, 403, 404, 409, 413),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def webhook(partner: PathId, request: Request, service: ServiceDep) -> Done:
    """``{"type": …, "data": …}``: booking.answered, order.answered, order.fulfilled, withdrawal.answered; once each."""
    record = _must_know(service, partner)
    body = await _body(request)
    try:
        verify(body, request.headers, record.secrets(service.now()))
    except NotSigned as error:
        raise ApiProblem(401, "not-signed", "The webhook's signature does not hold", f"{partner}: {error}") from None
    try:
        said = hook_in(body, partner)
    except UnreadableAnswer as error:
        raise ApiProblem(422, "invalid-webhook", "The webhook cannot be read", str(error)) from None
    return await take_answer(service, partner, said, f"partner/{partner}")


@router.get(
    "/dead-letters",
    dependencies=[may(Permission.READ_DEAD_LETTERS)],
    summary="What partners and devices were not told, and why",
)
async def dead_letters(service: ServiceDep, after: After = 0, limit: Limit = 500) -> DeadLetters:
    """Oldest first."""
    found = await asyncio.to_thread(service.journal.outbox.dead_letters, after, limit)
    return DeadLetters(dead_letters=found, next=found[-1].seq if found else after)


@router.post(
    "/dead-letters/retry",
    dependencies=[may(Permission.RETRY_DEAD_LETTERS)],
    summary="Send a dead letter again",
    responses=answers(404, 409),
)
async def retry(asked: Retry, service: ServiceDep) -> Done:
    """With the same idempotency key. 409: nobody waits for it any more, or the partner has answered."""
    sender = next(
        (one for one in (service.webhooks, service.doors.sender, service.bank.sender) if asked.key in one.outbox.dead),
        None,
    )
    if sender is None:
        raise ApiProblem(
            404,
            "unknown-letter",
            "There is no such dead letter",
            f"{asked.key!r} is not among those of partners, customers and the bank",
        )
    if not sender.send_again(asked.key):
        detail = f"{asked.key!r} was answered, withdrawn or passed on meanwhile"
        raise ApiProblem(409, "overtaken", "Nobody waits for it any more", detail)
    return Done()


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > LONGEST_HOOK:
            raise ApiProblem(413, "too-large", "The webhook is too large", f"at most {LONGEST_HOOK} bytes")
    return bytes(found)


def _must_be_open(service: Service, partner: str) -> None:
    if not (service.heard(f"workshop/{partner}") or service.heard(f"supplier/{partner}")):
        detail = f"{partner!r} is neither a workshop nor a supplier; register it first (POST /workshops or /suppliers)"
        raise ApiProblem(404, "unknown-partner", "There is no such partner", detail)


def _must_know(service: Service, partner: str) -> PartnerRecord:
    record = service.partners.get(partner)
    if record is None:
        raise _unknown(partner)
    return record


def _unknown(partner: str) -> ApiProblem:
    return ApiProblem(
        404, "unknown-partner", "There is no such partner", f"{partner!r} has no URL (POST /api/v1/partners)"
    )


def _told(record: PartnerRecord, *, secret: str | None) -> PartnerTold:
    return PartnerTold(partner=record.partner, url=record.url, provenance=record.provenance, secret=secret)
