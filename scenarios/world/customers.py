"""Customers: whoever hears nothing in time phones in, waits in the queue, and hangs up when patience ends. So do others."""

from __future__ import annotations

from collections.abc import Generator
from itertools import count
from typing import Any

import simpy

from scenarios.truth import Fault
from scenarios.world.doors import Ticket
from scenarios.world.world import Breakdown, Life, Person, World

Wait = Generator[simpy.Event, Any, bool]
LINE_FREES_S = 5.0
"""How often somebody looks whether their own line is free."""


def worry(world: World, fault: Fault) -> Life:
    """One customer after one fault: called in time, or phoning in."""
    if fault.would_phone_at is None:
        return
    yield world.until(fault.would_phone_at)
    breakdown = world.broken.get(fault.device)
    if breakdown is None or breakdown.fault is not fault:
        return  # mended before they would have phoned
    person = world.person(fault.customer)
    for attempt in count(1):
        while person.busy:
            yield world.env.timeout(LINE_FREES_S)
        if breakdown.told.triggered or breakdown.mended.triggered:
            return
        served = yield from _phone_in(world, breakdown, person, attempt)
        again = world.streams.keyed("rings_again", fault.device, fault.fault, attempt)
        if served or float(again.random()) >= world.story.customers.rings_again:
            return
        yield world.env.timeout(world.story.customers.rings_again_after.one(again))


def ring_in(world: World) -> Life:
    """Everybody who rings about something else, each when it is time."""
    for caller in world.plan.callers:
        yield world.until(caller.at)
        person = world.person(caller.customer.customer)
        world.env.process(_hold_the_line(world, person, person.customer, caller.patience))


def _phone_in(world: World, breakdown: Breakdown, person: Person, attempt: int) -> Wait:
    """Ring in about a fault, once more. Returns whether an agent took the call."""
    fault = breakdown.fault
    tries = () if attempt == 1 else (attempt,)
    patience = world.story.customers.patience.one(world.streams.hashed("patience", fault.device, fault.fault, *tries))
    fault.phoned_at = fault.phoned_at or world.now
    return (yield from _hold_the_line(world, person, "-".join(map(str, (fault.fault, *tries))), patience))


def _hold_the_line(world: World, person: Person, ref: str, patience: float) -> Wait:
    """Ring in and wait for an agent, for ``patience`` seconds at most; the exchange calls the call ``in/{ref}``.

    Returns whether an agent took it.
    """
    person.busy, person.waits = True, world.env.event()
    served = person.waits
    yield world.doors.phoned(ref, person.customer)
    yield world.env.any_of([served, world.env.timeout(patience)])
    if not served.triggered:
        person.busy, person.waits = False, None
        yield world.doors.ended(Ticket(f"in/{ref}", 1, None, "inbound", person.customer), "abandoned")
    return served.triggered
