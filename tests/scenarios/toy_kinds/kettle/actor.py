"""Kettles: they tell where they are in their day, and stay cold once they broke."""

from __future__ import annotations

from typing import cast

from scenarios.kinds.kettle.section import Kettles

from firmware_sim.kinds.phone.device import Phone
from scenarios.world.actor import Actor, Fleet
from scenarios.world.ground_truth import Fault
from scenarios.world.plan import Home
from scenarios.world.world import Life, World


class Kettle(Phone):
    """It says no more than that it is there."""


class _Kettles(Actor):
    def build(self, name: str) -> Kettle:
        return Kettle(name)

    def start(self, world: World, fleet: Fleet, home: Home, fault: Fault | None) -> None:
        kettle = cast("Kettle", fleet[home.devices["kettle"]])
        world.env.process(_tell(world, kettle))
        if fault is not None:
            world.env.process(_fail(world, fault))


def _tell(world: World, kettle: Kettle) -> Life:
    while True:
        yield world.env.timeout(world.story.section(Kettles).status_every)
        kettle.status(world.now)


def _fail(world: World, fault: Fault) -> Life:
    yield world.until(fault.at)
    world.breaks(fault).notice(world.now)


ACTOR = _Kettles()
