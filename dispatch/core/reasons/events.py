"""An agent says why somebody turned to us. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.acts import Actor
from dispatch.core.ids import EventKind, event_key
from dispatch.core.reasons.model import Reason


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """What a call was about, as the agent heard it: what was expected is confirmed by it, or corrected. The last word holds."""

    ref: str
    """Drawn by whoever says it, unique for each time."""
    call: str
    reason: Reason
    agent: str
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.REASON, self.ref)
