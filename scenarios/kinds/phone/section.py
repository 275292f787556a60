"""What a story says of its phones."""

from __future__ import annotations

from dispatch.policy_model.units import Duration
from scenarios.story.kind import Section


class Phones(Section):
    """The owners' phones; ``count`` of them belong to people with neither car nor fridge here."""

    KEY = "phones"
    status_every: Duration = 3600.0
