"""Paths for workshops and suppliers: what they are asked, and what they answer."""

from __future__ import annotations

from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from dispatch.access.permissions import Permission
from dispatch.access.principal import Principal
from dispatch.core.actions import BookWorkshop, PlaceOrder, WithdrawRequest
from dispatch.core.events import AnswerEvent, BookingAnswered, OrderAnswered, OrderFulfilled, WithdrawalAnswered
from dispatch.core.purse.money import BadAmount, in_minor_units
from dispatch.outgoing.partner_messages import must_say_when
from dispatch.service.service import Service
from dispatch.web.dependencies import After, Body, Done, ServiceDep, Wait, tell, when_found
from dispatch.web.may import Own, Who, may, must_own
from dispatch.web.problems import ApiProblem, answers
from gateway.contract.bounds import Attempt, Id, Moment
from gateway.contract.payments import Amount, Currency

router = APIRouter(tags=["partners"], responses=answers(422, 503))


class RequestOut(BaseModel):
    """One thing a partner is asked."""

    seq: int
    at: float = Field(description="POSIX seconds.")
    type: Literal["BookWorkshop", "PlaceOrder", "WithdrawRequest"]
    body: BookWorkshop | PlaceOrder | WithdrawRequest


class RequestsOut(BaseModel):
    """What a partner is asked, oldest first."""

    requests: list[RequestOut]
    next: int = Field(description="Ask for what comes ``after`` it next time.")


class BookingAnswer(Body):
    """A workshop's answer."""

    booking: Id
    attempt: Attempt
    accepted: bool
    slot_at: Moment | None = Field(None, description="POSIX seconds; needed where it is accepted.")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        must_say_when("slot_at", self.slot_at, accepted=self.accepted)
        return self


class OrderAnswer(Body):
    """A supplier's answer."""

    order: Id
    attempt: Attempt
    accepted: bool
    arrives_at: Moment | None = Field(
        None, description="When goods or technician will be there, POSIX seconds; needed where it is accepted."
    )
    price: Amount | None = Field(
        None,
        description="What is asked for it, as a decimal string: paid by the customer's mandate, where they gave one.",
    )
    currency: Currency | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        must_say_when("arrives_at", self.arrives_at, accepted=self.accepted)
        if (self.price is None) is not (self.currency is None):
            message = "price and currency go together"
            raise ValueError(message)
        try:
            self.event()
        except BadAmount as error:
            raise ValueError(str(error)) from None
        return self

    def event(self) -> OrderAnswered:
        """Return what the desk is told."""
        told = self.model_dump(exclude={"price", "currency"})
        if self.price is None or self.currency is None:
            return OrderAnswered(**told)
        return OrderAnswered(**told, price=in_minor_units(self.price, self.currency), currency=self.currency)


class WithdrawalAnswer(Body):
    """A partner takes note that it is no longer asked."""

    request: Id = Field(description="The booking or the order.")
    attempt: Attempt
    partner: Id
    too_late: bool = Field(default=False, description="It comes all the same.")
    arrives_at: Moment | None = Field(None, description="When, where it is too late. POSIX seconds.")


class Fulfilled(Body):
    """The goods were handed over, or the technician has been."""

    order: Id


@router.get(
    "/requests",
    dependencies=[may(Permission.ANSWER_REQUESTS, Own.IN_BODY)],
    summary="What a workshop or supplier is asked; waits for news",
)
async def requests(partner: Id, service: ServiceDep, who: Who, after: After = 0, wait_s: Wait = 0) -> RequestsOut:
    """Ask with ``after`` = the last answer's ``next``; from 0 to get everything again."""
    must_own(who, Permission.ANSWER_REQUESTS, partner)
    found = await when_found(service, lambda: service.requests.after(partner, after), wait_s)
    told = [
        RequestOut.model_validate({"seq": one.seq, "at": one.at, "type": one.type, "body": one.body}) for one in found
    ]
    return RequestsOut(requests=told, next=found[-1].seq if found else after)


@router.post(
    "/bookings/answer",
    dependencies=[may(Permission.ANSWER_REQUESTS, Own.IN_BODY)],
    summary="A workshop takes or refuses a booking",
    responses=answers(404, 409),
)
async def answer_booking(said: BookingAnswer, service: ServiceDep, who: Who) -> Done:
    """Refused, or not answered in time, the next workshop is asked. 409: too late, it was withdrawn."""
    _must_be_asked_of(service, who, said.booking, said.attempt)
    return await _answered(service, said.booking, said.attempt, BookingAnswered(**said.model_dump()), who.actor)


@router.post(
    "/orders/answer",
    dependencies=[may(Permission.ANSWER_REQUESTS, Own.IN_BODY)],
    summary="A supplier takes or refuses an order",
    responses=answers(404, 409),
)
async def answer_order(said: OrderAnswer, service: ServiceDep, who: Who) -> Done:
    """Refused, or not answered in time, the next supplier is asked. 409: too late, it was withdrawn."""
    _must_be_asked_of(service, who, said.order, said.attempt)
    return await _answered(service, said.order, said.attempt, said.event(), who.actor)


@router.post(
    "/orders/fulfilled",
    dependencies=[may(Permission.ANSWER_REQUESTS, Own.IN_BODY)],
    summary="An order is done",
    responses=answers(404),
)
async def fulfil_order(said: Fulfilled, service: ServiceDep, who: Who) -> Done:
    """The goods are there, or the technician has been."""
    _must_be_asked_of(service, who, said.order, None)
    _must_be_asked(service, said.order, 1)
    return Done(repeat=(await tell(service, OrderFulfilled(said.order), who.actor)).repeat)


@router.post(
    "/requests/withdrawn",
    dependencies=[may(Permission.ANSWER_REQUESTS, Own.IN_BODY)],
    summary="A partner takes note of a withdrawal",
    responses=answers(403, 404, 409),
)
async def answer_withdrawal(said: WithdrawalAnswer, service: ServiceDep, who: Who) -> Done:
    """With ``too_late`` where it cannot be called off any more: then nobody else comes."""
    must_own(who, Permission.ANSWER_REQUESTS, said.partner)
    told = WithdrawalAnswered(said.request, said.attempt, said.partner, said.too_late, said.arrives_at)
    return await take_answer(service, said.partner, told, who.actor)


async def take_answer(service: Service, partner: str, event: AnswerEvent, by: str) -> Done:
    """Take what a partner says, or somebody for it, about what it, and no other, was asked."""
    match event:
        case BookingAnswered():
            _must_be_theirs(service, partner, event.booking, event.attempt)
            return await _answered(service, event.booking, event.attempt, event, by)
        case OrderAnswered():
            _must_be_theirs(service, partner, event.order, event.attempt)
            return await _answered(service, event.order, event.attempt, event, by)
        case OrderFulfilled():
            _must_be_theirs(service, partner, event.order, None)
        case WithdrawalAnswered():
            _must_be_theirs(service, partner, event.request, event.attempt)
            _must_be_withdrawn(service, event)
    return Done(repeat=(await tell(service, event, by)).repeat)


def _must_be_asked_of(service: Service, who: Principal, request: str, attempt: int | None) -> None:
    """A partner answers what it was asked itself."""
    if who.owns is not None:
        _must_be_theirs(service, who.owns, request, attempt)


def _must_be_theirs(service: Service, partner: str, request: str, attempt: int | None) -> None:
    _must_be_asked(service, request, attempt or 1)
    if not service.requests.asks(partner, request, attempt):
        detail = f"{request!r} was asked of another partner than {partner!r}"
        raise ApiProblem(403, "not-yours", "Another partner was asked", detail)


def _must_be_withdrawn(service: Service, event: WithdrawalAnswered) -> None:
    if service.requests.withdrawn(event.request, event.attempt) is None:
        detail = f"attempt {event.attempt} of {event.request!r} still stands; answer it instead"
        raise ApiProblem(409, "not-withdrawn", "It was not withdrawn", detail)


async def _answered(
    service: Service, request: str, attempt: int, event: BookingAnswered | OrderAnswered, by: str
) -> Done:
    """Tell the desk; whether the answer still counts is known once it is stored, for an alarm may have been first."""
    _must_be_asked(service, request, attempt)
    repeat = (await tell(service, event, by)).repeat
    reason = service.requests.withdrawn(request, attempt)
    if reason is not None:
        detail = f"attempt {attempt} of {request!r} was withdrawn ({reason.replace('_', ' ')}); do nothing about it"
        raise ApiProblem(409, "withdrawn", "It is no longer asked for", detail)
    return Done(repeat=repeat)


def _must_be_asked(service: Service, request: str, attempt: int) -> None:
    if not service.requests.asked(request, attempt):
        detail = f"attempt {attempt} of {request!r} was never asked for; see GET /api/v1/requests"
        raise ApiProblem(404, "unknown-request", "There is no such request", detail)
