"""What a story says of its homes."""

from __future__ import annotations

from dispatch.policy_model.units import Duration
from scenarios.story.kind import Section


class SmartHomes(Section):
    """Homes whose heating, water and meter are told of. Each tells how it does, and at once what it complains about."""

    KEY = "smart_homes"
    status_every: Duration = 3600.0
