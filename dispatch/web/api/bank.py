"""The path for the bank: what it says of our orders, and what was booked."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.delivery.webhooks import NotSigned, verify
from dispatch.service.service import Service
from dispatch.web.dependencies import Done, ServiceDep
from dispatch.web.may import may
from dispatch.web.problems import ApiProblem, answers
from gateway.errors import SenderError
from gateway.finding import Provenance

router = APIRouter(tags=["bank"], responses=answers(503))
LONGEST = 1024 * 1024
"""Bytes of a report that is posted; one in a folder may be longer."""

_REPORT = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": r"^\s*<"}


class BankOut(BaseModel):
    """How the bank stands."""

    provenance: Provenance
    collects: bool = Field(description="By direct debit, beside paying.")
    trouble: list[str] = Field(description="What keeps money from moving at the moment.")
    waiting: int = Field(description="Orders that wait to be brought to it.")


@router.get(
    "/bank",
    dependencies=[may(Permission.READ_REGISTRIES)],
    summary="How the bank stands",
    responses=answers(404),
)
async def bank(service: ServiceDep) -> BankOut:
    """404: this house has none."""
    settings = service.bank.settings
    if settings is None:
        raise _no_bank()
    return BankOut(
        provenance=settings.provenance,
        collects=settings.creditor_id is not None,
        trouble=service.bank.troubles(),
        waiting=service.bank.sender.waiting,
    )


@router.post(
    "/bank/statuses",
    dependencies=[may(Permission.BE_ANYBODY)],
    summary="What the bank says, signed by Standard Webhooks",
    responses=answers(401, 404, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"application/xml": {"schema": _REPORT}}}},
)
async def statuses(request: Request, service: ServiceDep) -> Done:
    """A ``pain.002.001`` or ``camt.054.001`` document; once each. What it says of orders that we never gave, a person looks at."""
    secret = _secret(service)
    body = await _body(request)
    try:
        verify(body, request.headers, [secret])
    except NotSigned as error:
        raise ApiProblem(401, "not-signed", "The report's signature does not hold", str(error)) from None
    try:
        is_new = await service.bank.take(body)
    except SenderError as error:  # ``BadReport``, which needs an extra
        raise ApiProblem(422, "invalid-report", "The report cannot be read", str(error)) from None
    return Done(repeat=not is_new)


def _secret(service: Service) -> str:
    settings = service.bank.settings
    if settings is None or settings.secret is None:
        raise _no_bank()
    return settings.secret


def _no_bank() -> ApiProblem:
    return ApiProblem(
        404, "no-door", "There is no such door", "the section [bank] of --channels opens it, with a secret"
    )


async def _body(request: Request) -> bytes:
    """Return the body; one that says it is too large is not read."""
    told = request.headers.get("content-length", "")
    found = bytearray()
    if told.isdecimal() and int(told) > LONGEST:
        raise _too_large()
    async for piece in request.stream():
        found += piece
        if len(found) > LONGEST:
            raise _too_large()
    return bytes(found)


def _too_large() -> ApiProblem:
    return ApiProblem(413, "too-large", "The report is too large", f"at most {LONGEST} bytes")
