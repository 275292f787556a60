"""Customers write, answer and say what they prefer; agents write back; doors say what became of messages. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dispatch.core import written
from dispatch.core.actions import Action
from dispatch.core.calls import Calls
from dispatch.core.case import Call, Case
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.core.conversation.events import (
    AgentWrote,
    ConversationEvent,
    CustomerAnswered,
    CustomerWrote,
    MessageReported,
    PreferenceChanged,
    StrangerIdentified,
)
from dispatch.core.conversation.talk import Talks
from dispatch.core.duties.conversations import Conversations, SaidByCustomer
from dispatch.core.duties.open_cases import OpenCases
from dispatch.core.messages import Messages
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

    def on(self, event: ConversationEvent, now: float) -> Iterator[Action]:
        """See to what was written or said of messages."""
        match event:
            case CustomerWrote():
                yield from self._wrote(event, now)
            case CustomerAnswered():
                yield from self._answered(event, now)
            case AgentWrote():
                yield self._agent_wrote(event, now)
            case MessageReported():
                yield from self._reported(event, now)
            case PreferenceChanged():
                self._prefers(event)
            case StrangerIdentified():
                yield from self._identified(event, now)
            case _:
                assert_never(event)

    def ring(self, alarm: Alarm) -> Iterator[Action]:
        """A message should have been read by now: it is said on the next channel, unless they know by now."""
        talk = self.talks.holding(alarm.case)
        sent = talk.waiting[alarm.case] if talk is not None else None
        case = self.cases.by_name.get(sent.case or "") if sent is not None else None
        if sent is None:
            return
        if case is None or _have_spoken(case):
            self.talks.settled(sent.message, read=None)
        else:
            yield from self.conversations.informing.say_again(case, sent, alarm.due)

    def _wrote(self, event: CustomerWrote, now: float) -> Iterator[Action]:
        """Whoever writes wants an answer: an agent takes it, unless one has this customer already or is about to."""
        self.talks.read_on(event.customer, event.channel)
        if self.calls.contact_of(event.customer) is not None:
            return
        case = self.cases.by_name.get(event.case) or self.cases.to_talk_about(event.customer)
        yield from self.calls.wrote(event, case, now)

    def _answered(self, event: CustomerAnswered, now: float) -> Iterator[Action]:
        self.talks.read_on(event.customer, event.channel)
        case = self.cases.by_name.get(event.case)
        if case is not None and case.finding.customer == event.customer:
            yield from self._about(case, event, now)

    def _about(self, case: Case, event: CustomerAnswered, now: float) -> Iterator[Action]:
        match event.answer:
            case Answer.UNDERSTOOD:
                return
            case Answer.CALL_ME:
                if not self.conversations.informing.are_speaking(case):
                    yield from self.calls.hasten(case, now)
            case Answer.NEEDS_NO_CALL | Answer.HAS_STOPPED | Answer.WANTS_HELP | Answer.WANTS_NO_HELP | Answer.PLACE:
                case.in_writing = True
                said = SaidByCustomer(
                    event.place, event.near, WANTS.get(event.answer), refused=event.answer is Answer.WANTS_NO_HELP
                )
                yield from self._acknowledge(case, event, now, self.conversations.answered(case, said, now))
                return
            case _:
                assert_never(event.answer)
        yield from self._acknowledge(case, event, now, iter(()))

    def _acknowledge(
        self, case: Case, event: CustomerAnswered, now: float, decided: Iterator[Action]
    ) -> Iterator[Action]:
        """Do what follows from an answer, and write back what it came to where they do not see it."""
        yield from decided
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
        if event.status == "read":
            self.talks.settled(event.message, read=True)
        elif event.status in {"failed", "refused"}:
            case = self.cases.by_name.get(sent.case or "")
            if case is not None and not _have_spoken(case):
                yield from self.conversations.informing.say_again(case, sent, now)

    def _prefers(self, event: PreferenceChanged) -> None:
        """It holds at once, for what is open, too."""
        talk = self.talks.of(event.customer)
        talk.preference = event.preference
        for case in self.cases.of_customer(event.customer):
            case.language = event.preference.language or case.language

    def _identified(self, event: StrangerIdentified, now: float) -> Iterator[Action]:
        """What a stranger wrote is a customer's: it goes on in their conversation, about what is open of theirs."""
        self.talks.hand_over(event.stranger, event.customer)
        case = self.cases.to_talk_about(event.customer)
        for call in self.calls.contacts_of(event.stranger):
            self.calls.hand_over(call, event.customer, event.language, case)
        yield from self.calls.assign_any(now)


def _have_spoken(case: Case) -> bool:
    """Did we speak to the customer, or do so just now? Then nothing need be read."""
    call: Call | None = case.call
    return (call is not None and call.state in {CallState.CONNECTED, CallState.DONE}) or case.in_writing


WANTS = {Answer.WANTS_HELP: True, Answer.WANTS_NO_HELP: False}
"""What an answer says of whether somebody shall come."""
