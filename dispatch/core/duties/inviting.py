"""Who struggles with an app is invited to talk, at a good moment and not too often, and told what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core.actions import Action
from dispatch.core.calls import UNHEARD, Calls
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.talk import Talks
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.events import CallEnded, CallEvent, Outcome
from dispatch.core.invitations.actions import REPLIES, ExplainStruggle, InviteCustomer, LeaveAlone, LeftAlone
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent, StruggleEnded, StruggleSeen
from dispatch.core.invitations.struggling import DAY_S, InvitationStage, Lately, Strugglers, Struggling
from dispatch.core.messages import left_in_peace
from dispatch.core.policy import Policy
from dispatch.core.skills import NEEDED
from dispatch.core.timers import About, Alarm, Alarms
from dispatch.core.transitions import CallState
from dispatch.words import say
from gateway.finding import Domain

SHOWN_FOR_S = 5 * 60.0
"""An invitation is shown for so long [fit]."""
TOO_LATE_S = 60.0
"""What an app tells so late is over: it was without coverage, or its clock is wrong [fit]."""
AFTER_NO_S = 7 * DAY_S
"""Who said no is left alone for so long [fit]."""
SKILL = NEEDED[Domain.PAYMENT]
"""What an agent must be good at, beside the language, who talks about a bank's app."""


@dataclass(frozen=True, slots=True)
class Inviting:
    """Invitations, and what becomes of them."""

    policy: Policy
    alarms: Alarms
    cases: OpenCases
    calls: Calls
    talks: Talks
    known: Strugglers

    def on(self, event: InvitationEvent, now: float) -> Iterator[Action]:
        """See to who struggles."""
        if isinstance(event, InvitationAnswered):
            yield from self._answered(event, now)
            return
        self.known.happened(event, now)
        match event:
            case StruggleSeen():
                yield from self._look(self.known.of_episode[event.struggle.episode], now)
            case StruggleEnded():
                pass  # whoever is to be invited later is looked at then
            case _:
                assert_never(event)

    def ring(self, alarm: Alarm) -> Iterator[Action]:
        """It was no moment to invite somebody: it is one now, where they still struggle."""
        one = self.known.of_episode.get(alarm.case)
        if one is not None and one.stage is InvitationStage.HELD and not one.over:
            yield from self._invite_unless(one, alarm.due)

    def told_by(self, event: CallEvent, now: float) -> Iterator[Action]:
        """Tell who was spoken or written with, as they wanted, what went wrong. To be asked before the call is over."""
        call = self.calls.calls.get(event.call) if isinstance(event, CallEnded) else None
        if call is None or not isinstance(event, CallEnded) or call.state is not CallState.CONNECTED:
            return
        meant = event.attempt == call.attempt and event.agent in {None, call.agent}
        if meant and event.outcome not in UNHEARD and event.outcome is not Outcome.NOT_TAKEN:
            for one in self.known.of_customer(call.customer):
                yield from self._explain(one, now) if one.stage is InvitationStage.WANTED else ()

    # --- is somebody invited -----------------------------------------------------------------------------------------

    def _look(self, one: Struggling, now: float) -> Iterator[Action]:
        """Invite them now, or look again once it is a better moment; what was decided before stands."""
        if one.stage is not InvitationStage.HELD:
            return
        due = one.good_moment(now)
        if due > now:
            self.alarms.set(due, About.INVITATION, one.struggle.episode, 0)
        else:
            yield from self._invite_unless(one, now)

    def _invite_unless(self, one: Struggling, now: float) -> Iterator[Action]:
        why = self._left_alone(one, now)
        action = self._invitation(one, now) if why is None else _left(one, why)
        self.known.decided(action, now)
        yield action

    def _left_alone(self, one: Struggling, now: float) -> LeftAlone | None:  # noqa: PLR0911 - each reason on a line
        """Return why somebody is not invited; ``None``: they are."""
        customer, lately = one.struggle.customer, self.known.lately.get(one.struggle.customer, Lately())
        if self.known.shows_fraud(customer):
            return "fraud"
        if not self.policy.invites:
            return "switched_off"
        if one.since - one.struggle.at > TOO_LATE_S:
            return "too_late"
        if self.calls.on_the_line(customer) is not None or self.calls.contact_of(customer) is not None:
            return "speaking"
        if lately.said_no_at is not None and now - lately.said_no_at < AFTER_NO_S:
            return "declined_before"
        if sum(now - at < DAY_S for at in lately.at) >= self.policy.invitations_a_day:
            return "cap"
        return self._wants_peace(one, now)

    def _wants_peace(self, one: Struggling, now: float) -> LeftAlone | None:
        preference = self.talks.preference_of(one.struggle.customer)
        if not one.may_message or Channel.APP in preference.avoid:
            return "preference"
        return "quiet_hours" if left_in_peace(preference, self.policy, now, one.time_zone) > now else None

    @staticmethod
    def _invitation(one: Struggling, now: float) -> InviteCustomer:
        struggle, language = one.struggle, one.language
        text = say("app_invitation", language, flow=say(f"app_flow_{struggle.flow}", language))
        return InviteCustomer(
            one.invitation,
            struggle.customer,
            struggle.device,
            struggle.flow,
            text,
            language,
            REPLIES,
            now + SHOWN_FOR_S,
            struggle.provenance,
        )

    # --- what becomes of it ------------------------------------------------------------------------------------------

    def _answered(self, event: InvitationAnswered, now: float) -> Iterator[Action]:
        """Do what they want. An answer to another's invitation, or to none, is nobody's; who wants to talk says so once."""
        one = self.known.invited(event.invitation, event.customer)
        wanted = one is not None and one.stage is InvitationStage.WANTED
        self.known.happened(event, now)
        if one is None or wanted:
            return
        match event.reply:
            case "talk":
                yield from self._ring_or_write(one, now)
            case "chat":
                yield from self._write(one, now)
            case "later":
                yield from self._explain(one, now)
            case "no":
                pass
            case _:
                assert_never(event.reply)

    def _ring_or_write(self, one: Struggling, now: float) -> Iterator[Action]:
        """Ring them at once, about what is open of theirs in payments as well; nobody is rung at a number that is not theirs."""
        customer = one.struggle.customer
        if self.calls.on_the_line(customer) is not None:
            return  # whoever speaks with them sees it
        case = self.cases.to_talk_about(customer)
        if one.wrong_number:
            yield from self._write(one, now)
        elif case is not None and case.finding.domain is Domain.PAYMENT and not case.no_call_to_come:
            yield from self.calls.hasten(case, now, "asked_for")
        else:
            yield from self.calls.accepted(one, SKILL, now)

    def _write(self, one: Struggling, now: float) -> Iterator[Action]:
        """Open the chat: it waits for an agent as who wrote does, unless one has them in hand."""
        if self.calls.contact_of(one.struggle.customer) is None:
            yield from self.calls.accepted(one, SKILL, now, in_writing=True)

    def _explain(self, one: Struggling, now: float) -> Iterator[Action]:
        if one.explained or not one.may_message:
            return
        struggle = one.struggle
        action = ExplainStruggle(
            one.invitation,
            struggle.customer,
            struggle.device,
            struggle.reason,
            say(f"app_{struggle.reason}", one.language),
            one.language,
            struggle.provenance,
        )
        self.known.decided(action, now)
        yield action


def _left(one: Struggling, why: LeftAlone) -> LeaveAlone:
    return LeaveAlone(one.invitation, one.struggle.customer, one.struggle.device, why, one.struggle.provenance)
