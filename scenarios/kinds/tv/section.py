"""What a story says of its television sets."""

from __future__ import annotations

from dispatch.policy_model.units import Duration
from scenarios.story.kind import Section


class Televisions(Section):
    """Television sets at home. Each tells how it does, and at once what it complains about."""

    KEY = "televisions"
    status_every: Duration = 2 * 3600.0
