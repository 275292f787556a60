"""Reads what workshops and suppliers are asked, and what they say. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import BookWorkshop, PlaceOrder, RequestAction, WithdrawRequest
from dispatch.core.events import (
    AnswerEvent,
    BookingAnswered,
    OpeningEvent,
    OrderAnswered,
    OrderFulfilled,
    SupplierOpened,
    WithdrawalAnswered,
    WorkshopOpened,
)
from dispatch.core.ids import case_of_booking, case_of_order, request_of
from dispatch.views.case_view import CaseView, RequestView
from dispatch.views.reading.known import Known


def opened(known: Known, event: OpeningEvent) -> None:
    """Read where a workshop is."""
    match event:
        case WorkshopOpened():
            known.workshops[event.workshop] = (event.latitude, event.longitude)
        case SupplierOpened():
            pass  # the timeline has what is asked of it
        case _:
            assert_never(event)


def happened(known: Known, event: AnswerEvent, at: float) -> None:
    """Read what a partner said."""
    match event:
        case BookingAnswered():
            case = known.cases.get(case_of_booking(event.booking) or "")
            _answered(None if case is None else case.booking, event.attempt, accepted=event.accepted, at=event.slot_at)
        case OrderAnswered():
            case = known.cases.get(case_of_order(event.order) or "")
            _answered(None if case is None else case.order, event.attempt, accepted=event.accepted, at=event.arrives_at)
        case OrderFulfilled():
            case = known.cases.get(case_of_order(event.order) or "")
            if case is not None and case.order is not None:
                case.order.state, case.order.at = "fulfilled", at
        case WithdrawalAnswered():
            _withdrawal_answered(known, event)
        case _:
            assert_never(event)


def decided(known: Known, action: RequestAction) -> None:
    """Read what a partner is asked."""
    case = known.cases[action.case]
    match action:
        case BookWorkshop():
            known.counts.bookings += action.attempt == 1
            case.booking = RequestView(action.workshop, "workshop", action.attempt)
        case PlaceOrder():
            known.counts.orders += action.attempt == 1
            case.order = RequestView(action.supplier, action.what, action.attempt)
        case WithdrawRequest():
            _withdrawn(case, action)
        case _:
            assert_never(action)


_OTHERS_COME = frozenset({"moved", "our_truck_comes", "undone"})
"""Why a contractor is to come no more, though help is still wanted."""


def _withdrawn(case: CaseView, action: WithdrawRequest) -> None:
    """Read that a partner is out. Who was called off for a contractor that is out now is not what the case is left with."""
    asked = request_of(action.request)
    request = case.request(asked.what) if asked is not None else None
    if request is None or request.attempt != action.attempt or request.state == "too_late":
        return
    came = request.what == "tow" and request.state == "accepted" and action.reason in _OTHERS_COME
    if came and case.help is not None and case.help.state == "cancelled":
        case.help.state = "declined"
    request.state, request.at = "withdrawn", None


def _answered(request: RequestView | None, attempt: int, *, accepted: bool, at: float | None) -> None:
    if request is not None and request.stands(attempt):
        request.state, request.at = "accepted" if accepted else "refused", at


def _withdrawal_answered(known: Known, event: WithdrawalAnswered) -> None:
    asked = request_of(event.request)
    case = known.cases.get(asked.case) if asked is not None else None
    request = case.request(asked.what) if case is not None and asked is not None else None
    if case is None or request is None or request.state in {"too_late", "fulfilled"}:
        return
    if event.too_late:
        request.partner, request.attempt, request.state = event.partner, event.attempt, "too_late"
        request.at = event.at
        case.came_too_late()
    elif request.attempt == event.attempt and request.state == "withdrawn":
        request.state = "called_off"
