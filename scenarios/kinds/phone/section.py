"""What a story says of its phones."""

from __future__ import annotations

from scenarios.story.kind import Section
from scenarios.story.units import Duration


class Phones(Section):
    """The owners' phones; ``count`` of them belong to people with neither car nor fridge here."""

    KEY = "phones"
    status_every: Duration = 3600.0
