"""What a ledger says of each customer's conversation: what was written, read and answered, and what they prefer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import SendMessage, SendNotice
from dispatch.core.conversation.channels import NO_PREFERENCE, Answer, Channel, Preference
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


@dataclass(slots=True)
class ConversationFacts:
    """One customer's."""

    customer: str
    messages: Counter[Channel] = field(default_factory=Counter)
    """Ours to them, by channel; those that their devices show, too."""
    firsts: list[Channel] = field(default_factory=list)
    """On which channel each message about something new went first."""
    read: int = 0
    """Messages of which the house was told that they were read."""
    wrote: Counter[Channel] = field(default_factory=Counter)
    """Theirs to us, by channel, answers aside."""
    answers: list[Answer] = field(default_factory=list)
    """What they answered by a tap or a number."""
    preference: Preference = NO_PREFERENCE
    """As they said last."""


@dataclass(slots=True)
class Conversations:
    """Every conversation in which something was written, by customer."""

    _of: dict[str, ConversationFacts] = field(default_factory=dict)
    _of_message: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[ConversationFacts]:
        """Iterate in the order in which they began."""
        return iter(self._of.values())

    def firsts(self, customer: str) -> list[Channel]:
        """Return on which channel each message about something new went first."""
        found = self._of.get(customer)
        return found.firsts if found is not None else []

    def sent(self, action: SendMessage | SendNotice, customer: str) -> None:
        """Take what is written to a customer."""
        channel, mine = Channel.APP, self._with(customer)
        if isinstance(action, SendMessage):
            channel = action.channel
        mine.messages[channel] += 1
        self._of_message[action.key] = customer
        notice = isinstance(action, SendNotice) or action.purpose == "notice"
        if notice and not action.instead_of:
            mine.firsts.append(channel)

    def heard(self, event: ConversationEvent) -> None:
        """Take what customers write and say."""
        match event:
            case CustomerWrote():
                self._with(event.customer).wrote[event.channel] += 1
            case CustomerAnswered():
                self._with(event.customer).answers.append(event.answer)
            case MessageReported():
                if event.status == "read" and event.message in self._of_message:
                    self._with(self._of_message[event.message]).read += 1
            case PreferenceChanged():
                self._with(event.customer).preference = event.preference
            case AgentWrote() | StrangerIdentified() | VoicePlayed():
                pass  # what is sent is a row; what a stranger wrote stays as it was told; who listens writes nothing
            case _:
                assert_never(event)

    def _with(self, customer: str) -> ConversationFacts:
        return self._of.setdefault(customer, ConversationFacts(customer))
