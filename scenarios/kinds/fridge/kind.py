"""What a story and the world know of fridges."""

from __future__ import annotations

from scenarios.kinds.fridge.parts import FRIDGE_PARTS
from scenarios.kinds.fridge.section import Fridges
from scenarios.story.distributions import lognormal
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="fridge",
    parts=FRIDGE_PARTS,
    homes=Homes(section=Fridges, letter="k", telephone=4, owns={"fridge": "frosta/fridge"}),
    phones_in=lognormal(4 * 3600, 0.8),
    stands_at_home=True,
    echo_s=3600.0,  # what it tells is of the hour before
)
