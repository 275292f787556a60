"""What partners are told and what they answer, as JSON: the bodies of webhooks both ways. Pure."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, assert_never

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from dispatch.core.actions import BookWorkshop, PlaceOrder, RequestAction, WithdrawRequest
from dispatch.core.events import AnswerEvent, BookingAnswered, OrderAnswered, OrderFulfilled, WithdrawalAnswered
from dispatch.core.ids import attempt_key
from gateway.contract.bounds import Attempt, Id, Moment
from gateway.contract.described import LATER
from gateway.errors import SenderError


class UnreadableAnswer(SenderError, ValueError):  # noqa: N818 - says what it is
    """A partner's answer cannot be read; the message says why."""


class _Said(BaseModel):
    """Members that we do not know are no fault."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)


class BookingReply(_Said):
    """A workshop takes or refuses a booking."""

    accepted: bool
    slot_at: Moment | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        must_say_when("slot_at", self.slot_at, accepted=self.accepted)
        return self


class OrderReply(_Said):
    """A supplier takes or refuses an order."""

    accepted: bool
    arrives_at: Moment | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        must_say_when("arrives_at", self.arrives_at, accepted=self.accepted)
        return self


class WithdrawalReply(_Said):
    """A partner takes note that it is no longer asked."""

    too_late: bool = False
    arrives_at: Moment | None = None


class BookingSaid(BookingReply):
    """The same, by a webhook of its own."""

    booking: Id
    attempt: Attempt

    def event(self, _partner: str) -> BookingAnswered:
        """Return what the desk is told."""
        return BookingAnswered(self.booking, self.attempt, self.accepted, self.slot_at if self.accepted else None)


class OrderSaid(OrderReply):
    """The same, by a webhook of its own."""

    order: Id
    attempt: Attempt

    def event(self, _partner: str) -> OrderAnswered:
        """Return what the desk is told."""
        return OrderAnswered(self.order, self.attempt, self.accepted, self.arrives_at if self.accepted else None)


class FulfilledSaid(_Said):
    """The goods were handed over, or the technician has been."""

    order: Id

    def event(self, _partner: str) -> OrderFulfilled:
        """Return what the desk is told."""
        return OrderFulfilled(self.order)


class WithdrawalSaid(WithdrawalReply):
    """The same, by a webhook of its own."""

    request: Id
    attempt: Attempt

    def event(self, partner: str) -> WithdrawalAnswered:
        """Return what the desk is told."""
        return WithdrawalAnswered(self.request, self.attempt, partner, self.too_late, self.arrives_at)


class _BookingHook(_Said):
    type: Literal["booking.answered"]
    data: BookingSaid


class _OrderHook(_Said):
    type: Literal["order.answered"]
    data: OrderSaid


class _FulfilledHook(_Said):
    type: Literal["order.fulfilled"]
    data: FulfilledSaid


class _WithdrawalHook(_Said):
    type: Literal["withdrawal.answered"]
    data: WithdrawalSaid


Hook = Annotated[_BookingHook | _OrderHook | _FulfilledHook | _WithdrawalHook, Field(discriminator="type")]
_HOOK: TypeAdapter[_BookingHook | _OrderHook | _FulfilledHook | _WithdrawalHook] = TypeAdapter(Hook, config=LATER)


def envelope(action: RequestAction, at: float) -> dict[str, Any]:
    """Return the body of a webhook to a partner. ``at``: when it was decided, POSIX seconds."""
    told = {"type": type_of(action), "timestamp": datetime.fromtimestamp(at, UTC).isoformat()}
    return {**told, "data": {"key": action.key, **asdict(action)}}


def type_of(action: RequestAction) -> str:
    """Return what a webhook is called, as partners know it."""
    match action:
        case BookWorkshop():
            return "booking.requested"
        case PlaceOrder():
            return "order.placed"
        case WithdrawRequest():
            return "request.withdrawn"
        case _:
            assert_never(action)


def attempt_of(action: RequestAction) -> str:
    """Return the booking or order with its attempt, which a withdrawal shares with what it withdraws."""
    match action:
        case BookWorkshop():
            return attempt_key(action.booking, action.attempt)
        case PlaceOrder():
            return attempt_key(action.order, action.attempt)
        case WithdrawRequest():
            return attempt_key(action.request, action.attempt)
        case _:
            assert_never(action)


def partner_of(action: RequestAction) -> str:
    """Return whom an action is for."""
    match action:
        case BookWorkshop():
            return action.workshop
        case PlaceOrder():
            return action.supplier
        case WithdrawRequest():
            return action.partner
        case _:
            assert_never(action)


def answer_in(action: RequestAction, body: bytes) -> AnswerEvent:
    """Read what a partner answered at once. Raises ``UnreadableAnswer``."""
    try:
        match action:
            case BookWorkshop():
                said = BookingReply.model_validate_json(body)
                return BookingAnswered(action.booking, action.attempt, said.accepted, said.slot_at)
            case PlaceOrder():
                ordered = OrderReply.model_validate_json(body)
                return OrderAnswered(action.order, action.attempt, ordered.accepted, ordered.arrives_at)
            case WithdrawRequest():
                noted = WithdrawalReply.model_validate_json(body)
                return called_off(action, too_late=noted.too_late, at=noted.arrives_at)
            case _:
                assert_never(action)
    except ValidationError as error:
        raise UnreadableAnswer(_first(error)) from None


def called_off(action: WithdrawRequest, *, too_late: bool = False, at: float | None = None) -> WithdrawalAnswered:
    """Return that a partner took note of a withdrawal."""
    return WithdrawalAnswered(action.request, action.attempt, action.partner, too_late, at)


def hook_in(body: bytes, partner: str) -> AnswerEvent:
    """Read a webhook of a partner. Raises ``UnreadableAnswer``."""
    try:
        return _HOOK.validate_json(body).data.event(partner)
    except ValidationError as error:
        raise UnreadableAnswer(_first(error)) from None


def must_say_when(name: str, at: float | None, *, accepted: bool) -> None:
    """Raise ``ValueError`` for a yes without a time: what was taken for no day cannot be called off either."""
    if accepted and at is None:
        message = f"{name} is needed where accepted is true"
        raise ValueError(message)


def _first(error: ValidationError) -> str:
    one = error.errors(include_url=False)[0]
    where = "/" + "/".join(str(part) for part in one["loc"])
    return f"{where}: {one['msg']}"
