"""What workshops and suppliers answer, and what is done when they do not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action
from dispatch.core.bookings import Bookings, Workshop
from dispatch.core.case import Case, Request
from dispatch.core.duties.closing import Closing
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.escalation import raised
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
from dispatch.core.ids import Requested, case_of_booking, case_of_order, request_of
from dispatch.core.orders import Orders
from dispatch.core.policy import Policy
from dispatch.core.timers import About, Alarm, Alarms
from dispatch.core.towing import VISIT, Tows
from dispatch.core.transitions import HelpMove, HelpState
from dispatch.core.withdrawal import withdrawal
from gateway.finding import Help


@dataclass(frozen=True, slots=True)
class Answers:
    """The partners, and what they were asked."""

    policy: Policy
    alarms: Alarms
    cases: OpenCases
    tows: Tows
    bookings: Bookings
    orders: Orders
    closing: Closing

    def opened(self, event: OpeningEvent) -> None:
        """Note that a partner is there."""
        match event:
            case WorkshopOpened():
                shop = Workshop(event.workshop, event.latitude, event.longitude, event.provenance)
                self.bookings.opens(shop)
            case SupplierOpened():
                self.orders.suppliers[event.supplier] = event
            case _:
                assert_never(event)

    def on(self, event: AnswerEvent, now: float) -> Iterator[Action]:
        """See to what a partner said."""
        match event:
            case BookingAnswered():
                yield from self._booking(event, now)
            case OrderAnswered():
                yield from self._order(event, now)
            case OrderFulfilled():
                yield from self._fulfilled(event, now)
            case WithdrawalAnswered():
                yield from self._withdrawal(event, now)
            case _:
                assert_never(event)

    def ring(self, alarm: Alarm, case: Case) -> Iterator[Action]:
        """The partner kept silent: it is told that it is out, and the next is asked."""
        what: Requested = "booking" if alarm.about is About.BOOKING else "order"
        request = case.request(what)
        if request is None or request.settled or request.attempt != alarm.attempt:
            return
        yield withdrawal(case, what, request, "no_answer")
        if request.contractor:
            yield from self._no_contractor(case, request, alarm.due)
            return
        yield from self.bookings.book(case, alarm.due) if what == "booking" else self.orders.place(case, alarm.due)
        yield from self.closing.close_if_done(case, alarm.due)

    def _booking(self, event: BookingAnswered, now: float) -> Iterator[Action]:
        case = self.cases.by_name.get(case_of_booking(event.booking) or "")
        if case is None or case.booking is None or case.booking.settled or event.attempt != case.booking.attempt:
            return
        if event.accepted:
            case.booking.settled, case.booking.at = True, event.slot_at
            yield from self._redirect(case, event.attempt)
        else:
            yield from self.bookings.book(case, now)
        yield from self.closing.close_if_done(case, now)

    def _redirect(self, case: Case, attempt: int) -> Iterator[Action]:
        booking = case.booking
        if booking is None or booking.partner is None or booking.partner == case.tow_to:
            return
        if case.remedy.help is Help.TOW:
            yield from self.tows.redirect(case, self.bookings.workshops[booking.partner], attempt)

    def _order(self, event: OrderAnswered, now: float) -> Iterator[Action]:
        case = self.cases.by_name.get(case_of_order(event.order) or "")
        if case is None or case.order is None or case.order.settled or event.attempt != case.order.attempt:
            return
        if event.accepted:
            case.order.settled, case.order.at = True, event.arrives_at
            visits = case.order.contractor or case.remedy.help is Help.TECHNICIAN
            if event.arrives_at is not None and visits:
                self.alarms.set(event.arrives_at + self.policy.unfinished_s, About.AWAITED, case.case, VISIT)
            if case.order.contractor:
                yield from self.tows.contracted(case)
                yield from self.tows.serve(now, self.bookings.workshops)
        elif case.order.contractor:
            yield from self._no_contractor(case, case.order, now)
        else:
            yield from self.orders.place(case, now)
        yield from self.closing.close_if_done(case, now)

    def _no_contractor(self, case: Case, order: Request, now: float) -> Iterator[Action]:
        """Who was asked does not come: the house asks the next, or a person chooses; ours are looked for all the while."""
        order.give_up()
        asked = list(self.tows.next_contractor(case, now))
        yield from asked or raised(case, "no_contractor")

    def _fulfilled(self, event: OrderFulfilled, now: float) -> Iterator[Action]:
        case = self.cases.by_name.get(case_of_order(event.order) or "")
        if case is not None and case.order is not None:
            case.order.settled = case.order.fulfilled = True
            case.helped_at = now
            if case.help is HelpState.CONTRACTED:
                case.move(HelpMove.FINISH)
            yield from self.closing.close_if_done(case, now)

    def _withdrawal(self, event: WithdrawalAnswered, now: float) -> Iterator[Action]:
        """Too late: who was told that it is out comes all the same. Then nobody else does, and the case says so."""
        asked = request_of(event.request)
        case = self.cases.by_name.get(asked.case) if asked is not None else None
        request = case.request(asked.what) if case is not None and asked is not None else None
        if asked is None or case is None or request is None or not event.too_late or event.attempt > len(request.asked):
            return
        if case.declined_help:
            case.too_late = request.too_late = True
        elif not request.too_late and not request.fulfilled:
            yield from self._other_comes(case, asked.what, request, event)
        yield from self.closing.close_if_done(case, now)

    def _other_comes(
        self, case: Case, what: Requested, request: Request, event: WithdrawalAnswered
    ) -> Iterator[Action]:
        nobody = request.settled and request.at is None
        if event.attempt != request.attempt and not nobody:
            yield withdrawal(case, what, request, "other_comes")
        request.settled = request.too_late = True
        request.partner, request.at = event.partner, event.at
        if what == "booking":
            yield from self._redirect(case, event.attempt)
