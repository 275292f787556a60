"""Which partners there are, what they were asked, and what they said. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.actions import BookWorkshop, PlaceOrder, RequestAction, WithdrawRequest
from dispatch.core.bookings import Workshop
from dispatch.core.case import Request
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
from dispatch.core.timers import About
from dispatch.core.towing import VISIT
from dispatch.core.transitions import HelpState
from dispatch.ledger.folding.folded import Folded
from gateway.finding import Help


def opened(folded: Folded, event: OpeningEvent) -> None:
    """Fold that a partner is there."""
    match event:
        case WorkshopOpened():
            shop = Workshop(event.workshop, event.latitude, event.longitude, event.provenance)
            folded.workshops[event.workshop] = shop
        case SupplierOpened():
            folded.suppliers[event.supplier] = event
        case _:
            assert_never(event)


def happened(folded: Folded, event: AnswerEvent) -> None:
    """Fold what a partner said."""
    match event:
        case BookingAnswered():
            _answered(folded, event.booking, event.attempt, event.slot_at, accepted=event.accepted)
        case OrderAnswered():
            _answered(folded, event.order, event.attempt, event.arrives_at, accepted=event.accepted)
        case OrderFulfilled():
            found = folded.requested(event.order)
            if found is not None:
                found.request.settled = found.request.fulfilled = True
                found.case.helped_at = folded.at
                if found.case.help is HelpState.CONTRACTED:
                    found.case.help = HelpState.DONE
        case WithdrawalAnswered():
            _withdrawal_answered(folded, event)
        case _:
            assert_never(event)


def decided(folded: Folded, action: RequestAction) -> None:
    """Fold what a partner was asked."""
    match action:
        case BookWorkshop():
            case = folded.cases[action.case]
            case.booking = case.booking or Request()
            case.tow_to = case.tow_to or action.workshop
            _asked(case.booking, action.workshop, action.attempt)
            folded.remind(folded.policy.answer_timeout_s, About.BOOKING, case.case, action.attempt)
        case PlaceOrder():
            case = folded.cases[action.case]
            case.order = case.order or Request()
            case.order.contractor = action.what == "tow"
            _asked(case.order, action.supplier, action.attempt)
            folded.remind(folded.policy.answer_timeout_s, About.ORDER, case.case, action.attempt)
        case WithdrawRequest():
            _withdraw(folded, action)
        case _:
            assert_never(action)


def _answered(folded: Folded, name: str, attempt: int, at: float | None, *, accepted: bool) -> None:
    found = folded.requested(name)
    if found is None or found.request.settled or found.request.attempt != attempt:
        return
    case, request = found.case, found.request
    request.settled, request.at = True, at if accepted else None
    if accepted and found.what == "booking" and case.remedy.help is Help.TOW:
        case.tow_to = request.partner
    if accepted and request.contractor and case.help in {HelpState.WAITING, HelpState.OFFERED}:
        case.help = HelpState.CONTRACTED
    visits = request.contractor or case.remedy.help is Help.TECHNICIAN
    if request.at is not None and found.what == "order" and visits:
        after = max(0.0, request.at + folded.policy.unfinished_s - folded.at)
        folded.remind(after, About.AWAITED, case.case, VISIT)


def _withdrawal_answered(folded: Folded, event: WithdrawalAnswered) -> None:
    found = folded.requested(event.request)
    if found is None or not event.too_late or event.attempt > len(found.request.asked):
        return
    case, request = found.case, found.request
    if case.declined_help:
        case.too_late = request.too_late = True
    elif not request.too_late and not request.fulfilled:
        request.settled = request.too_late = True
        request.partner, request.at = event.partner, event.at


def _asked(request: Request, partner: str, attempt: int) -> None:
    request.attempt, request.partner, request.settled, request.at = attempt, partner, False, None
    request.asked.append(partner)


def _withdraw(folded: Folded, action: WithdrawRequest) -> None:
    found = folded.requested(action.request)
    if found is not None and found.request.contractor and found.case.help is HelpState.CONTRACTED:
        found.case.help = HelpState.WAITING
        folded.look_after(found.case)
    if found is not None and action.reason == "moved":
        found.request.settled, found.request.at = False, None
    elif found is not None and action.reason != "other_comes":
        found.request.give_up()
