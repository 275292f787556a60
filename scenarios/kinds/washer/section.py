"""What a story says of its washing machines."""

from __future__ import annotations

from dispatch.policy_model.units import Duration
from scenarios.story.kind import Section


class WashingMachines(Section):
    """Washing machines at home. Each tells every phase of a programme, and now and then that it is there."""

    KEY = "washing_machines"
    status_every: Duration = 4 * 3600.0
    """While it stands."""
