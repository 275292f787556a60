"""Who struggles with an app, was invited, and what they said. Pure."""

from __future__ import annotations

from dispatch.core.invitations.events import InvitationEvent, StruggleSeen
from dispatch.core.timers import About
from dispatch.ledger.folding.folded import Folded
from dispatch.ledger.folding.unsaid import is_held


def happened(folded: Folded, event: InvitationEvent) -> None:
    """Fold who struggles; who is not invited at once may be later, and no row says so."""
    folded.strugglers.happened(event, folded.at)
    if isinstance(event, StruggleSeen) and is_held(folded, event.struggle.episode):
        due = folded.strugglers.of_episode[event.struggle.episode].good_moment(folded.at)
        if due > folded.at:
            folded.remind(due - folded.at, About.INVITATION, event.struggle.episode, 0)
