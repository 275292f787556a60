"""What will be due for a customer: what their devices pay again and again, orders and collections that are under way. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from dispatch.core.purse.expected import COLLECTED_S, WARNED_S, Due, ExpectedPayment, Paid, due, expected, following
from dispatch.core.purse.given import Given
from dispatch.core.purse.habits import Habit
from dispatch.core.purse.payments import Payment, PaymentState
from dispatch.core.purse.purse import Purse
from dispatch.core.purse.spending import TOLD_AT, clock_of


def coming(purse: Purse, customer: str, now: float, until: float) -> list[Due]:
    """Return what will be due by ``until`` and what of it may fail, the first first. Times are POSIX seconds."""
    found = [
        *expected(_paid(purse, customer), now, until),
        *(one for one in _under_way(purse, customer, now) if one.at <= until),
    ]
    in_order = sorted(found, key=lambda one: (one.at, one.device, one.payee))
    balances = {one.currency: purse.available(customer, one.currency) for one in in_order}
    return due(in_order, _agreed(purse, customer), balances)


def next_of(purse: Purse, payment: Payment) -> ExpectedPayment | None:
    """Return what is due next of what a payment that was made is one of; ``None``: it is nothing regular, or not its last."""
    habit = purse.habits.get(payment.customer, payment.device, payment.category, payment.currency)
    mine = habit.of(payment.payee) if habit is not None else []
    if habit is None or not mine or mine[-1].payment != payment.payment:
        return None
    return following([one for one in _of_habit(habit) if one.payee == payment.payee])


def warned_at(one: ExpectedPayment, zone: str) -> float:
    """Return when a customer is told that a payment may fail, POSIX seconds: at nine of their clock, where it is not so near."""
    at = one.at - min(WARNED_S, one.every_s / 2)
    clock = clock_of(zone)
    day = datetime.fromtimestamp(at, clock).date()
    nine, before = (datetime.combine(day - timedelta(days=back), TOLD_AT, clock).timestamp() for back in (0, 1))
    return at if one.every_s < 2 * WARNED_S else nine if nine <= at else before


def _paid(purse: Purse, customer: str) -> Iterator[Paid]:
    """Yield what devices paid, as far as it is remembered, and what they are paying."""
    names = {
        (customer, one.mandate.device, one.mandate.category, one.mandate.currency): None
        for one in purse.given.of_customer(customer)
    }
    for name in names:
        habit = purse.habits.get(*name)
        yield from _of_habit(habit) if habit is not None else ()
    for one in purse.of_customer(customer):
        if one.state is PaymentState.RESERVED and one.case is None:
            yield Paid(one.device, one.payee, one.category, one.currency, one.amount, one.asked_at)


def _of_habit(habit: Habit) -> Iterator[Paid]:
    return (Paid(habit.device, one.payee, habit.category, habit.currency, one.amount, one.at) for one in habit.last)


def _under_way(purse: Purse, customer: str, now: float) -> Iterator[ExpectedPayment]:
    for one in purse.of_customer(customer):
        if one.state is PaymentState.RESERVED and one.due:
            at = max(now, one.due)
            yield ExpectedPayment(one.device, one.payee, one.category, one.currency, one.amount, at, 0.0, "order")
    for top_up in purse.collected_of(customer):
        if not (top_up.answered or top_up.credited):
            at = max(now, top_up.asked_at + COLLECTED_S)
            yield ExpectedPayment("", "", "top_up", top_up.currency, top_up.amount, at, 0.0, "collection")


def _agreed(purse: Purse, customer: str) -> list[Given]:
    """Return by what may be paid: nothing is where that was withdrawn, nothing is collected while a person has to look."""
    if customer in purse.withdrew:
        return []
    stopped = purse.given_back(customer)
    return [one for one in purse.given.of_customer(customer) if not (stopped and one.mandate.category == "top_up")]
