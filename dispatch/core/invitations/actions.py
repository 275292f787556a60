"""What is decided about people who struggle with an app. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dispatch.core.ids import ActionKind, action_key
from dispatch.core.invitations.events import Reply
from gateway.finding import Provenance

REPLIES: tuple[Reply, ...] = ("talk", "chat", "later", "no")
"""What may be answered to an invitation."""
LeftAlone = Literal[
    "fraud", "switched_off", "too_late", "speaking", "preference", "quiet_hours", "cap", "declined_before"
]
"""``switched_off``: the house invites nobody; ``speaking``: somebody speaks or writes with them already; ``preference``: they do
not want to be written to in the app; ``cap``: they were invited often enough; ``declined_before``: they said no a while ago."""


@dataclass(frozen=True, slots=True)
class InviteCustomer:
    """Show somebody in the app that we see them struggle, and ask whether they want to talk, to chat, later or not at all."""

    invitation: str
    customer: str
    device: str
    flow: str
    text: str
    """In their language."""
    language: str
    replies: tuple[Reply, ...]
    until: float
    """It is shown no longer, POSIX seconds."""
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.invitation, ActionKind.INVITE)


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """Somebody struggles, and is not invited."""

    invitation: str
    """That they would have had."""
    customer: str
    device: str
    why: LeftAlone
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.invitation, ActionKind.LEAVE_ALONE)


@dataclass(frozen=True, slots=True)
class ExplainStruggle:
    """Tell somebody what went wrong and how it goes the next time, once they were spoken with or want to read it."""

    invitation: str
    customer: str
    device: str
    reason: str
    text: str
    """In their language."""
    language: str
    provenance: Provenance
    case: None = None

    @property
    def key(self) -> str:  # noqa: D102
        return action_key(self.invitation, ActionKind.EXPLAIN)


InvitationAction = InviteCustomer | LeaveAlone | ExplainStruggle
