"""Help is sent where it is wanted and known where to, sent on where that changes, and called off. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action, RequestWithdrawal
from dispatch.core.bookings import Bookings, Workshop
from dispatch.core.case import Case
from dispatch.core.case_place import is_redirected, judged_at
from dispatch.core.duties.informing import Informing
from dispatch.core.escalation import escalated
from dispatch.core.ids import REQUESTED
from dispatch.core.moved_notice import moved_notice
from dispatch.core.orders import Orders
from dispatch.core.policy import PlaceGate, Policy
from dispatch.core.towing import Tows
from dispatch.core.transitions import HelpMove, HelpState
from dispatch.core.withdrawal import withdrawal
from gateway.finding import Finding, Help


@dataclass(frozen=True, slots=True)
class Sending:
    """Trucks, slots in workshops, goods and technicians, for a case."""

    policy: Policy
    tows: Tows
    bookings: Bookings
    orders: Orders
    informing: Informing

    def shop_of(self, case: Case) -> Workshop | None:
        """Return the workshop that the car is to be towed to."""
        return self.bookings.workshops.get(case.tow_to or "")

    def serve(self, now: float) -> Iterator[Action]:
        """Send free trucks to whoever waits: one may have become free."""
        yield from self.tows.serve(now, self.bookings.workshops)

    def send(self, case: Case, now: float, asked_at: float = 0.0) -> Iterator[Action]:
        """Send what helps; who must be asked first, or where it is, is asked.

        ``asked_at``: when an agent was told what to ask whom they have spoken with by now; 0: none was.
        """
        if case.needs_truck:
            as_of = judged_at(case.place, asked_at, now)
            if not case.asks_first and self.policy.gate(case.place, as_of) is PlaceGate.GOOD:
                yield from self.send_truck(case, now)
            else:
                case.move(HelpMove.ASK)
                yield from self.escalate_if_not_asked(case)
        elif case.order is None and not case.asks_first and _wants_order(case):
            yield from self.orders.place(case, now)

    def send_truck(self, case: Case, now: float) -> Iterator[Action]:
        """Send a truck, however well they know where, and ask a workshop for a slot."""
        shop = self.bookings.nearest(case.place, case.finding.provenance, [])
        yield from self.tows.need(case, now, shop)
        if case.remedy.workshop_s > 0:
            yield from self.bookings.book(case, now)

    def escalate_if_not_asked(self, case: Case) -> Iterator[Action]:
        """Who must be asked where it is, does not want to be called and does not speak to us: a person finds another way."""
        if case.help is HelpState.ASKING and not case.may_ring and not self.informing.are_speaking(case):
            yield from escalated(case, "wrong_number" if case.wrong_number and case.may_call else "may_not_be_asked")

    def revise_truck(self, case: Case, before: Finding, now: float) -> Iterator[Action]:
        """Another truck goes where the one that was sent cannot mend it; else that one is told what it is sent to now."""
        sent, shop = case.truck, self.shop_of(case)
        yield from self.tows.reskill(case, now, shop)
        yield from self.move_truck(case, now)
        yield from self.serve(now)
        newly_towed = case.finding.remedy.help is Help.TOW and before.remedy.help is not Help.TOW
        if newly_towed and case.truck == sent and shop is not None and case.told_tow_to != shop.workshop:
            yield from self.tows.redirect(case, shop, 0)

    def move_truck(self, case: Case, now: float) -> Iterator[Action]:
        """Send the truck on where it was sent elsewhere, and say so to a customer who was told when it comes.

        That a crew is told the spot to a few metres is nothing to a customer.
        """
        promised = case.eta
        move = self.tows.move(case, now)
        if move is None:
            return
        yield move
        yield from self._move_booking(case, now)
        if is_redirected(move.metres) and case.informed:
            yield from self.informing.notice(case, moved_notice(move, promised, now, case.language), now)

    def call_off(
        self,
        case: Case,
        now: float,
        why: str = "the customer wants no help",
        reason: RequestWithdrawal = "declined_help",
    ) -> Iterator[Action]:
        """Nobody shall come: whoever was asked is told, and is free for others."""
        yield from self.tows.cancel(case, why)
        for what in REQUESTED:
            request = case.request(what)
            case.too_late = case.too_late or (request is not None and request.too_late)
            if request is not None and request.stands:
                yield withdrawal(case, what, request, reason)
                request.give_up()
        yield from self.serve(now)

    def send_where_told(self, case: Case, now: float) -> Iterator[Action]:
        """A person said where it is."""
        if case.help is HelpState.ASKING and not case.asks_first:
            yield from self.send_truck(case, now)
        else:
            yield from self.tows.reskill(case, now, self.shop_of(case))
            yield from self.move_truck(case, now)

    def spare_contractor(self, case: Case) -> Iterator[Action]:
        """A truck of ours said yes before the contractor that was asked."""
        order = case.order
        if order is not None and order.contractor and not order.settled and case.help in _OURS_COMES:
            yield withdrawal(case, "order", order, "our_truck_comes")
            order.give_up()

    def drop_contractor(self, case: Case, reason: RequestWithdrawal, now: float) -> Iterator[Action]:
        """The contractor that is asked, or comes, is to come no more; one that was told so before comes all the same."""
        order = case.order
        if order is not None and order.contractor and order.stands:
            self.tows.need_again(case, now)
            yield withdrawal(case, "order", order, reason)
            order.give_up()

    def _move_booking(self, case: Case, now: float) -> Iterator[Action]:
        """The workshop was chosen by where the car stood, and asked for a slot when the truck should have brought it."""
        booking = case.booking
        if booking is None or not self.bookings.is_outdated(case, booking):
            return
        yield withdrawal(case, "booking", booking, "moved")
        booking.settled, booking.at = False, None
        yield from self.bookings.book(case, now, again=True)


_OURS_COMES = {HelpState.PROMISED, HelpState.ON_SCENE, HelpState.DONE}


def _wants_order(case: Case) -> bool:
    wanted = case.remedy.help
    return wanted is Help.TECHNICIAN or (wanted is Help.SUPPLIES and case.may_order)
