"""Paths of what customers let their devices pay: given, suspended, going on, revoked; a device stopped; codes to say yes with."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.core.consent import Purpose, Way
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import mandate_id
from dispatch.core.purse.events import MandateChanged, MandateGiven
from dispatch.core.purse.given import Given
from dispatch.core.purse.mandate import Alignment, Category, Mandate, MandateState, Payee, Period, PeriodicLimit
from dispatch.core.purse.money import as_text
from dispatch.core.verification.events import SensitiveAct
from dispatch.registers.customers import Customer
from dispatch.service.payment_codes import HOLDS_S, NoCode, Wanted, about_browser
from dispatch.service.service import Service
from dispatch.views.own_money import payee_of
from dispatch.web.api.customers import must_know
from dispatch.web.api.ibans import payee_of as iban_or_partner
from dispatch.web.api.money import (
    Digits,
    minor_units,
    must_speak_with,
    own_payment,
    refused_code,
    told,
)
from dispatch.web.dependencies import Body, Done, ServiceDep
from dispatch.web.known_customer import must_be_known
from dispatch.web.may import Own, Who, may
from dispatch.web.problems import ApiProblem, answers
from dispatch.words import say
from dispatch.words.amounts import amount_in
from gateway.contract.bounds import PRINTABLE, BuiltId, Id, Line, Moment, PathId, Words
from gateway.contract.payments import Amount, Currency
from gateway.payments.device_key import thumbprint

router = APIRouter(tags=["money"], responses=answers(401, 403, 404, 422, 503))
MOST_PAYEES, MOST_LIMITS, MOST_MANDATES = 20, 6, 200
"""``MOST_MANDATES``: of one customer, with those that are over."""
DeviceName = Annotated[
    str, Field(max_length=200, pattern=PRINTABLE, description="``vendor/device``; empty: the house, for the customer.")
]


class PayeeIn(Body):
    """Who may be paid."""

    payee: Id = Field(description="IBAN, or a partner's id.")
    name: Line = Field("", description="As the customer calls them.")


class LimitIn(Body):
    """So much in each period."""

    period: Period
    alignment: Alignment = Field(
        Alignment.CONSENT, description="``Calendar``: the first period is cut short, and its limit too."
    )
    amount: Amount


class MandateIn(Body):
    """What a customer lets a device pay: the control parameters of UK Open Banking's variable recurring payments 4.0.1."""

    ref: PathId = Field(
        description="Drawn by the page, unique for each mandate of the customer; a repeat changes nothing."
    )
    device: DeviceName
    payees: Annotated[tuple[PayeeIn, ...], Field(max_length=MOST_PAYEES)] = Field(
        (), description="Empty: whoever does what it is for."
    )
    category: Category
    currency: Currency
    per_payment: Amount = Field(description="At once, as a decimal string of the currency's places.")
    limits: Annotated[tuple[LimitIn, ...], Field(max_length=MOST_LIMITS)] = ()
    valid_from: Moment | None = Field(None, description="POSIX seconds; null: from now on.")
    valid_to: Moment | None = Field(None, description="POSIX seconds; null: until it is revoked.")
    zone: str = Field(
        "",
        max_length=64,
        pattern=r"^[A-Za-z0-9_+/-]*$",
        description="IANA: by whose clock days begin; empty: the customer's.",
    )
    key: str | None = Field(
        None,
        max_length=128,
        pattern=r"^[A-Za-z0-9_:=+/-]*$",
        description="Thumbprint (RFC 7638) of the device's key; left out: of its ``payment_key``; empty: none is asked for.",
    )

    def about(self) -> str:
        """Return what a code for it is bound to: all that it says."""
        return f"mandate {hashlib.sha256(self.model_dump_json(exclude={'code'}).encode()).hexdigest()}"


class MandateGivenIn(MandateIn):
    """A mandate, and the code that confirms it."""

    code: Digits | None = Field(
        None, description="With it whom the mandate names is paid without being asked again (RTS Art. 13)."
    )


class MandateTaken(BaseModel):
    """It is stored."""

    mandate: str
    repeat: bool = False


class ChangeIn(Body):
    """A customer wants a mandate otherwise."""

    mandate: BuiltId
    to: MandateState = Field(description="``revoked`` is for good.")
    reason: Words = ""


class StopIn(Body):
    """A device is to pay nothing any more."""

    device: DeviceName
    reason: Words = ""


class DeviceStopped(BaseModel):
    """What it may pay no more."""

    revoked: list[str]


class CodeWantedIn(Body):
    """What a code is wanted for: a payment that waits, a mandate, or a browser that is to confirm payments from now on."""

    payment: BuiltId | None = None
    mandate: MandateIn | None = None
    browser: Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=2_000)] | None = Field(
        None, description="Its endpoint, as it was subscribed (POST …/push)."
    )
    by: Literal["sms"] | None = Field(
        None, description="``sms``: a code to be typed, although a notification could be asked to confirm a payment."
    )


class CodeSent(BaseModel):
    """It is on its way."""

    channel: Channel
    holds_s: float


@router.post(
    "/customers/{customer}/mandates",
    dependencies=[may(Permission.LET_PAY, Own.CUSTOMER)],
    summary="A customer lets a device pay",
    responses=answers(409, 429),
)
async def give(customer: PathId, said: MandateGivenIn, service: ServiceDep, who: Who) -> MandateTaken:
    """From now on.

    409: ``mandate-differs`` (the ref was used with another content, which stands), ``ref-used`` (by one that is forgotten),
    ``consent-needed``.
    """
    known = must_know(service, customer)
    name = mandate_id(customer, said.ref)
    before = service.room.desk.purse.given.get(name)
    mandate = _mandate(service, known, said, before)
    if before is None:
        _may_be_given(service, known, said)
    is_strong = before is None and said.code is not None
    event = MandateGiven(mandate, Way.LINK if who.owns is not None else Way.APP, is_strong)
    if before is None and service.heard(event.key):
        detail = f"{said.ref!r} named a mandate of theirs that was erased, and names no other: draw another ref"
        raise ApiProblem(409, "ref-used", "That ref was used before", detail)
    if is_strong and said.code is not None:
        _confirmed(service, customer, MandateIn(**said.model_dump(exclude={"code"})).about(), said.code)
    done = await told(service, event, who.actor)
    return MandateTaken(mandate=name, repeat=done.repeat)


@router.post(
    "/customers/{customer}/mandates/changes",
    dependencies=[may(Permission.HELP_WITH_MONEY, Own.CUSTOMER)],
    summary="A mandate is suspended, goes on, or is revoked",
    responses=answers(409),
)
async def change(customer: PathId, said: ChangeIn, service: ServiceDep, who: Who) -> Done:
    """It holds before the next payment is decided. To have it go on is the customer's alone."""
    known = must_know(service, customer)
    must_speak_with(service, who, customer, Permission.HELP_WITH_MONEY)
    must_be_known(service, who, customer, SensitiveAct.STOP_PAYING)
    given = _own_mandate(service, customer, said.mandate)
    if said.to == "active" and who.may(Permission.LET_PAY) is None:
        raise ApiProblem(
            403, "theirs-to-say", "Only the customer may say so", "a mandate goes on where its customer says so"
        )
    if given.state == said.to:
        return Done(repeat=True)
    return await told(service, MandateChanged(said.mandate, said.to, known.provenance, said.reason), who.actor)


@router.post(
    "/customers/{customer}/mandates/stops",
    dependencies=[may(Permission.HELP_WITH_MONEY, Own.CUSTOMER)],
    summary="A device is to pay nothing any more",
    responses=answers(409),
)
async def stop(customer: PathId, said: StopIn, service: ServiceDep, who: Who) -> DeviceStopped:
    """All its mandates are revoked, and what waits for the customer's word is refused. Said again, it changes nothing."""
    known = must_know(service, customer)
    must_speak_with(service, who, customer, Permission.HELP_WITH_MONEY)
    must_be_known(service, who, customer, SensitiveAct.STOP_PAYING)
    theirs = service.room.desk.purse.given.of_device(customer, said.device)
    names = [one.mandate.mandate for one in theirs if one.state != "revoked"]
    for name in names:
        await told(service, MandateChanged(name, "revoked", known.provenance, said.reason), who.actor)
    return DeviceStopped(revoked=names)


@router.post(
    "/customers/{customer}/codes",
    dependencies=[may(Permission.LET_PAY, Own.CUSTOMER)],
    summary="Have a code sent to the customer's telephone",
    responses=answers(409, 429),
)
async def code(customer: PathId, said: CodeWantedIn, service: ServiceDep) -> CodeSent:
    """For one payment, mandate or browser; the message names sum and payee. It holds once, for five minutes.

    A payment is confirmed by a notification to a browser of theirs that may (``channel`` is ``push``), else by a code.
    """
    known = must_know(service, customer)
    if sum(one is not None for one in (said.payment, said.mandate, said.browser)) != 1:
        raise ApiProblem(422, "one-of-two", "That is not one thing", "a code is for a payment, a mandate, or a browser")
    language = service.room.desk.preference_of(customer).language or known.language
    if said.mandate is not None:
        wanted = _of_mandate(said.mandate, language)
    elif said.browser is not None:
        wanted = Wanted(about_browser(said.browser), say("money_code_browser", language), language)
    else:
        wanted = _of_payment(service, customer, said.payment or "", language)._replace(may_push=said.by != "sms")
    try:
        channel = await service.payment_codes.send(known, wanted)
    except NoCode as error:
        raise refused_code(error) from None
    return CodeSent(channel=channel, holds_s=HOLDS_S)


def _of_payment(service: Service, customer: str, payment: str, language: str) -> Wanted:
    found = own_payment(service, customer, payment)
    amount = amount_in(as_text(found.amount, found.currency), found.currency, language)
    if found.most:
        amount = say("page_m_up_to", language, amount=amount)
    payee = payee_of(service.casebook.money.of(customer), found.payee)
    return Wanted(found.payment, say("money_code_payment", language, amount=amount, payee=payee), language)


def _of_mandate(said: MandateIn, language: str) -> Wanted:
    amount = amount_in(as_text(minor_units(said.per_payment, said.currency), said.currency), said.currency, language)
    category = say(f"page_m_for_{said.category}", language)
    return Wanted(said.about(), say("money_code_mandate", language, amount=amount, category=category), language)


def _confirmed(service: Service, customer: str, about: str, digits: str) -> None:
    """See that a code was sent for this. Raises ``ApiProblem``."""
    try:
        service.payment_codes.check(customer, about, digits)
    except NoCode as error:
        raise refused_code(error) from None


def _own_mandate(service: Service, customer: str, mandate: str) -> Given:
    given = service.room.desk.purse.given.get(mandate)
    if given is None or given.mandate.customer != customer:
        raise ApiProblem(404, "unknown-mandate", "There is no such mandate", f"no mandate is known as {mandate!r}")
    return given


def _may_be_given(service: Service, customer: Customer, said: MandateIn) -> None:
    """See that it is their device and that they agreed. Raises ``ApiProblem``."""
    registered = service.room.intake.registry.get(said.device)
    if said.device and (registered is None or registered.customer != customer.customer):
        raise ApiProblem(404, "unknown-device", "There is no such device", f"{said.device!r} is none of theirs")
    if not customer.agrees(Purpose.PAYMENT):
        detail = "they have not agreed that devices pay (purpose 'payment'): POST /customers/{customer}/consent"
        raise ApiProblem(409, "consent-needed", "The customer has to agree first", detail)
    if len(service.room.desk.purse.given.of_customer(customer.customer)) >= MOST_MANDATES:
        raise ApiProblem(409, "too-many-mandates", "There are enough", f"a customer has {MOST_MANDATES} at most")


def _mandate(service: Service, customer: Customer, said: MandateIn, before: Given | None) -> Mandate:
    """Return it as the desk has it. Said again, it begins when it began, and by the same clock."""
    began = before.mandate.valid_from if before is not None else service.now()
    zone = before.mandate.zone if before is not None else customer.time_zone or "UTC"
    limits = tuple(_limit(one, said.currency) for one in said.limits)
    payees = tuple(Payee(iban_or_partner(one.payee), one.name) for one in said.payees)
    return Mandate(
        mandate_id(customer.customer, said.ref),
        customer.customer,
        said.device,
        payees,
        said.category,
        said.currency,
        minor_units(said.per_payment, said.currency),
        limits,
        began if said.valid_from is None else said.valid_from,
        said.valid_to,
        said.zone or zone,
        _key(service, said, before),
        customer.provenance,
    )


def _key(service: Service, said: MandateIn, before: Given | None) -> str:
    """Return which key asks are signed with: as was said, as it stands, or the one that the device has now."""
    if said.key is not None:
        return said.key
    registered = service.room.intake.registry.get(said.device)
    if before is not None or registered is None or not registered.payment_key:
        return "" if before is None else before.mandate.key
    return thumbprint(registered.payment_key)


def _limit(one: LimitIn, currency: str) -> PeriodicLimit:
    return PeriodicLimit(one.period, one.alignment, minor_units(one.amount, currency))
