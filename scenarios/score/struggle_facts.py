"""What a ledger tells of people who struggle with an app: who was seen, invited, and spoken with, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import QueueCall
from dispatch.core.ids import is_invited, struggle_of
from dispatch.core.invitations.actions import ExplainStruggle, InvitationAction, InviteCustomer, LeaveAlone
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent, StruggleEnded, StruggleSeen
from gateway.finding import Struggle


@dataclass(slots=True)
class SeenStruggle:
    """One of them. Times in POSIX seconds, by our clock, ``None``: it has not happened."""

    struggle: Struggle
    seen_at: float
    due_at: float
    """When it was a good moment to invite them."""
    invited_at: float | None = None
    left_alone: str = ""
    reply: str = ""
    replied_at: float | None = None
    queued: str = ""
    """The call or the contact that came of it."""
    connected_at: float | None = None
    explained: bool = False
    over: str = ""


@dataclass(slots=True)
class StruggleFacts:
    """All of them, by episode."""

    seen: dict[str, SeenStruggle] = field(default_factory=dict)
    _of_call: dict[str, SeenStruggle] = field(default_factory=dict)

    def happened(self, event: InvitationEvent, at: float) -> None:
        """Take what was heard."""
        match event:
            case StruggleSeen():
                known = self.seen.get(event.struggle.episode)
                if known is not None:
                    known.struggle = event.struggle
                else:
                    self.seen[event.struggle.episode] = SeenStruggle(event.struggle, at, at)
            case StruggleEnded():
                if (one := self.seen.get(event.over.episode)) is not None:
                    one.over = event.over.how
            case InvitationAnswered():
                one = self.seen.get(struggle_of(event.invitation))
                if one is not None and one.reply not in {"talk", "chat"}:
                    one.reply, one.replied_at = event.reply, at
            case _:
                assert_never(event)

    def decided(self, action: InvitationAction, at: float) -> None:
        """Take what was decided."""
        one = self.seen.get(struggle_of(action.invitation))
        if one is None:
            return
        match action:
            case InviteCustomer():
                one.invited_at = at
            case LeaveAlone():
                one.left_alone = action.why
            case ExplainStruggle():
                one.explained = True
            case _:
                assert_never(action)

    def queued(self, action: QueueCall) -> None:
        """A call, or a contact, is queued."""
        if is_invited(action.call) and action.call not in self._of_call:
            mine = [one for one in self.seen.values() if one.struggle.customer == action.customer and one.reply]
            for one in mine[-1:]:
                one.queued = action.call
                self._of_call[action.call] = one

    def connected(self, call: str, at: float) -> None:
        """Somebody speaks or writes with them."""
        one = self._of_call.get(call)
        if one is not None and one.connected_at is None:
            one.connected_at = at
