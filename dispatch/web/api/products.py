"""Paths of what customers hold: accounts with their rates and branches, cards, cover, warranties. Kept by who runs them."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from dispatch.access.permissions import Permission
from dispatch.core.offers.products import ProductKind
from dispatch.core.purse.money import as_text
from dispatch.registers.customers import Customer
from dispatch.registers.products import ProductRecord
from dispatch.web.api.customers import must_know
from dispatch.web.api.money import minor_units, must_speak_with
from dispatch.web.dependencies import Body, Done, Registered, ServiceDep
from dispatch.web.may import Own, Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Id, Line, Many, Moment, PathId
from gateway.contract.payments import Amount, Currency

router = APIRouter(tags=["products"], responses=answers(404, 422, 503))
MOST_PRODUCTS = 100
"""Of one customer."""
Rate = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$", description="Percent a year, as a decimal string.", examples=["0.5"]),
]


class ProductIn(Body):
    """A product that a customer holds."""

    customer: PathId
    product: PathId = Field(description="As the house knows it; says nothing about the person.", examples=["savings-1"])
    kind: ProductKind
    name: Line = Field("", description="As the customer knows it.")
    provider: Line = Field("", description="Who runs it.")
    branch: Line = Field("", description="Where it was opened, or who looks after it.")
    rate: Rate | None = Field(None, description="Of an account; null: it bears none.")
    balance: Amount | None = Field(None, description="Of an account, as a decimal string of the currency's places.")
    currency: Currency | None = None
    device: Id | None = Field(None, description="What it covers, ``vendor/device``; null: none, or all that they have.")
    since: Moment | None = None
    until: Moment | None = Field(None, description="POSIX seconds; null: with no end.")

    @model_validator(mode="after")
    def _says_of_which_currency(self) -> ProductIn:
        if self.balance is not None and self.currency is None:
            message = "a balance needs its currency"
            raise ValueError(message)
        if self.since is not None and self.until is not None and self.until <= self.since:
            message = "it ends ('until') before it begins ('since')"
            raise ValueError(message)
        return self


class ProductOut(BaseModel):
    """A product as the register has it."""

    product: str
    kind: ProductKind
    name: str
    provider: str
    branch: str
    rate: str = Field(description="Percent a year; empty: it bears none.")
    balance: str = Field(description="A decimal string; empty: it has none.")
    currency: str
    device: str
    since: float
    until: float


@router.get(
    "/customers/{customer}/products",
    dependencies=[may(Permission.READ_PRODUCTS, Own.CUSTOMER)],
    summary="What a customer holds",
)
async def show_products(customer: PathId, service: ServiceDep, who: Who) -> list[ProductOut]:
    """In the order in which it was registered first. An agent sees it of whom they speak with."""
    must_know(service, customer)
    must_speak_with(service, who, customer, Permission.READ_PRODUCTS)
    return [_shown(one) for one in service.room.products.of(customer)]


@router.post(
    "/products",
    dependencies=[may(Permission.REGISTER_PRODUCTS)],
    summary="Register what customers hold, or replace what was registered under its name",
    responses=answers(409),
)
async def register_products(told: Many[ProductIn], service: ServiceDep) -> Registered:
    """All of them are registered, or none; what is not named stays. 409 ``too-many-products``: at most a hundred of a customer."""
    records = [_record(one, must_know(service, one.customer)) for one in told]
    for customer in {one.customer for one in records}:
        names = {one.product for one in (*service.room.products.of(customer), *records) if one.customer == customer}
        if len(names) > MOST_PRODUCTS:
            detail = f"{customer} would have {len(names)} products: {MOST_PRODUCTS} at most; end some first (DELETE)"
            raise ApiProblem(409, "too-many-products", "That is more than one customer can have", detail)
    await asyncio.to_thread(service.journal.products.keep, records)
    for record in records:
        if service.customers.get(record.customer) is None:  # erased meanwhile
            await asyncio.to_thread(service.journal.products.forget, record.key)
        else:
            service.room.products.add(record)
    return Registered(registered=len(records))


@router.delete(
    "/customers/{customer}/products/{product}",
    dependencies=[may(Permission.REGISTER_PRODUCTS)],
    summary="A customer holds something no more",
)
async def end_product(customer: PathId, product: PathId, service: ServiceDep) -> Done:
    """What is not there is a repeat."""
    must_know(service, customer)
    gone = service.room.products.end(customer, product)
    if gone is not None:
        await asyncio.to_thread(service.journal.products.forget, gone.key)
    return Done(repeat=gone is None)


def _record(told: ProductIn, customer: Customer) -> ProductRecord:
    balance = 0 if told.balance is None else minor_units(told.balance, told.currency or "")
    return ProductRecord(
        customer.customer,
        told.product,
        told.kind,
        customer.provenance,
        told.name,
        told.provider,
        told.branch,
        told.rate or "",
        balance,
        told.currency or "",
        told.device or "",
        told.since or 0.0,
        told.until or 0.0,
    )


def _shown(one: ProductRecord) -> ProductOut:
    shown = {name: getattr(one, name) for name in ProductOut.model_fields if name != "balance"}
    return ProductOut(**shown, balance=as_text(one.balance, one.currency) if one.currency else "")
