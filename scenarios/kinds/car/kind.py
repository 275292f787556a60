"""What a story and the world know of cars."""

from __future__ import annotations

from scenarios.kinds.car.parts import CAR_PARTS
from scenarios.kinds.car.section import Cars
from scenarios.story.distributions import lognormal
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="car",
    parts=CAR_PARTS,
    homes=Homes(section=Cars, letter="c", telephone=0, owns={"phone": "pingo/phone", "car": "volta/car"}),
    phones_in=lognormal(5 * 60, 0.8),
    is_sought=True,
    paired_with="phone",
)
