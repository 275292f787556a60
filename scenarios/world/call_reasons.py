"""Customers turn to us for reasons of their own: where help is, an hour that does not suit, a payment. They know why; we do not.

Nothing here knows what the service takes for a sign.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dispatch.core.reasons.model import Reason
from scenarios.story.call_reasons import CallReasons
from scenarios.story.registry import PARTS
from scenarios.world.customers import LINE_FREES_S, hold_the_line
from scenarios.world.world import Breakdown, Life, World

ASKS_TWICE = 2
"""So often somebody asks where help is, at most."""
NOT_ALLOWED = frozenset({"MD01", "SL11"})
"""ISO reasons of a refusal that are about the mandate."""
OF_A_MANDATE = 0.8
"""Of those who ring about such a one: who want to change what is allowed, and not just to know [fit]."""


def start(world: World, about: CallReasons) -> None:
    """Have customers with devices ring about anything else."""
    world.env.process(_about_anything(world, about))


def turn_to_us(world: World, customer: str, why: Reason, ref: str) -> Life:
    """Ring in once, as soon as the line is free."""
    person = world.person(customer)
    while person.busy:
        yield world.env.timeout(LINE_FREES_S)
    patience = world.story.customers.patience.one(world.streams.hashed("patience", customer, ref))
    yield from hold_the_line(world, person, ref, patience, about=why)


def after_talk(world: World, breakdown: Breakdown, about: CallReasons) -> Life:
    """Once they were spoken with, or goods are ordered: some turn to us again, about what has become of it."""
    fault, goods = breakdown.fault, breakdown.fault.part == "stock"
    if not goods:
        yield world.env.any_of([breakdown.told, breakdown.mended])
    luck = world.streams.uniforms("contacts", fault.device, fault.fault)[0]
    if goods:
        yield from _asks(world, breakdown, about, Reason.ORDER) if luck < about.order else ()
    elif not (fault.needs_help and PARTS[fault.part].comes):
        return
    elif luck < about.no_help:
        yield from _needs_nobody(world, breakdown, about)
    elif luck < about.no_help + about.booking:
        yield from _another_hour(world, breakdown, about)
    elif luck > 1 - about.progress:
        yield from _asks(world, breakdown, about, Reason.PROGRESS)


def _asks(world: World, breakdown: Breakdown, about: CallReasons, why: Reason) -> Life:
    """Ask where it is, once or twice."""
    fault = breakdown.fault
    spans = about.order_after if why is Reason.ORDER else about.progress_after
    for number in range(1, ASKS_TWICE + 1):
        yield from _lets_pass(world, breakdown, spans.one(_dice(world, "asks", breakdown, number)))
        if breakdown.mended.triggered or fault.arrivals:
            return
        yield from turn_to_us(world, fault.customer, why, f"asks-{fault.fault}-{number}")


def _needs_nobody(world: World, breakdown: Breakdown, about: CallReasons) -> Life:
    """It works again, before anybody is there."""
    fault = breakdown.fault
    yield from _lets_pass(world, breakdown, about.no_help_after.one(_dice(world, "no_help", breakdown)))
    if not (breakdown.mended.triggered or fault.arrivals):
        world.mend(fault.device)
        yield from turn_to_us(world, fault.customer, Reason.NO_HELP, f"works-{fault.fault}")


def _another_hour(world: World, breakdown: Breakdown, about: CallReasons) -> Life:
    """The hour in the workshop, or of the technician, does not suit."""
    fault = breakdown.fault
    yield from _lets_pass(world, breakdown, about.booking_after.one(_dice(world, "booking", breakdown)))
    if not breakdown.mended.triggered:
        yield from turn_to_us(world, fault.customer, Reason.BOOKING, f"hour-{fault.fault}")


def _lets_pass(world: World, breakdown: Breakdown, seconds: float) -> Life:
    yield world.env.any_of([world.env.timeout(seconds), breakdown.mended])


def _dice(world: World, what: str, breakdown: Breakdown, *more: int) -> np.random.Generator:
    return world.streams.hashed(f"contacts {what}", breakdown.fault.device, breakdown.fault.fault, *more)


class TurnedDown(NamedTuple):
    """A payment that was refused."""

    payment: str
    code: str
    """ISO 20022 status reason."""


def refused(world: World, about: CallReasons, customer: str, payment: TurnedDown) -> Life:
    """A device of theirs was refused a payment: some ring about it, or about what is allowed."""
    dice = world.streams.hashed("contacts refused", payment.payment)
    if float(dice.random()) >= about.refused:
        return
    of_mandate = payment.code in NOT_ALLOWED and float(dice.random()) < OF_A_MANDATE
    yield world.env.timeout(about.refused_after.one(dice))
    why = Reason.MANDATE if of_mandate else Reason.REFUSED
    yield from turn_to_us(world, customer, why, f"refused-{_ref(payment.payment)}")


def paid(world: World, about: CallReasons, customer: str, payment: str) -> Life:
    """A device of theirs paid: a few do not know what for."""
    dice = world.streams.hashed("contacts paid", payment)
    if float(dice.random()) >= about.dispute:
        return
    yield world.env.timeout(about.dispute_after.one(dice))
    yield from turn_to_us(world, customer, Reason.DISPUTE, f"paid-{_ref(payment)}")


def asked(world: World, about: CallReasons, customer: str, payment: str) -> Life:
    """They were asked whether a payment is wanted, and did not say so by a tap: some ring."""
    dice = world.streams.hashed("contacts asked", payment)
    if float(dice.random()) >= about.answer:
        return
    yield world.env.timeout(about.answer_after.one(dice))
    yield from turn_to_us(world, customer, Reason.ANSWER, f"asked-{_ref(payment)}")


def _ref(payment: str) -> str:
    return payment.replace("/", "-")


def _about_anything(world: World, about: CallReasons) -> Life:
    """Customers with devices ring about a bill, an address, a question: a Poisson process over all of them."""
    dice, homes = world.streams.keyed("contacts other"), world.plan.homes
    for number in range(1, 1_000_000 if about.other and homes else 0):
        yield world.env.timeout(float(dice.standard_exponential()) / about.other)
        if world.now >= world.story.quiet_s:
            return
        customer = homes[int(dice.integers(len(homes)))].customer.customer
        world.env.process(turn_to_us(world, customer, Reason.OTHER, f"other-{number}"))
