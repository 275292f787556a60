"""What a story and the world know of homes."""

from __future__ import annotations

from scenarios.kinds.home.parts import HOME_PARTS
from scenarios.kinds.home.section import SmartHomes
from scenarios.story.distributions import lognormal
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="home",
    parts=HOME_PARTS,
    homes=Homes(section=SmartHomes, letter="h", telephone=2, owns={"home": "varma/home"}),
    phones_in=lognormal(90 * 60, 0.8),
    stands_at_home=True,
    echo_s=2 * 3600.0,
)
