"""Phones: where they are, what breaks in them, and what becomes of their owners' payments at ``firmware_sim.wallet``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from firmware_sim.kinds.phone.body import MAKING
from firmware_sim.kinds.phone.device import Phone
from firmware_sim.wallet.accounts import Order
from firmware_sim.wallet.failures import CAUSES, fail_for_a_while
from firmware_sim.wallet.institution import Institution
from firmware_sim.wallet.market import USUAL, Payer
from scenarios.kinds.phone.parts import BY_VOICE, PHONE_PARTS
from scenarios.kinds.phone.section import Phones
from scenarios.story.schema import Payments
from scenarios.world import notices
from scenarios.world.actor import Actor, Fleet
from scenarios.world.app_users import use_app
from scenarios.world.fixes import PHONE_ERROR_M, measured
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home
from scenarios.world.town import Point
from scenarios.world.units import do_well, reporter_of
from scenarios.world.units import fail as fail_of_itself
from scenarios.world.world import Breakdown, Life, World

SHOWS_S = 86_400.0
"""How long before its fault a phone begins to tell how its parts do."""
TRIES_LATER_S = 600.0
"""Mean time until a customer tries again once they heard what is wrong, or that it works again [fit]."""
UNNAMED_OUTAGE_S = 1800.0
"""How long an institution fails of which the story names no outage."""


class _Phones(Actor):
    """Phones and those who carry them."""

    def build(self, name: str) -> Phone:
        """Build one."""
        return Phone(name)

    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        """It shows notices, tells where it is, and its owner pays with it."""
        phone = fleet[home.devices["phone"]]
        assert isinstance(phone, Phone)  # noqa: S101 - built so
        phone.on_notice = partial(notices.shown, world)
        world.env.process(carry(world, phone, lambda: home.place(world.now)))
        if world.story.apps is not None:
            world.env.process(use_app(world, phone, home.customer, world.story.apps))
        if fault is not None and fault.part in PHONE_PARTS:
            world.env.process(break_down(world, phone, fault))
            fault = None
        if world.story.payments is None and fault is None:
            return
        payer = payer_of(world, home, phone)
        if world.story.payments is not None:
            world.env.process(pay(world, payer, world.story.payments))
        if fault is not None:
            world.env.process(fail(world, payer, fault))

    def last_told(self, world: World, device: str, moment: float) -> float:
        """Return when it told its place last."""
        return last_status_before(world, device, moment)


ACTOR = _Phones()


def payer_of(world: World, home: Home, phone: Phone) -> Payer:
    """Draw the account and the app of a phone's owner."""
    dice = world.streams.keyed("payer", phone.name)
    processor = home.processor or next(iter(world.market.clearing.processors))
    return world.market.payer(phone, processor, world.story.start_s, dice, home.bank or None)


def carry(world: World, phone: Phone, place: Callable[[], Point]) -> Life:
    """Tell the phone's position every so often; what was due before it woke is counted and not sent."""
    at, every = _first_status(world, phone.name), world.story.section(Phones).status_every
    while at < world.now:
        phone.seq += 1
        at += every
    while True:
        yield world.until(at)
        if world.sleepers and phone.name not in world.awake:
            return
        phone.fix = measured(world, phone.name, place(), PHONE_ERROR_M)
        phone.status(world.now)
        at += every


def _first_status(world: World, phone: str) -> float:
    return world.story.start_s + world.story.section(Phones).status_every * world.streams.uniforms("phase", phone)[0]


def last_status_before(world: World, phone: str, moment: float) -> float:
    """Return when a phone told its place last before a moment; the moment itself where it never did."""
    at, every = _first_status(world, phone), world.story.section(Phones).status_every
    if at > moment:
        return moment
    while at + every <= moment:
        at += every
    return at


def break_down(world: World, phone: Phone, fault: Fault) -> Life:
    """A part of the phone fails, until its owner has seen to it; where it is, it tells all along."""
    yield world.until(fault.at - SHOWS_S)
    reporter = reporter_of(world, MAKING, phone, fault, math.inf)
    reporter.unit.now = world.now
    yield from do_well(world, reporter, fault.at)
    yield from fail_of_itself(world, reporter, MAKING, fault, BY_VOICE)
    while world.now < world.story.end_s:
        yield world.env.timeout(world.story.section(Phones).status_every)
        reporter.live(world.now - reporter.unit.now)


def pay(world: World, payer: Payer, payments: Payments) -> Life:
    """Pay now and then; a few payments are declined once, for lack of money."""
    dice, phone = world.streams.keyed("payments", payer.device.name), payer.device
    while True:
        yield world.env.timeout(payments.every.one(dice))
        lacks_money = float(dice.random()) < payments.declined
        if phone.name in world.broken or any(_is_down(one, world.now) for one in _ways(world, payer)):
            continue
        cause = CAUSES["insufficient_funds"] if lacks_money else USUAL
        world.market.pay(payer, world.market.order(payer, cause, payer.account.bank), world.now)


def fail(world: World, payer: Payer, fault: Fault) -> Life:
    """A payment fails however often it is tried; it goes through once the cause is gone and the customer knows."""
    payments = world.story.payments or Payments.model_validate({})
    yield world.until(fault.at)
    breakdown = world.breaks(fault)
    dice = world.streams.keyed("failures", payer.device.name)
    order = _spoilt(world, payer, fault, dice)
    for attempt in range(payments.tries):
        _try(world, payer, order, breakdown, by_chance=fault.part == "technical" and not attempt)
        yield world.env.timeout(payments.try_again_after.one(dice))
        if world.market.is_settled(order):
            break
    if fault.needs_help:
        yield from _until_it_may_work(world, payer, breakdown)
        yield world.env.timeout(TRIES_LATER_S * float(dice.standard_exponential()))
        world.market.put_right(payer, order)
        world.market.pay(payer, order, world.now)
    world.mend(payer.device.name)


def _spoilt(world: World, payer: Payer, fault: Fault, dice: np.random.Generator) -> Order:
    """Make the payment that will fail. A part that is no one's own fault befalls an institution, or the order itself."""
    order = world.market.order(payer, CAUSES.get(fault.part, USUAL), payer.account.bank)
    processor, bank = _ways(world, payer)
    down = {"processor_outage": processor, "bank_outage": bank}.get(fault.part)
    if down is not None and not _is_down(down, world.now):
        fail_for_a_while(down, world.now, UNNAMED_OUTAGE_S, dice)
        down.outages[-1].fails = 1.0
    if fault.part == "duplicate_payment":
        world.market.pay(payer, order, world.now)
    return order


def _try(world: World, payer: Payer, order: Order, breakdown: Breakdown, *, by_chance: bool) -> None:
    """Try to pay once, and note what the phone told. Its owner sees as soon as the phone that it was refused."""
    clearing = world.market.clearing
    clearing.hiccups = float(by_chance)
    event = world.market.pay(payer, order, world.now)
    clearing.hiccups = 0.0
    breakdown.fault.events.append(event.key)
    if event.data.status == "RJCT":
        breakdown.notice(world.now)
        breakdown.shows(event.key, world.now)


def _until_it_may_work(world: World, payer: Payer, breakdown: Breakdown) -> Life:
    """Wait until the outage is over, or until the customer knows what to do."""
    if breakdown.fault.part in {"processor_outage", "bank_outage"}:
        ends = [outage.ends for one in _ways(world, payer) for outage in one.outages]
        yield world.until(max(ends, default=0.0))
    else:
        yield breakdown.told


def _ways(world: World, payer: Payer) -> tuple[Institution, Institution]:
    """Return the processor and the bank through which somebody pays."""
    clearing = world.market.clearing
    return clearing.processors[payer.processor], clearing.banks[payer.account.bank]


def _is_down(institution: Institution, now: float) -> bool:
    return any(outage.begins <= now < outage.ends for outage in institution.outages)
