"""What a story and the world know of kettles."""

from __future__ import annotations

from scenarios.kinds.kettle.parts import KETTLE_PARTS
from scenarios.kinds.kettle.section import Kettles

from scenarios.story.distributions import always
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="kettle",
    parts=KETTLE_PARTS,
    homes=Homes(section=Kettles, letter="t", telephone=9, owns={"kettle": "teapots/kettle"}),
    phones_in=always(1800),
    stands_at_home=True,
)
