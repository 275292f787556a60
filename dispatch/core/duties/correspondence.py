"""Customers write, answer and say what they prefer; agents write back; doors say what became of messages. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core import written
from dispatch.core.actions import Action
from dispatch.core.calls import Calls
from dispatch.core.case import Case
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import (
    AgentWrote,
    ConversationEvent,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
    VoicePlayed,
)
from dispatch.core.conversation.talk import Sent, Talks
from dispatch.core.duties.conversations import Conversations, SaidByCustomer
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.duties.robot_answers import RobotAnswers
from dispatch.core.messages import Messages
from dispatch.core.purse.purse import Purse
from dispatch.core.timers import Alarm
from dispatch.core.transitions import CallState
from gateway.finding import Provenance

_ACKNOWLEDGED = {Channel.SMS, Channel.SOCIAL, Channel.EMAIL}
"""Where a customer sees what comes of an answer only if it is written back: page and app show it by themselves."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What is written, both ways."""

    cases: OpenCases
    calls: Calls
    talks: Talks
    messages: Messages
    conversations: Conversations
    purse: Purse

    @property
    def robots(self) -> RobotAnswers:
        """Who answers what is simple, where the house has robots."""
        return RobotAnswers(self.conversations, self.purse)

    def on(self, event: ConversationEvent, now: float) -> Iterator[Action]:
        """See to what was written or said of messages."""
        match event:
            case CustomerWrote():
                yield from self._wrote(event, now)
            case CustomerAnswered():
                yield from self._answered(event, now)
            case AgentWrote():
                self.robots.agent_wrote(event, now)
                yield self._agent_wrote(event, now)
            case MessageReported():
                yield from self._reported(event, now)
            case PreferenceChanged():
                self._prefers(event)
            case StrangerIdentified():
                yield from self._identified(event, now)
            case VoicePlayed():
                return  # it is written down, and decides nothing
            case _:
                assert_never(event)

    def ring(self, alarm: Alarm) -> Iterator[Action]:
        """A message should have been read by now: it is said on the next channel, unless they know by now."""
        talk = self.talks.holding(alarm.case)
        if talk is not None:
            yield from self._fall_back(talk.waiting[alarm.case], alarm.due)

    def _fall_back(self, sent: Sent, now: float) -> Iterator[Action]:
        """Say on the next channel what is true by now, unless they know, or it is over."""
        case = self.cases.by_name.get(sent.case or "")
        if case is None or self.conversations.informing.are_speaking(case) or (sent.beside_call and case.informed):
            return
        yield from self.conversations.informing.say_again(case, sent, now)

    def _wrote(self, event: CustomerWrote, now: float) -> Iterator[Action]:
        """Whoever writes wants an answer: a robot or an agent takes it, unless one has this customer already or is about to."""
        self.talks.read_on(event.customer, event.channel, now)
        if self.calls.contact_of(event.customer) is None:
            case = self.cases.by_name.get(event.case) or self.cases.to_talk_about(event.customer)
            yield from self.robots.wrote(event, case, now)

    def _answered(self, event: CustomerAnswered, now: float) -> Iterator[Action]:
        self.talks.answered(event, now)
        case = self.cases.by_name.get(event.case)
        if case is not None and case.finding.customer == event.customer:
            yield from self._about(case, event, now)
        elif event.answer in _TO_AN_AGENT and self.calls.contact_of(event.customer) is None:
            yield from self.robots.wants_person(_as_written(event, self.talks), now)

    def _about(self, case: Case, event: CustomerAnswered, now: float) -> Iterator[Action]:
        match event.answer:
            case Answer.UNDERSTOOD:
                return
            case Answer.CALL_ME:
                if not self._is_being_rung(case):
                    yield from self.calls.hasten(case, now, "asked_for")
            case Answer.NEEDS_NO_CALL | Answer.HAS_STOPPED | Answer.WANTS_HELP | Answer.WANTS_NO_HELP | Answer.PLACE:
                if written.settles(case, event.answer, event.place):
                    yield from self._settled(case, event, now)
            case _:
                assert_never(event.answer)
        yield from self._acknowledge(case, event, now)

    def _settled(self, case: Case, event: CustomerAnswered, now: float) -> Iterator[Action]:
        """They know, and have said what was asked."""
        case.in_writing = True
        case.has_stopped = case.has_stopped or event.answer is Answer.HAS_STOPPED
        refused = event.answer is Answer.WANTS_NO_HELP
        said = SaidByCustomer(event.place, event.near, WANTS.get(event.answer), refused=refused)
        yield from self.conversations.answered(case, said, now)

    def _is_being_rung(self, case: Case) -> bool:
        """Does the customer hold the line, or is it ringing at theirs, or do they speak?"""
        ours = case.call is not None and case.call.state in {CallState.ASSIGNED, CallState.CONNECTED}
        return ours or self.calls.on_the_line(case.finding.customer) is not None

    def _acknowledge(self, case: Case, event: CustomerAnswered, now: float) -> Iterator[Action]:
        """Write back what an answer came to, where they do not see it, and what is still to be answered."""
        if event.channel not in _ACKNOWLEDGED or not case.may_message:
            return
        text = written.acknowledged(case, event.answer, now, behind=self._is_behind(case.finding.provenance, now))
        yield self.messages.reply(
            self.talks.of(event.customer),
            event.channel,
            text,
            now,
            language=case.language,
            provenance=event.provenance,
            case=case.case,
            answers=written.offered(case) if case.needs_answer and not case.closed else (),
        )

    def _is_behind(self, provenance: Provenance, now: float) -> bool:
        return self.calls.overdue(provenance, now)

    def _agent_wrote(self, event: AgentWrote, now: float) -> Action:
        talk = self.talks.of(event.customer)
        case = self.cases.by_name.get(event.case) or self.cases.to_talk_about(event.customer)
        language = talk.preference.language or (case.language if case is not None else "en")
        return self.messages.reply(
            talk,
            event.channel,
            event.text,
            now,
            language=language,
            provenance=event.provenance,
            case=case.case if case is not None else None,
            agent=event.agent,
        )

    def _reported(self, event: MessageReported, now: float) -> Iterator[Action]:
        talk = self.talks.holding(event.message)
        if talk is None:
            return
        sent = talk.waiting[event.message]
        self.talks.reported(event, now)
        if event.status in {"failed", "refused"}:
            yield from self._fall_back(sent, now)

    def _prefers(self, event: PreferenceChanged) -> None:
        """It holds at once, for what is open, too."""
        talk = self.talks.of(event.customer)
        talk.preference = event.preference
        for case in self.cases.of_customer(event.customer):
            case.language = event.preference.language or case.language

    def _identified(self, event: StrangerIdentified, now: float) -> Iterator[Action]:
        """What a stranger wrote, or told of, is a customer's: it goes on in their conversation, about what is open of theirs."""
        self.cases.hand_over(event.stranger, event.customer, event.language, may_call=event.may_call)
        self.talks.hand_over(event.stranger, event.customer)
        case = self.cases.to_talk_about(event.customer)
        rang = [call for call in self.calls.turned_to_us(event.stranger) if call.is_spoken]
        yield from self.calls.hand_over(event.stranger, event.customer, event.language, case)
        for call in rang:
            yield from self.conversations.found_out(call)
        kept = self.calls.contact_of(event.customer)
        if kept is not None:  # one conversation, and one agent who has it
            yield from self.calls.join(event.customer, kept)
        yield from self.calls.assign_any(now)


def _as_written(event: CustomerAnswered, talks: Talks) -> CustomerWrote:
    """Return an answer about what is over as what it is: somebody who wants an agent."""
    language = talks.preference_of(event.customer).language
    return CustomerWrote(event.ref, event.customer, event.channel, event.answer, language, event.provenance)


_TO_AN_AGENT = {Answer.CALL_ME, Answer.WANTS_HELP}
"""Who answers that and has no case open waits for an agent."""
WANTS = {Answer.WANTS_HELP: True, Answer.WANTS_NO_HELP: False}
"""What an answer says of whether somebody shall come."""
