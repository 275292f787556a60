"""What a story and the world know of washing machines."""

from __future__ import annotations

from scenarios.kinds.washer.parts import WASHER_PARTS
from scenarios.kinds.washer.section import WashingMachines
from scenarios.story.distributions import lognormal
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="washer",
    parts=WASHER_PARTS,
    homes=Homes(section=WashingMachines, letter="w", telephone=5, owns={"washer": "laveta/washer"}),
    phones_in=lognormal(90 * 60, 0.8),
    stands_at_home=True,
    echo_s=2 * 3600.0,  # until it has washed once more
)
