"""A crew that looks at the car and finds something that it cannot mend: it tells the control room, and another truck comes."""

from __future__ import annotations

from collections.abc import Collection

from firmware_sim.kinds.truck.device import Truck
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import Help
from gateway.kinds.registry import knowledges
from scenarios.story.registry import KINDS, PARTS
from scenarios.world.doors import Report
from scenarios.world.ground_truth import Fault
from scenarios.world.world import Life, World

LOOKS_S = 10 * 60.0
"""Until a crew knows that it cannot mend it [fit]."""
TOW = "tow"
"""Whoever can tow, helps whatever is broken."""


def can_mend(skills: Collection[str], fault: Fault) -> bool:
    """Tell whether a crew with these skills can help. What needs no truck at all keeps none."""
    known = catalogue(knowledges()[KINDS[PARTS[fault.part].kind].catalogue]).parts.get(fault.part)
    if known is None:
        return True
    remedy = known.remedy
    return remedy.help not in {Help.ROADSIDE, Help.TOW} or remedy.skill in skills or TOW in skills


def hand_on(world: World, truck: Truck, case: str, fault: Fault) -> Life:
    """Look at it, tell what it is, and leave it to a truck that can mend it."""
    yield world.env.timeout(LOOKS_S)
    fault.arrivals = [one for one in fault.arrivals if one[1] != truck.name]
    ref = f"crew-{fault.fault}-{truck.name.rpartition('/')[2]}"
    yield world.doors.reported(Report(ref, "crew", fault.device, fault.part, world.now, case=case))
    truck.decline(world.now)
