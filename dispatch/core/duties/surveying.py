"""Whoever was spoken with is asked how it was, within two minutes and not often; who gives little is spoken with again. Pure.

In quiet hours nobody is asked, nor the morning after: who is asked hours later speaks of something else. A complaint that an agent
noted keeps nobody from being asked, or a bad score could be noted away; distress and grief do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.core.actions import Action, SendMessage
from dispatch.core.calls import UNHEARD, Calls
from dispatch.core.case import Case
from dispatch.core.conversation.channels import Channel
from dispatch.core.conversation.choice import in_order
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.events import CallEnded, CallEvent, Outcome
from dispatch.core.messages import Messages, left_in_peace
from dispatch.core.policy import Policy
from dispatch.core.surveys.actions import AskSurvey, LeaveUnasked, LeftOut
from dispatch.core.surveys.asked import EVERY_S, Acceptance, AskedSurvey, Surveys
from dispatch.core.surveys.events import SurveyEvent
from dispatch.core.surveys.model import ANSWERED_ON, Talked
from dispatch.core.timers import Alarm
from dispatch.core.transitions import CallState, HelpState
from dispatch.words import say

WITHIN_S = 120.0
"""What no door has taken by then is not asked any more."""
_SPARED = {"distress", "bereavement"}
_HELP_TO_COME = {HelpState.ASKING, HelpState.WAITING, HelpState.OFFERED}


@dataclass(frozen=True, slots=True)
class Surveying:
    """Surveys, and what becomes of them. ``ended`` is for whoever ends a conversation, a robot as well."""

    policy: Policy
    cases: OpenCases
    calls: Calls
    messages: Messages
    known: Surveys

    def talk_of(self, event: CallEvent) -> Talked | None:
        """Return the conversation that an event ends; ``None``: none in which they spoke. To be asked before the call is over."""
        if not self.policy.surveys or not isinstance(event, CallEnded) or event.survey is None:
            return None
        call = self.calls.calls.get(event.call)
        spoke = event.outcome not in UNHEARD and event.outcome is not Outcome.NOT_TAKEN
        if call is None or not spoke or call.state is not CallState.CONNECTED or event.attempt != call.attempt:
            return None
        if event.agent not in {None, call.agent}:
            return None
        case = self.cases.of_call(call)
        concern = call.concern or (case.concern if case is not None else "")
        about = case.case if case is not None else None
        return Talked(
            *(call.call, call.attempt, call.customer, call.agent or "", call.channel, about, concern, call.provenance),
            reached=event.survey,
        )

    def ended(self, talked: Talked | None, now: float) -> Iterator[Action]:
        """Ask how it was, or say why not. To be called once what was said is done."""
        if talked is None:
            return
        why, channel = self._left_out(talked, now), self._channel(talked)
        if why is not None or channel is None:
            yield _left(talked, why or "no_channel")
            return
        talk, language = self.messages.talks.of(talked.customer), talked.reached.language
        message = SendMessage(
            *(
                talked.customer,
                talk.messages + 1,
                channel,
                talked.case,
                "survey",
                say("survey_ask", language),
                language,
            ),
            until=now + WITHIN_S,
            provenance=talked.provenance,
        )
        asked = _ask(talked, channel, message.key)
        self.known.decided(asked, now)
        yield asked
        self.messages.talks.numbered(message)
        yield message

    def on(self, event: SurveyEvent, now: float) -> Iterator[Action]:
        """Take what a customer gives. Little is a reason to speak with them again."""
        counted = self.known.taken(event, now) is Acceptance.COUNTED
        self.known.happened(event, now)
        asked = self.known.of_customer.get(event.customer)
        if not counted or asked is None or not asked.is_low or self.calls.on_the_line(event.customer) is not None:
            return  # whoever speaks with them just now sees it
        yield from self.calls.rated_low(asked, now)
        if asked.may_call:
            yield self._sorry(asked, now)

    def ring(self, alarm: Alarm) -> Iterator[Action]:
        """Whoever gave little should have been spoken with by now."""
        yield from self.calls.urge(alarm.case, alarm.due)

    def _sorry(self, asked: AskedSurvey, now: float) -> Action:
        """Tell them that they are rung."""
        return self.messages.reply(
            self.messages.talks.of(asked.customer),
            asked.channel,
            say("survey_sorry", asked.language),
            now,
            language=asked.language,
            provenance=asked.provenance,
        )

    def _left_out(self, talked: Talked, now: float) -> LeftOut | None:
        """Return why somebody is not asked; ``None``: they are, where there is a channel."""
        customer, before = talked.customer, self.known.of_customer.get(talked.customer)
        if not talked.reached.may_message:
            return "withdrawn"
        if talked.concern in _SPARED:
            return "concern"
        if before is not None and now - before.asked_at < EVERY_S:
            return "too_often"
        preference = self.messages.talks.preference_of(customer)
        if left_in_peace(preference, self.policy, now, talked.reached.time_zone) > now:
            return "quiet_hours"
        if self.calls.on_the_line(customer) is not None or self.calls.contact_of(customer) is not None:
            return "speaking"
        return "no_help_yet" if any(map(_waits_for_help, self.cases.of_customer(customer))) else None

    def _channel(self, talked: Talked) -> Channel | None:
        """Return where they are asked: by SMS, or else as they are written to; where they can write back."""
        talk = self.messages.talks.of(talked.customer)
        reach = [one for one in talked.reached.reach if one in ANSWERED_ON]
        order = in_order(self.messages.talks.reading, talk, reach, urgent=False)
        return Channel.SMS if Channel.SMS in order else next(iter(order), None)


def _waits_for_help(case: Case) -> bool:
    """Is what is broken not settled: is somebody asked, looked for, or not heard of yet?"""
    ordered = case.order is not None and not case.order.settled
    return case.needs_answer or case.help in _HELP_TO_COME or ordered


def _left(talked: Talked, why: LeftOut) -> LeaveUnasked:
    return LeaveUnasked(talked.call, talked.attempt, talked.customer, talked.agent, why, talked.case, talked.provenance)


def _ask(talked: Talked, channel: Channel, message: str) -> AskSurvey:
    reached = talked.reached
    return AskSurvey(
        *(talked.call, talked.attempt, talked.customer, talked.agent, talked.channel, channel, message),
        language=reached.language,
        case=talked.case,
        provenance=talked.provenance,
        may_call=reached.may_call,
        time_zone=reached.time_zone,
    )
