"""Homes with their heating, water and meter: sound ones tell how they do, others what they complain about."""

from __future__ import annotations

from firmware_sim.kinds.home.body import MAKING
from firmware_sim.kinds.home.device import HomeController
from scenarios.kinds.home.parts import BY_VOICE
from scenarios.kinds.home.section import SmartHomes
from scenarios.world.units import UnitActor
from scenarios.world.world import World


class _SmartHomes(UnitActor):
    """Each before its unit."""

    def every_s(self, world: World) -> float:
        """Return how often one tells how it does, seconds."""
        return world.story.section(SmartHomes).status_every


ACTOR = _SmartHomes("home", MAKING, HomeController, BY_VOICE)
