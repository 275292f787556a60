"""Paths of what is a customer's own: what they agree to, all that is kept of them, and having it erased."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.core.consent import Consent, Purpose, Way
from dispatch.core.events import ConsentChanged
from dispatch.core.purse.money import said as said_sum
from dispatch.core.routing.events import NumberConfirmed
from dispatch.core.verification.events import SensitiveAct
from dispatch.registers.customers import Customer
from dispatch.registers.search import LEAST_DIGITS, LEAST_LETTERS, By, Hit, found, is_enough
from dispatch.service.service import Service
from dispatch.web.dependencies import Body, Done, ServiceDep, tell
from dispatch.web.known_customer import must_be_known
from dispatch.web.may import Own, Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import PRINTABLE, PathId
from gateway.finding import Provenance

router = APIRouter(tags=["customers"], responses=answers(404, 422, 503))

log = logging.getLogger("callahead")
Sought = Annotated[str, Query(min_length=1, max_length=100, pattern=PRINTABLE, description="What is known of them.")]


class ConsentOut(BaseModel):
    """What a customer agrees to."""

    customer: str
    agrees: dict[Purpose, bool] = Field(description="What holds now.")
    consents: list[Consent] = Field(
        description="What was said last about each purpose: when, in which way, written down by whom. The ledger has all."
    )


class Car(BaseModel):
    """A device of a customer's: what they can be asked about it."""

    device: str
    model: str
    plate: str
    drivers: tuple[str, ...] = Field(description="Who drives it beside its owner.")


class CustomerFound(BaseModel):
    """One who may be meant, and what to verify them with."""

    customer: str
    name: str
    phone: str
    language: str
    by: By = Field(description="By what they were found.")
    contract: str
    cars: list[Car]
    open_cases: list[str]
    wrong_number: bool = Field(description="Somebody else answered there: nobody rings before it is confirmed.")
    provenance: Provenance


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


@router.get(
    "/customers/search",
    dependencies=[may(Permission.FIND_CUSTOMERS)],
    summary="Find the customer somebody speaks with",
)
async def search(q: Sought, service: ServiceDep, who: Who) -> list[CustomerFound]:
    """By name, a part of the number in any notation (four digits at least), e-mail, plate, contract or device.

    Accents and case make no difference. At most twenty are told; who asked, and how many were found, is logged.
    """
    if not is_enough(q):
        detail = f"{LEAST_DIGITS} digits or {LEAST_LETTERS} letters at least"
        raise ApiProblem(422, "too-little", "That says too little to look for somebody", detail)
    hits = await asyncio.to_thread(found, q, [*service.customers], service.room.intake.registry.of_customer)
    log.info("%s looked for a customer: %d found", who.actor, len(hits))
    return [_found(service, hit) for hit in hits]


def _found(service: Service, hit: Hit) -> CustomerFound:
    one = hit.customer
    cases = service.room.desk.open_of(one.customer)
    return CustomerFound(
        customer=one.customer,
        name=one.name,
        phone=one.phone,
        language=one.language,
        by=hit.by,
        contract=one.contract,
        cars=[Car(device=car.device, model=car.model, plate=car.plate, drivers=car.drivers) for car in hit.devices],
        open_cases=cases,
        wrong_number=one.wrong_number,
        provenance=one.provenance,
    )


@router.post(
    "/customers/{customer}/number-confirmed",
    dependencies=[may(Permission.FIND_CUSTOMERS)],
    summary="The number is theirs after all",
)
async def number_confirmed(customer: PathId, service: ServiceDep, who: Who) -> Done:
    """After ``wrong_number`` nobody is rung there before somebody says so, or another number is registered."""
    if not must_know(service, customer).wrong_number:
        return Done(repeat=True)
    must_be_known(service, who, customer, SensitiveAct.CONFIRM_NUMBER)
    await tell(service, NumberConfirmed(customer), who.actor)
    return Done()


@router.get(
    "/customers/{customer}/export",
    dependencies=[may(Permission.READ_CUSTOMERS, Own.CUSTOMER)],
    summary="All that is kept of a customer, as one document",
)
async def export(customer: PathId, service: ServiceDep) -> dict[str, Any]:
    """In words, and as it was written down. It reads the whole ledger: seconds for millions of rows."""
    _must_have_something_of(service, customer)
    return await service.personal_data.export(customer)


@router.delete(
    "/customers/{customer}",
    dependencies=[may(Permission.ERASE_CUSTOMERS, Own.CUSTOMER)],
    summary="Erase a customer",
    responses=answers(409),
)
async def erase(customer: PathId, service: ServiceDep, who: Who, *, close_cases: bool = False) -> Done:
    """What is personal goes, everywhere; that there were cases stays, and they read as erased.

    409 ``open-cases``: somebody may be on the way. ``close_cases``: have it called off and closed. 409 ``money-left``: what is in
    their purse is theirs: pay it back first (``POST /payments/returned``).
    """
    if customer in await asyncio.to_thread(service.journal.erasures.customers) and not service.personal_data.is_known(
        customer
    ):
        return Done(repeat=True)
    _must_have_something_of(service, customer)
    open_cases = service.room.desk.open_of(customer)
    if open_cases and not close_cases:
        detail = (
            f"{', '.join(open_cases)}: see to it first, or ask with close_cases=true to have it called off and closed"
        )
        raise ApiProblem(409, "open-cases", "A case is open", detail)
    left = [said_sum(amount, currency) for who_has, currency, amount in _balances(service) if who_has == customer]
    if left:
        detail = f"{' and '.join(left)}: pay it back, and say so by POST /payments/returned; then they are erased"
        raise ApiProblem(409, "money-left", "There is money in their purse", detail)
    await service.personal_data.erase(customer, who.actor)
    return Done()


def _balances(service: Service) -> Iterator[tuple[str, str, int]]:
    return service.room.desk.purse.balances()


def _must_have_something_of(service: Service, customer: str) -> None:
    if not service.personal_data.is_known(customer):
        must_know(service, customer)


def must_know(service: Service, customer: str) -> Customer:
    """Return a registered customer. Raises ``ApiProblem`` (404)."""
    known = service.customers.get(customer)
    if known is None:
        raise ApiProblem(404, "unknown-customer", "There is no such customer", f"{customer!r} is not registered")
    return known
