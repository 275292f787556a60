"""The house pays what it orders for a customer, from their purse and by their mandate: orders and tows. Pure.

What a supplier asks for is set aside when they say yes, and paid when they have been; a tow is set aside when a truck is sent, and
ours when it is done. What is called off is set free, or given back. Without a mandate for the house, or the customer's consent to
payments, nothing is taken here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import (
    Action,
    CancelTow,
    CloseCase,
    PlaceOrder,
    ReassignTow,
    SendTow,
    WithdrawRequest,
)
from dispatch.core.case import Case
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.paying import Decided, Paying
from dispatch.core.events import Event, OrderAnswered, OrderFulfilled, TruckReported
from dispatch.core.ids import case_of_order, case_of_tow, house_payment_id, request_of
from dispatch.core.policy import Policy
from dispatch.core.purse.actions import ReservePayment
from dispatch.core.purse.given import Given
from dispatch.core.purse.judge import over_limit
from dispatch.core.purse.mandate import Category
from dispatch.core.purse.payments import Payment
from gateway.finding import Help


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid about a case."""

    case: Case
    payment: str
    payee: str
    amount: int
    """Minor units."""
    currency: str
    category: Category
    due: float = 0.0
    """When it will be there, POSIX seconds; 0: nobody said."""


@dataclass(frozen=True, slots=True)
class Billing:
    """Pays for cases, where the policy says so."""

    policy: Policy
    cases: OpenCases
    paying: Paying

    def asked(self, event: Event) -> Bill | None:
        """Return what a supplier who says yes is to be paid; to be asked before the answer is taken."""
        if not isinstance(event, OrderAnswered):
            return None
        case = self.cases.by_name.get(case_of_order(event.order) or "")
        order = case.order if case is not None else None
        if case is None or order is None or order.settled or event.attempt != order.attempt or not event.accepted:
            return None
        if not event.price or order.partner is None:
            return None
        category: Category = "groceries" if case.remedy.help is Help.SUPPLIES else "other"
        payment = house_payment_id(case.case, f"order/{order.attempt}")
        what = "tow" if order.contractor else category
        return Bill(case, payment, order.partner, event.price, event.currency, what, event.arrives_at or 0.0)

    def happened(self, event: Event, bill: Bill | None, now: float) -> Decided:
        """See to what an event costs, behind what was decided about it."""
        if bill is not None:
            yield from self._reserve(bill, now)
        elif isinstance(event, OrderFulfilled):
            case = case_of_order(event.order) or ""
            for payment in self._of(house_payment_id(case, "order")):
                yield from self.paying.pay(payment, now)
        elif isinstance(event, TruckReported) and event.report.job_state == "finished" and event.report.job:
            for payment in self._of(house_payment_id(case_of_tow(event.report.job), "tow")):
                yield from self.paying.take(payment, now)

    def decided(self, action: Action, now: float) -> Decided:
        """See to what an action costs, or costs no more."""
        if not self.policy.payments.pays_for_cases:
            return
        match action:
            case SendTow() | ReassignTow():
                yield from self._tow(action.case, now)
            case CancelTow() | CloseCase():
                yield from self._call_off(house_payment_id(action.case, "tow"), now)
            case WithdrawRequest():
                asked = request_of(action.request)
                if asked is not None and asked.what == "order":
                    yield from self._call_off(house_payment_id(asked.case, f"order/{action.attempt}"), now)
            case PlaceOrder() if action.attempt > 1:
                yield from self._call_off(house_payment_id(action.case, f"order/{action.attempt - 1}"), now)
            case _:
                pass  # costs nothing

    def _tow(self, name: str, now: float) -> Decided:
        rules, case = self.policy.payments, self.cases.by_name.get(name)
        if case is not None and rules.tow_fee:
            payment = house_payment_id(name, "tow")
            yield from self._reserve(Bill(case, payment, rules.house, rules.tow_fee, rules.tow_currency, "tow"), now)

    def _reserve(self, bill: Bill, now: float) -> Decided:
        finding = bill.case.finding
        given = self._mandate(bill, now)
        if given is None or bill.payment in self.paying.purse.payments:
            return
        yield from self.paying.do(
            ReservePayment(
                bill.payment, given.mandate.mandate, finding.customer, "", bill.payee, bill.amount, bill.currency,
                bill.category, False, finding.provenance, bill.case.case, bill.due,  # noqa: FBT003 - a row's members
            ),
            now,
        )  # fmt: skip

    def _mandate(self, bill: Bill, now: float) -> Given | None:
        """Return by which mandate of the customer the house may pay it."""
        purse, customer = self.paying.purse, bill.case.finding.customer
        if customer in purse.withdrew or purse.available(customer, bill.currency) < bill.amount:
            return None
        fits = (
            one
            for one in purse.given.of_device(customer, "")
            if (one.mandate.category, one.mandate.currency) == (bill.category, bill.currency)
            and one.mandate.lets(bill.payee)
            and one.holds(now)
            and not over_limit(one, bill.amount, now)
        )
        return next(fits, None)

    def _call_off(self, payment: str, now: float) -> Decided:
        for one in self._of(payment):
            yield from self.paying.call_off(one, now)

    def _of(self, begin: str) -> Iterator[Payment]:
        """Yield the payment of a name, and those of its attempts."""
        found = self.paying.purse.of_case(begin)
        yield from list(found)
