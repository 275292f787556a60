"""Customers: whoever hears nothing in time phones in, waits in the queue, and hangs up when patience ends."""

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


def _phone_in(world: World, breakdown: Breakdown, person: Person, attempt: int) -> Wait:
    """Ring and wait as long as patience lasts. Returns whether an agent took the call."""
    fault = breakdown.fault
    tries = () if attempt == 1 else (attempt,)
    patience = world.story.customers.patience.one(world.streams.keyed("patience", fault.device, fault.fault, *tries))
    person.busy, person.waits = True, world.env.event()
    fault.phoned_at = fault.phoned_at or world.now
    served, ref = person.waits, "-".join(map(str, (fault.fault, *tries)))
    yield world.doors.phoned(ref, fault.customer)
    yield world.env.any_of([served, world.env.timeout(patience)])
    if not served.triggered:
        person.busy, person.waits = False, None
        yield world.doors.ended(Ticket(f"in/{ref}", 1, None, "inbound", fault.customer), "abandoned")
    return served.triggered
