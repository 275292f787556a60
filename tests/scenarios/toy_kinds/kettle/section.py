"""What a story says of its kettles."""

from __future__ import annotations

from dispatch.policy_model.units import Duration
from scenarios.story.kind import Section


class Kettles(Section):
    """Kettles at home."""

    KEY = "kettles"
    status_every: Duration = 600.0
    tea: str = "green 100 g"

    @property
    def goods(self) -> tuple[str, ...]:
        """Return what runs out."""
        return (self.tea,)
