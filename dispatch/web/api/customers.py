"""Paths of what is a customer's own: what they agree to."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.core.consent import Consent, Purpose, Way
from dispatch.core.events import ConsentChanged
from dispatch.registers.customers import Customer
from dispatch.service.service import Service
from dispatch.web.dependencies import Body, Done, ServiceDep, tell
from dispatch.web.may import Own, Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import PathId

router = APIRouter(tags=["customers"], responses=answers(404, 422, 503))


class ConsentOut(BaseModel):
    """What a customer agrees to."""

    customer: str
    agrees: dict[Purpose, bool] = Field(description="What holds now.")
    consents: list[Consent] = Field(
        description="What was said last about each purpose: when, in which way, written down by whom. The ledger has all."
    )


class ConsentIn(Body):
    """A customer agrees to something, or agrees no longer."""

    purpose: Purpose
    given: bool
    way: Way | None = Field(None, description="How they said so; left out: by their own link, or by telephone.")


@router.get(
    "/customers/{customer}/consent",
    dependencies=[may(Permission.READ_CUSTOMERS, Own.CUSTOMER)],
    summary="What a customer agrees to",
)
async def consent(customer: PathId, service: ServiceDep) -> ConsentOut:
    """And when, in which way and by whom that was written down."""
    known = must_know(service, customer)
    agrees = {purpose: known.agrees(purpose) for purpose in Purpose}
    return ConsentOut(customer=customer, agrees=agrees, consents=list(known.consents))


@router.post(
    "/customers/{customer}/consent",
    dependencies=[may(Permission.CHANGE_CONSENT, Own.CUSTOMER)],
    summary="A customer agrees to something, or agrees no longer",
)
async def change_consent(customer: PathId, said: ConsentIn, service: ServiceDep, who: Who) -> Done:
    """It holds at once: a call that waits is not made, goods that no supplier has taken are not ordered."""
    known = must_know(service, customer)
    if known.agrees(said.purpose) is said.given and said.purpose in {one.purpose for one in known.consents}:
        return Done(repeat=True)
    way = said.way or (Way.LINK if who.owns is not None else Way.TELEPHONE)
    await tell(service, ConsentChanged(customer, said.purpose, said.given, way), who.actor)
    return Done()


def must_know(service: Service, customer: str) -> Customer:
    """Return a registered customer. Raises ``ApiProblem`` (404)."""
    known = service.customers.get(customer)
    if known is None:
        raise ApiProblem(404, "unknown-customer", "There is no such customer", f"{customer!r} is not registered")
    return known
