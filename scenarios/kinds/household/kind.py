"""What a story and the world know of households."""

from __future__ import annotations

from scenarios.kinds.household.section import Households
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="household",
    homes=Homes(
        section=Households,
        letter="o",
        telephone=6,
        owns={
            "phone": "pingo/handset",
            "car": "volta/family",
            "fridge": "frosta/larder",
            "tv": "visora/screen",
            "home": "varma/house",
        },
    ),
    gathers=True,
)
