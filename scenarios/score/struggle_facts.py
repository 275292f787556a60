"""What a ledger tells of people who struggle with an app: who was seen, invited, and spoken with, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import QueueCall
from dispatch.core.ids import is_invited, struggle_of
from dispatch.core.invitations.actions import ExplainStruggle, InvitationAction, InviteCustomer, LeaveAlone
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent, StruggleEnded, StruggleSeen
from dispatch.core.invitations.struggling import Struggling
from gateway.finding import Struggle
from scenarios.world.app_truth import AppUse


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
                    self.seen[event.struggle.episode] = SeenStruggle(event.struggle, at, _due_at(event, at))
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

    def invitation_delays(self) -> Iterator[float]:
        """Yield the seconds from each deciding step, or the first good moment behind it, to the invitation."""
        for one in self.seen.values():
            if one.invited_at is not None:
                yield max(0.0, one.invited_at - one.due_at)

    def voice_delays(self) -> Iterator[float]:
        """Yield the seconds from each wish to talk to when they speak."""
        for one in self.seen.values():
            if one.reply == "talk" and one.replied_at is not None and one.connected_at is not None:
                yield one.connected_at - one.replied_at


def _due_at(event: StruggleSeen, at: float) -> float:
    """Return when the step was made that decided, by our clock, or the first good moment behind it."""
    made_at = min(at, event.struggle.at)
    return Struggling(event.struggle, event.language, made_at).good_moment(made_at)


@dataclass(slots=True)
class StruggleJudgement:
    """What was seen, against the truth; of those who agreed to be helped. Frauds are for nobody to be invited to."""

    hits: int = 0
    missed: int = 0
    false: int = 0
    gave_up: int = 0
    reasons_right: int = 0
    """Of the hits, those whose reason is the true one."""
    frauds_invited: int = 0


REASONS = {
    "wrong_digit": "account_number",
    "other_name": "payee_name",
    "bank_silent": "payee_bank",
    "known_payee": "payee_exists",
    "not_confirmed": "approval",
    "confirmed_no": "approval",
    "old_code": "code",
    "mistyped_code": "code",
    "wrong_password": "password_forgotten",
    "locked": "access_locked",
    "finger": "biometrics",
    "old_link": "link_expired",
    "weak": "password_rules",
    "prepaid": "card_not_supported",
    "not_activated": "card_not_active",
    "no_screen_lock": "device_not_supported",
    "over_limit": "limit",
    "no_right": "not_permitted",
    "no_answer": "systems",
    "bug": "app_bug",
}
"""What hinders somebody in truth → the reason that the catalogue has for it."""
FRAUDS = frozenset({"fraud", "victim"})


def judged_struggles(uses: Iterable[AppUse], facts: StruggleFacts) -> StruggleJudgement:
    """Hold what was seen against the truth."""
    found = StruggleJudgement()
    for use in uses:
        one = facts.seen.get(use.episode)
        if use.sort in FRAUDS or not use.agrees:
            found.frauds_invited += use.sort in FRAUDS and one is not None and one.invited_at is not None
            continue
        seen = one is not None and not one.struggle.fraud
        found.hits += seen and use.struggles
        found.missed += use.struggles and not seen
        found.false += seen and not use.struggles
        found.gave_up += use.struggles and use.gave_up_at is not None
        right = one is not None and REASONS.get(use.cause) == one.struggle.reason
        found.reasons_right += seen and use.struggles and right
    return found
