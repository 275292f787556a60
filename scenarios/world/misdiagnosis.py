"""What an agent makes of a customer's words where no device told anything: it takes time, and may be mistaken."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from dispatch.core.ids import call_ref
from gateway.diagnosis.catalogue import Part as Known
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import Help
from gateway.kinds.registry import knowledges
from scenarios.story.part import Part
from scenarios.story.registry import KINDS, PARTS
from scenarios.world.doors import Report, Ticket
from scenarios.world.fixes import TO_68_PERCENT
from scenarios.world.ground_truth import Fault
from scenarios.world.town import Point, moved
from scenarios.world.world import Life, World


def take_down(world: World, ticket: Ticket, fault: Fault) -> Life:
    """An agent asks what happened, where and since when, and takes it down. The same dice whatever the policy."""
    tells = world.story.customers.tells
    dice = world.streams.keyed("tells", fault.device, fault.fault)
    part = misheard(fault.part, tells.right, dice, {skill for kind in world.story.trucks for skill in kind.skills})
    east, north = tells.place_error * dice.standard_normal(2)
    yield world.env.timeout(tells.explains.one(dice))  # whoever still drove has stopped by then
    out = KINDS[PARTS[fault.part].kind].is_sought
    place = moved(Point(fault.latitude, fault.longitude), float(east), float(north)) if out else None
    fault.told_at = fault.told_at or world.now
    accuracy = TO_68_PERCENT * tells.place_error
    yield world.doors.reported(
        Report(call_ref(ticket.call), "customer", fault.device, part, fault.at, place, accuracy, ticket.call)
    )


def misheard(part: str, right: float, dice: np.random.Generator, skills: Collection[str]) -> str:
    """Draw what an agent takes a fault for: what it is, or another that shows on the same occasion, by how often each breaks.

    What a customer can tell is when it happened: it does not start, it stopped on the road, it is warm inside [fit]. An agent
    takes nothing down for which no truck could be sent; ``skills`` are those of all trucks.
    """
    true, luck, which = PARTS[part], float(dice.random()), float(dice.random())
    known = catalogue(knowledges()[true.catalogue]).parts
    if part not in known:
        return part
    alike = [
        name
        for name, one in PARTS.items()
        if _shows_like(one, true) and name in known and name != part and _sends_like(known[name], known[part], skills)
    ]
    if luck < right or not alike:
        return part
    shares = np.cumsum([known[name].prior for name in alike])
    return alike[int(np.searchsorted(shares / shares[-1], which, side="right"))]


def _sends_like(part: Known, true: Known, skills: Collection[str]) -> bool:
    if part.help in {Help.ROADSIDE, Help.TOW}:
        return true.help in {Help.ROADSIDE, Help.TOW} and part.skill in skills
    return part.help is true.help


def _shows_like(one: Part, true: Part) -> bool:
    return (one.kind, one.occasion, one.needs_help) == (true.kind, true.occasion, true.needs_help)
