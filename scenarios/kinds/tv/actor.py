"""Television sets at home: sound ones tell how they do, failing ones what they complain about."""

from __future__ import annotations

from firmware_sim.kinds.tv.body import MAKING
from firmware_sim.kinds.tv.device import Television
from scenarios.kinds.tv.parts import BY_VOICE
from scenarios.kinds.tv.section import Televisions
from scenarios.world.units import UnitActor
from scenarios.world.world import World


class _Televisions(UnitActor):
    """Each before its unit."""

    def every_s(self, world: World) -> float:
        """Return how often one tells how it does, seconds."""
        return world.story.section(Televisions).status_every


ACTOR = _Televisions("tv", MAKING, Television, BY_VOICE)
