"""Paths of payments: read, confirmed or declined, disputed; and what operators decide about disputes and what is held."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dispatch.access.permissions import Permission
from dispatch.core.ids import instruction_id
from dispatch.core.purse.actions import Puzzling
from dispatch.core.purse.events import (
    BalanceReturned,
    BankAnswered,
    DisputeDecided,
    HowClosed,
    MoneyAnswer,
    MoneyAnswered,
    PaymentConfirmed,
    PaymentDisputed,
    PuzzleClosed,
)
from dispatch.core.purse.money import as_text
from dispatch.core.purse.payments import Payment, PaymentMove, PaymentState
from dispatch.core.purse.questions import MOST
from dispatch.core.purse.unusual import What
from dispatch.core.verification.events import SensitiveAct
from dispatch.ledger.rows import read
from dispatch.service.payment_codes import NoCode
from dispatch.service.service import Service
from dispatch.views.own_money import OwnMoney, question_words
from dispatch.views.purse import PaymentView, PuzzleView
from dispatch.web.acting import Needed
from dispatch.web.api.customers import must_know
from dispatch.web.api.money import (
    Proof,
    minor_units,
    money_of,
    must_speak_with,
    own_payment,
    refused_code,
    told,
    unknown_payment,
)
from dispatch.web.dependencies import Body, Done, ServiceDep
from dispatch.web.known_customer import must_be_known
from dispatch.web.may import Own, Who, may
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import BuiltId, Id, PathId, Words
from gateway.contract.payments import Currency, ReasonCode

router = APIRouter(tags=["money"], responses=answers(401, 403, 404, 422, 503))
MOST_SHOWN = 500


class PaymentAnswerIn(Body):
    """Is a payment wanted?"""

    payment: BuiltId
    agreed: bool
    code: Proof | None = Field(None, description="Needed for a yes; a no needs none.")


class DisputeIn(Body):
    """A payment was not right."""

    payment: BuiltId
    why: Words = ""


class QuestionOut(BaseModel):
    """What a customer was asked about what their devices pay for long."""

    ref: str
    what: What
    words: str = Field(description="In their language; names stand apart (U+2068, U+2069).")
    payments: tuple[str, ...] = Field(description="The last ones that it is about, the newest last.")
    asked_at: float


class QuestionAnswerIn(Body):
    """What they say of it."""

    ref: BuiltId
    answer: MoneyAnswer = Field(
        description="``stop``: no more by that mandate. ``dispute``: the last one was wrong. ``stop_and_dispute``: that, and"
        " the device pays nothing more until they say so. ``unsure``: all stays as it is, and where it goes on it is asked again."
    )


class DecisionIn(Body):
    """What is decided about a dispute."""

    payment: BuiltId
    decision: Literal["refund", "uphold"]
    why: Needed


class BankSaidIn(Body):
    """What the bank said, on the telephone, of what it had been silent about."""

    name: BuiltId = Field(description="The payment, or the top-up.")
    status: Literal["ACSC", "RJCT"] = Field(description="It is paid, or it is not and never will be.")
    reason: ReasonCode | None = Field(None, description="Of a rejection.")
    why: Needed


class ClosedIn(Body):
    """What a person found who looked at what the bank contradicts itself in, or booked otherwise."""

    name: Id = Field(description="The payment, the top-up, or the instruction.")
    reason: Puzzling
    how: HowClosed = Field(description="``stands``: what is booked is right. ``came_back``: the customer has it again.")
    why: Needed


class ReturnedIn(Body):
    """What a customer got back from their purse: they leave us, or are to be erased."""

    customer: Id
    amount: Annotated[str, Field(max_length=20, pattern=r"^[0-9]+(\.[0-9]+)?$")]
    currency: Currency
    reference: Id = Field(description="The bank's own, of the transfer: nothing is booked twice under it.")
    why: Needed


class LeftOut(BaseModel):
    """What is left in the purse of somebody who is no customer any more."""

    customer: str
    amount: str
    currency: str


class DisputeOut(BaseModel):
    """What a person has to decide about."""

    payment: str
    customer: str
    device: str
    payee: str
    category: str
    amount: str
    currency: str
    words: str = Field(description="What it was for, as the device said.")
    why: str = Field(description="What the customer says.")
    asked_at: float
    settled_at: float
    disputed_at: float


class HeldPaymentOut(BaseModel):
    """What a person has to look at: nothing of it is booked by itself."""

    name: str
    customer: str
    reason: Puzzling
    detail: str
    at: float
    amount: str = Field(description="Empty: not known.")
    currency: str
    may_say: bool = Field(description="Can what the bank says be told (``POST /payments/bank-said``)?")
    may_close: bool = Field(description="Can it be closed (``POST /payments/held/closed``)?")
    may_come_back: bool = Field(description="Is it paid, so that the money may have come back?")


class ToSee(BaseModel):
    """What waits for a person, the oldest first."""

    disputes: Annotated[list[DisputeOut], Field(max_length=MOST_SHOWN)]
    held: Annotated[list[HeldPaymentOut], Field(max_length=MOST_SHOWN)]
    left: Annotated[list[LeftOut], Field(max_length=MOST_SHOWN)] = Field(
        description="What is left in purses of customers who were erased: to be paid back (``POST /payments/returned``)."
    )
    more: bool = Field(description="There is more than is shown.")


@router.get(
    "/customers/{customer}/money",
    dependencies=[may(Permission.READ_MONEY, Own.CUSTOMER)],
    summary="What a customer's devices may pay, and paid",
)
async def money(customer: PathId, service: ServiceDep, who: Who) -> OwnMoney:
    """What waits for their word, mandates with what is used of them, a week's payments and why, what will be due and may fail.

    An agent: of the customer they speak with.
    """
    must_know(service, customer)
    must_speak_with(service, who, customer, Permission.READ_MONEY)
    return money_of(service, customer)


@router.post(
    "/customers/{customer}/payments/answers",
    dependencies=[may(Permission.LET_PAY, Own.CUSTOMER)],
    summary="A customer says whether a payment is wanted",
    responses=answers(409, 429),
)
async def answer(customer: PathId, said: PaymentAnswerIn, service: ServiceDep, who: Who) -> Done:
    """A yes needs the code that was sent for it. 403: ``code-needed``, ``wrong-code``, ``old-code``; 409: ``not-asked``."""
    known = must_know(service, customer)
    found = own_payment(service, customer, said.payment)
    event = PaymentConfirmed(said.payment, said.agreed, said.agreed, known.provenance)
    if service.heard(event.key):
        return Done(repeat=True)
    if said.agreed and found.state is PaymentState.CONFIRMING:  # of another it is said below that nobody asks
        _must_have_a_code(service, customer, said)
    return await told(service, event, who.actor)


def _must_have_a_code(service: Service, customer: str, said: PaymentAnswerIn) -> None:
    if said.code is None:
        detail = "a yes needs a code, which POST …/codes has sent to their telephone"
        raise ApiProblem(403, "code-needed", "That has to be confirmed", detail)
    try:
        service.payment_codes.check(customer, said.payment, said.code)
    except NoCode as error:
        raise refused_code(error) from None


@router.post(
    "/customers/{customer}/payments/disputes",
    dependencies=[may(Permission.HELP_WITH_MONEY, Own.CUSTOMER)],
    summary="A payment was not right",
    responses=answers(409),
)
async def dispute(customer: PathId, said: DisputeIn, service: ServiceDep, who: Who) -> Done:
    """A person decides about it. One that the bank has not paid so far is disputed once it has. 409: ``not-paid``."""
    known = must_know(service, customer)
    must_speak_with(service, who, customer, Permission.HELP_WITH_MONEY)
    must_be_known(service, who, customer, SensitiveAct.DISPUTE)
    own_payment(service, customer, said.payment)
    return await told(service, PaymentDisputed(said.payment, said.why, known.provenance), who.actor)


@router.get(
    "/customers/{customer}/payments/questions",
    dependencies=[may(Permission.READ_MONEY, Own.CUSTOMER)],
    summary="What a customer was asked about what their devices pay for long",
)
async def questions(
    customer: PathId, service: ServiceDep, who: Who
) -> Annotated[list[QuestionOut], Field(max_length=MOST)]:
    """What is unusual, and was not answered so far; the newest last."""
    must_know(service, customer)
    must_speak_with(service, who, customer, Permission.READ_MONEY)
    purse = service.room.desk.purse
    return [
        QuestionOut(
            ref=one.ref,
            what=one.odd.what,
            words=question_words(service.casebook.money.of(customer), one, one.payer.language),
            payments=one.payments,
            asked_at=one.asked_at,
        )
        for one in purse.questions.asked_of(customer)
    ]


@router.post(
    "/customers/{customer}/payments/questions/answers",
    dependencies=[may(Permission.HELP_WITH_MONEY, Own.CUSTOMER)],
    summary="A customer says whether what is unusual is fine",
    responses=answers(409),
)
async def answer_question(customer: PathId, said: QuestionAnswerIn, service: ServiceDep, who: Who) -> Done:
    """It is fine and learned, stops, is disputed, or both, or left as it is.

    409: ``not-asked``, nobody asks that any more; ``answered-otherwise``, they said something else first, which holds.
    """
    known = must_know(service, customer)
    must_speak_with(service, who, customer, Permission.HELP_WITH_MONEY)
    must_be_known(service, who, customer, SensitiveAct.ANSWER_MONEY)
    one = service.room.desk.purse.questions.get(said.ref)
    mandate, payment = (one.mandate, one.payments[-1]) if one is not None else ("", "")
    event = MoneyAnswered(customer, said.ref, said.answer, known.provenance, mandate, payment)
    done = await told(service, event, who.actor)
    if done.repeat:
        _must_be_the_answer(service, event)
    return done


def _must_be_the_answer(service: Service, event: MoneyAnswered) -> None:
    """Raise ``ApiProblem`` (409) where a question was answered otherwise before: what was said first holds."""
    row = service.journal.ledger.under(event.key)
    first = read(row) if row is not None else event
    if isinstance(first, MoneyAnswered) and first.answer != event.answer:
        detail = f"it was answered with {first.answer!r}, which holds; nothing was changed"
        raise ApiProblem(409, "answered-otherwise", "That was answered before", detail)


@router.get(
    "/payments/to-see", dependencies=[may(Permission.DECIDE_MONEY)], summary="Disputes to decide, and what is held"
)
async def to_see(service: ServiceDep) -> ToSee:
    """What the bank is silent about or contradicts itself in, and what customers say was not right."""
    disputes, held = service.casebook.money.disputes(), service.casebook.money.puzzles()
    left = [one for one in service.room.desk.purse.balances() if service.customers.get(one[0]) is None]
    return ToSee(
        disputes=[_dispute(one) for one in disputes[:MOST_SHOWN]],
        held=[_held(service, one) for one in held[:MOST_SHOWN]],
        left=[
            LeftOut(customer=customer, amount=as_text(amount, currency), currency=currency)
            for customer, currency, amount in left[:MOST_SHOWN]
        ],
        more=max(len(disputes), len(held), len(left)) > MOST_SHOWN,
    )


@router.post(
    "/payments/disputes/decided",
    dependencies=[may(Permission.DECIDE_MONEY)],
    summary="Decide about a disputed payment",
    responses=answers(409),
)
async def decide(said: DecisionIn, service: ServiceDep, who: Who) -> Done:
    """``refund``: the customer gets their money back; ``uphold``: it was right. 409: ``not-disputed``."""
    found = service.room.desk.purse.payments.get(said.payment)
    if found is None:
        raise unknown_payment(said.payment)
    event = DisputeDecided(said.payment, said.decision == "refund", said.why, found.provenance)
    return await told(service, event, who.actor)


@router.post(
    "/payments/bank-said",
    dependencies=[may(Permission.DECIDE_MONEY)],
    summary="Say what the bank said of what it was silent about",
    responses=answers(409),
)
async def bank_said(said: BankSaidIn, service: ServiceDep, who: Who) -> Done:
    """It counts as if the bank had answered: paid, or set free. 409: ``not-held``, nobody waits for the bank to say so."""
    instruction = instruction_id(said.name)
    asked = service.room.desk.purse.asked_for(instruction)
    if asked is None or not _is_silent(service, said.name):
        detail = f"the bank is not known to be silent about {said.name!r}"
        raise ApiProblem(409, "not-held", "Nobody waits for that", detail)
    reason = (said.reason or "MS03") if said.status == "RJCT" else ""
    by = f"by hand: {said.why}"[:_LONGEST_REFERENCE]
    event = BankAnswered(instruction, asked.attempts, said.status, asked.provenance, reason, by)
    return await told(service, event, who.actor)


@router.post(
    "/payments/held/closed",
    dependencies=[may(Permission.DECIDE_MONEY)],
    summary="Close what the bank contradicts itself in, or booked otherwise",
    responses=answers(409),
)
async def close(said: ClosedIn, service: ServiceDep, who: Who) -> Done:
    """Who, when and why is a row of the ledger. 409: ``not-held``, ``not-paid``; ``bank-says-nothing``: say what it said."""
    held = [one for one in service.casebook.money.puzzles() if (one.name, one.reason) == (said.name, said.reason)]
    if not held:
        raise ApiProblem(409, "not-held", "Nobody waits for that", f"nobody has to look at {said.name!r} for that")
    asked = service.room.desk.purse.asked_for(instruction_id(said.name))
    provenance = asked.provenance if asked is not None else held[-1].provenance
    event = PuzzleClosed(said.name, said.reason, said.how, said.why, provenance, held[-1].number)
    return await told(service, event, who.actor)


@router.post(
    "/payments/returned",
    dependencies=[may(Permission.DECIDE_MONEY)],
    summary="Say that a customer got back what was in their purse",
    responses=answers(409),
)
async def returned(said: ReturnedIn, service: ServiceDep, who: Who) -> Done:
    """By a transfer that a person made. Who, when and why is a row. 409: ``not-so-much``, the purse has less."""
    known = service.customers.get(said.customer)
    paid = next(service.room.desk.purse.of_customer(said.customer), None)
    provenance = known.provenance if known is not None else paid.provenance if paid is not None else "real"
    event = BalanceReturned(
        said.customer, minor_units(said.amount, said.currency), said.currency, said.reference, said.why, provenance
    )
    return await told(service, event, who.actor)


_LONGEST_REFERENCE = 200


def _is_silent(service: Service, name: str) -> bool:
    return any(one.name == name and one.reason == "bank_silent" for one in service.casebook.money.puzzles())


def _dispute(one: PaymentView) -> DisputeOut:
    return DisputeOut(
        payment=one.payment,
        customer=one.customer,
        device=one.device,
        payee=one.payee,
        category=one.category,
        amount=as_text(one.amount, one.currency),
        currency=one.currency,
        words=one.words,
        why=one.dispute,
        asked_at=one.asked_at,
        settled_at=one.settled_at,
        disputed_at=one.disputed_at,
    )


def _held(service: Service, one: PuzzleView) -> HeldPaymentOut:
    asked = service.room.desk.purse.asked_for(instruction_id(one.name))
    return HeldPaymentOut(
        name=one.name,
        customer=one.customer,
        reason=one.reason,
        detail=one.detail,
        at=one.at,
        amount=as_text(asked.amount, asked.currency) if asked is not None else "",
        currency=asked.currency if asked is not None else "",
        may_say=one.reason == "bank_silent" and asked is not None,
        may_close=one.reason != "bank_silent",
        may_come_back=isinstance(asked, Payment) and asked.can(PaymentMove.REFUND),
    )
