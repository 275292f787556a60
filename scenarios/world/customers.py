"""Customers: whoever notices a fault and hears nothing in time phones in, waits in the queue, and hangs up when patience ends.

Or they turn to us on another channel, where the story has such. So do others, about something else.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import accumulate, count
from typing import Any, cast

import simpy

from dispatch.core.conversation.channels import SPOKEN, Answer, Channel
from dispatch.core.ids import inbound_call_id
from dispatch.core.reasons.model import Reason
from scenarios.story.habits import Turn
from scenarios.story.registry import PARTS
from scenarios.world.doors import Announced, Replied, Ticket
from scenarios.world.ground_truth import Fault
from scenarios.world.messages import habits_of, hear_all, says_wait
from scenarios.world.notices import look
from scenarios.world.world import Breakdown, Life, Person, World

Wait = Generator[simpy.Event, Any, bool]
LINE_FREES_S = 5.0
"""How often somebody looks whether their own line is free."""
CALM = 0.5
"""How fast the time until a customer phones passes while a notice calms them: their hazard is half as high [fit]."""
BEGINS_WITHIN = 3
"""Times ``journey_every``."""
INSTANT_S = 1e-3
"""Less is no time at all."""


def worry(world: World, breakdown: Breakdown) -> Life:
    """One customer after one fault: called in time, calmed by a notice for a while or for good, or phoning in.

    Who reads the notice when they would phone, or could not yet, gives us as long again, within the time for which it calms:
    like who read it at once, they take twice the time [fit].
    """
    fault = breakdown.fault
    if fault.phones_after is None:
        return
    yield world.env.any_of([breakdown.noticed, breakdown.mended])
    yield from _hear_nothing(world, breakdown, fault.phones_after)
    had_enough_at = world.now
    yield world.until(breakdown.availability.phones(world.now))
    look(world, breakdown)
    if fault.read_notice_at is not None and fault.read_notice_at >= had_enough_at:
        yield from _hear_nothing(world, breakdown, fault.phones_after * CALM)
        yield world.until(breakdown.availability.phones(world.now))
    person = world.person(fault.customer)
    for attempt in count(1):
        while person.busy and not _is_settled(breakdown):
            yield world.env.timeout(LINE_FREES_S)
        if _is_settled(breakdown):
            return
        served = yield from _turn_to(world, breakdown, person, attempt, _turn(world, fault, attempt))
        again = world.streams.keyed("rings_again", fault.device, fault.fault, attempt)
        if served or float(again.random()) >= world.story.customers.rings_again:
            return
        yield world.env.timeout(world.story.customers.rings_again_after.one(again))


def _hear_nothing(world: World, breakdown: Breakdown, left: float) -> Life:
    """Wait until a customer phones who would in ``left`` seconds, or until there is no need to."""
    while left > INSTANT_S and not _is_settled(breakdown):
        since, ends = world.now, [breakdown.told, breakdown.mended, breakdown.content]
        calm_for = _calm_until(world, breakdown) - since
        pace = CALM if calm_for > INSTANT_S else 1.0
        ends.append(world.env.timeout(left if pace == 1.0 else min(left / CALM, calm_for)))
        if not breakdown.calmed.triggered:
            ends.append(breakdown.calmed)
        yield world.env.any_of(ends)
        left -= pace * (world.now - since)


def _is_settled(breakdown: Breakdown) -> bool:
    """Tell whether a customer need not turn to us any more: they spoke with us, it works, or they know that it will."""
    return breakdown.told.triggered or breakdown.mended.triggered or breakdown.content.triggered


def _calm_until(world: World, breakdown: Breakdown) -> float:
    """Return until when a notice calms a customer, POSIX seconds."""
    read_at = breakdown.fault.read_notice_at
    return -math.inf if read_at is None else read_at + world.story.customers.notices.calms_for


def ring_in(world: World) -> Life:
    """Everybody who rings about something else, each when it is time."""
    for caller in world.plan.callers:
        yield world.until(caller.at)
        person = world.person(caller.customer.customer)
        world.env.process(hold_the_line(world, person, person.customer, caller.patience))


def journey(world: World, breakdown: Breakdown) -> Life:
    """The customer of the story's first fault turns to one channel after the other, until it is mended.

    They begin once something was written to them beside the app, which they never look at, or after a while.
    """
    yield world.env.any_of([breakdown.noticed, breakdown.mended])
    habits, person = habits_of(world), world.person(breakdown.fault.customer)
    begins = world.now + BEGINS_WITHIN * habits.journey_every
    while world.now < begins and not any(count for channel, count in person.messages.items() if channel != Channel.APP):
        yield world.env.timeout(LINE_FREES_S)
    for attempt, turn in enumerate(habits.journey, 1):
        yield world.env.any_of([world.env.timeout(habits.journey_every), breakdown.mended])
        while person.busy:
            yield world.env.timeout(LINE_FREES_S)
        if breakdown.mended.triggered:
            return
        yield from _turn_to(world, breakdown, person, attempt, turn)


def why_of(breakdown: Breakdown) -> Reason:
    """Return why its customer turns to us about something that broke and of which nobody has spoken with them."""
    fault = breakdown.fault
    if PARTS[fault.part].kind == "phone":
        return Reason.OUTAGE if breakdown.says_wait and fault.read_notice_at is not None else Reason.REFUSED
    if fault.part == "stock":
        return Reason.ORDER
    return Reason.FAULT if fault.read_notice_at is None else Reason.PROGRESS


def _turn(world: World, fault: Fault, attempt: int) -> Turn:
    """Draw what a customer turns to who has had enough."""
    if world.story.habits is None:
        return "phone"
    ways = world.story.habits.turns_to
    luck = world.streams.uniforms("turns_to", fault.device, fault.fault, attempt)[0] * sum(ways.values())
    for turn, upto in zip(ways, accumulate(ways.values()), strict=True):
        if luck < upto:
            return cast("Turn", turn)
    return "phone"


def _turn_to(world: World, breakdown: Breakdown, person: Person, attempt: int, turn: Turn) -> Wait:
    """Turn to us about a fault, once more. Returns whether an agent took it."""
    channel, fault = Channel(turn), breakdown.fault
    if channel is Channel.PHONE and not world.story.calls.machine:
        return (yield from _phone_in(world, breakdown, person, attempt))
    ref = f"{turn}-{fault.fault}-{attempt}"
    dice = world.streams.hashed("patience", fault.device, fault.fault, turn, attempt)
    if channel in {Channel.PHONE, Channel.IVR}:
        channel = Channel.IVR
        if (yield from _hear_machine(world, breakdown, person, ref)):
            return True
    fault.phoned_at, why = fault.phoned_at or world.now, why_of(breakdown)
    if channel in SPOKEN:
        patience = world.story.customers.patience.one(dice)
        return (yield from hold_the_line(world, person, ref, patience, channel, about=why))
    person.about = why
    return (yield from _write(world, person, ref, habits_of(world).patience.one(dice), channel))


def _hear_machine(world: World, breakdown: Breakdown, person: Person, ref: str) -> Wait:
    """Ring in and hear the machine on the telephone. Returns whether that was all they wanted."""
    person.busy = True  # who listens to the machine is on the line: whoever rings them finds it engaged
    heard: Announced = yield world.doors.announced(ref, person.customer)
    yield world.env.timeout(habits_of(world).menu)
    if not any(says_wait(text) for text in heard.said):
        return False
    hear_all(world, breakdown)
    if not breakdown.content.triggered:
        return False
    breakdown.fault.phoned_at = breakdown.fault.phoned_at or world.now
    person.busy = False
    yield world.doors.replied(ref, Replied(person.customer, heard.case, Channel.IVR, Answer.NEEDS_NO_CALL))
    return True


def _write(world: World, person: Person, ref: str, patience: float, channel: Channel) -> Wait:
    """Write, and wait for an answer. Returns whether one came in time; who has tried something else still reads it."""
    person.turns_to_us(world.now)
    answered = world.env.event()
    person.letters.append(answered)
    yield world.doors.wrote(ref, person.customer, channel, "It does not work. When does somebody come?")
    yield world.env.any_of([answered, world.env.timeout(patience)])
    return answered.triggered


def _phone_in(world: World, breakdown: Breakdown, person: Person, attempt: int) -> Wait:
    """Ring in about a fault, once more. Returns whether an agent took the call."""
    fault = breakdown.fault
    tries = () if attempt == 1 else (attempt,)
    patience = world.story.customers.patience.one(world.streams.hashed("patience", fault.device, fault.fault, *tries))
    fault.phoned_at = fault.phoned_at or world.now
    ref = "-".join(map(str, (fault.fault, *tries)))
    return (yield from hold_the_line(world, person, ref, patience, about=why_of(breakdown)))


def hold_the_line(
    world: World,
    person: Person,
    ref: str,
    patience: float,
    channel: Channel = Channel.PHONE,
    *,
    about: Reason = Reason.OTHER,
) -> Wait:
    """Ring in and wait for an agent, for ``patience`` seconds at most; the exchange calls the call ``in/{ref}``.

    ``about``: why, as they tell the agent. Returns whether an agent took it.
    """
    person.turns_to_us(world.now)
    person.busy, person.waits, person.about = True, world.env.event(), about
    served = person.waits
    yield world.doors.phoned(ref, person.customer, channel)
    yield world.env.any_of([served, world.env.timeout(patience)])
    if not served.triggered:
        person.busy, person.waits = False, None
        mine = Ticket(inbound_call_id(ref), 1, None, "inbound", person.customer, channel=channel)
        yield world.doors.ended(mine, "abandoned")
    return served.triggered
