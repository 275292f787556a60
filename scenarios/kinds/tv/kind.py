"""What a story and the world know of television sets."""

from __future__ import annotations

from scenarios.kinds.tv.parts import TV_PARTS
from scenarios.kinds.tv.section import Televisions
from scenarios.story.distributions import lognormal
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="tv",
    parts=TV_PARTS,
    homes=Homes(section=Televisions, letter="v", telephone=3, owns={"tv": "visora/tv"}),
    phones_in=lognormal(2 * 3600.0, 0.8),
    stands_at_home=True,
    echo_s=2 * 3600.0,
)
