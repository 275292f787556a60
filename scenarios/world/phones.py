"""Phones: now and then where they are, and what becomes of their owners' payments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from firmware_sim.phone import Phone
from scenarios.schema import Payments
from scenarios.truth import Fault
from scenarios.world.fixes import measured
from scenarios.world.plan import Home
from scenarios.world.town import Point
from scenarios.world.world import Breakdown, Life, World

PHONE_ERROR_M = 15.0
"""Standard deviation of a phone's fix in town, each of east and north [fit]."""
LACKS_MONEY, WRONG_NUMBER, CURRENCY = "AM04", "AC01", "EUR"
TRIES_LATER_S = 600.0
"""Mean time until a customer tries again once they heard what is wrong, or that it works again [fit]."""


@dataclass(frozen=True, slots=True)
class Bill:
    """One payment, however often it is tried."""

    id: str
    amount: str


def carry(world: World, phone: Phone, place: Callable[[], Point]) -> Life:
    """Tell the phone's position every so often."""
    every = world.story.phones.status_every
    yield world.env.timeout(every * float(world.streams.keyed("phase", phone.name).random()))
    while True:
        phone.fix = measured(world, place(), PHONE_ERROR_M)
        phone.status(world.now)
        yield world.env.timeout(every)


def pay(world: World, home: Home, phone: Phone, payments: Payments) -> Life:
    """Pay now and then; a few payments are declined once, for lack of money."""
    dice = world.streams.keyed("payments", phone.name)
    number = 0
    while True:
        yield world.env.timeout(payments.every.one(dice))
        number += 1
        lacks_money = float(dice.random()) < payments.declined
        if phone.name in world.broken or _is_down(world, home, payments):
            continue
        bill = _bill(phone, f"p{number}", float(dice.random()))
        _try(world, home, phone, bill, LACKS_MONEY if lacks_money else None)


def fail(world: World, home: Home, phone: Phone, fault: Fault) -> Life:
    """A payment fails however often it is tried; it goes through once the cause is gone and the customer knows."""
    payments = world.story.payments or Payments.model_validate({})
    yield world.until(fault.at)
    breakdown = world.breaks(fault)
    dice = world.streams.keyed("failures", phone.name)
    bill = _bill(phone, fault.fault, float(dice.random()))
    for _ in range(payments.tries):
        fault.events.append(_try(world, home, phone, bill, _reason(fault, payments)))
        fault.shown_at = fault.shown_at or world.now
        yield world.env.timeout(payments.try_again_after.one(dice))
    yield from _until_it_may_work(world, home, payments, breakdown)
    yield world.env.timeout(TRIES_LATER_S * float(dice.standard_exponential()))
    _try(world, home, phone, bill, None)
    world.mend(phone.name)


def _try(world: World, home: Home, phone: Phone, bill: Bill, reason: str | None) -> str:
    """Try to pay: settled without a reason, else rejected for it. Return the event's key."""
    event = phone.pay(
        world.now,
        end_to_end_id=bill.id,
        amount=bill.amount,
        currency=CURRENCY,
        processor=home.processor,
        status="RJCT" if reason else "ACSC",
        reason=reason,
    )
    return event.key


def _until_it_may_work(world: World, home: Home, payments: Payments, breakdown: Breakdown) -> Life:
    if breakdown.fault.part != "processor_outage":
        yield breakdown.told
        return
    ends = [outage.at + outage.lasts for outage in payments.outages if outage.processor == home.processor]
    yield world.until(world.story.start_s + max(ends, default=0.0))


def _reason(fault: Fault, payments: Payments) -> str:
    reasons = [outage.reason for outage in payments.outages] if fault.part == "processor_outage" else []
    return reasons[0] if reasons else WRONG_NUMBER


def _is_down(world: World, home: Home, payments: Payments) -> bool:
    since = world.now - world.story.start_s
    return any(
        outage.processor == home.processor and outage.at <= since < outage.at + outage.lasts
        for outage in payments.outages
    )


def _bill(phone: Phone, number: str, luck: float) -> Bill:
    return Bill(f"{phone.name.rpartition('/')[2]}-{number}", f"{5 + 95 * luck:.2f}")
