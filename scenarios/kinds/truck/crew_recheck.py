"""A crew that looks at the car and finds that it cannot help: it tells what is broken or what it takes, and another truck comes."""

from __future__ import annotations

from collections.abc import Collection

from firmware_sim.kinds.truck.device import Truck
from gateway.diagnosis.catalogue import catalogue
from gateway.finding import NOTHING, Help, Load, Remedy
from gateway.kinds.registry import knowledges
from gateway.kinds.truck.messages import TruckLoad
from scenarios.story.registry import PARTS
from scenarios.story.trucks import Trucks
from scenarios.world.actor import actor_of
from scenarios.world.doors import Report
from scenarios.world.ground_truth import Fault
from scenarios.world.world import Life, World

LOOKS_S = 10 * 60.0
"""Until a crew knows that it cannot mend it, or cannot take it along [fit]."""
TOW = "tow"
"""Whoever can tow, helps whatever is broken."""


def can_mend(skills: Collection[str], fault: Fault) -> bool:
    """Tell whether a crew with these skills can help. What needs no truck at all keeps none."""
    remedy = _remedy(fault)
    return remedy is None or remedy.help not in {Help.ROADSIDE, Help.TOW} or remedy.skill in skills or TOW in skills


def too_much(world: World, kind: Trucks, fault: Fault) -> Load:
    """Return what it takes to take it along, where a truck of a kind cannot; else nothing."""
    remedy = _remedy(fault)
    rolls = remedy is None or remedy.tow_type != "flatbed"
    load = actor_of(PARTS[fault.part].kind).load(world, fault.device) | Load(() if rolls else ("all_wheels_up",))
    return NOTHING if kind.carries is None or kind.carries.registered.takes(load) else load


def _remedy(fault: Fault) -> Remedy | None:
    """Return what puts it right; ``None``: the catalogue does not know it."""
    known = catalogue(knowledges()[PARTS[fault.part].catalogue]).parts.get(fault.part)
    return None if known is None else known.remedy


def hand_on(world: World, truck: Truck, case: str, fault: Fault) -> Life:
    """Look at it, tell what it is, and leave it to a truck that can mend it."""
    yield world.env.timeout(LOOKS_S)
    _came_in_vain(truck, fault)
    ref = f"crew-{fault.fault}-{truck.name.rpartition('/')[2]}"
    yield world.doors.reported(Report(ref, "crew", fault.device, fault.part, world.now, case=case))
    truck.decline(world.now)


def leave(world: World, truck: Truck, fault: Fault, load: Load) -> Life:
    """Look at it, tell what it takes, and leave it to a truck that can take it along."""
    yield world.env.timeout(LOOKS_S)
    _came_in_vain(truck, fault)
    truck.decline(world.now, TruckLoad(needs=load.needs, mass_kg=load.mass_kg or None))


def _came_in_vain(truck: Truck, fault: Fault) -> None:
    fault.arrivals = [one for one in fault.arrivals if one[1] != truck.name]
