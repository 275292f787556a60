"""What a story and the world know of phones, which their owners carry and pay with."""

from __future__ import annotations

from scenarios.kinds.phone.parts import PAYMENT_PARTS, PHONE_PARTS
from scenarios.kinds.phone.section import Phones
from scenarios.story.distributions import lognormal
from scenarios.story.kind import Homes, WorldKind

KIND = WorldKind(
    name="phone",
    parts={**PAYMENT_PARTS, **PHONE_PARTS},
    homes=Homes(section=Phones, letter="p", telephone=7, owns={"phone": "pingo/mobile"}),
    phones_in=lognormal(10 * 60, 0.8),
    pays=True,
    sleeps=False,  # an outage is told from what all others pay
)
