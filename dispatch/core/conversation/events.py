"""What happens in a conversation: messages of customers and agents, answers, receipts, wishes. Pure.

``message`` and ``ref`` come from the door (the provider's own reference, behind the channel's name), so that a repeat is told.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.conversation.voice import VoiceMessage
from dispatch.core.ids import EventKind, event_key
from gateway.finding import Place, Provenance

Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class CustomerWrote:
    """A customer wrote to us, or somebody whom we do not know (``stranger``)."""

    message: str
    """``{channel}/{ref}``."""
    customer: str
    channel: Channel
    text: str
    language: str
    provenance: Provenance
    candidates: Annotated[tuple[str, ...], Empty] = ()
    """Of a stranger: the customers who have that address."""
    case: Annotated[str, Empty] = ""
    """What it is about, where they say so."""
    voice: Annotated[VoiceMessage | None, Empty] = None
    """They spoke: the recording is sealed beside the ledger, and ``text`` is what they wrote with it, often nothing."""
    by: Actor = None
    reach: Annotated[tuple[Channel, ...], Empty] = ()
    """Where a robot may send them a link, by the register; left out where no robot answers."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.WROTE, self.message)


@dataclass(frozen=True, slots=True)
class VoicePlayed:
    """Somebody of the house listens to what a customer said: personal data is read, and by whom is written down."""

    message: str
    customer: str
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class CustomerAnswered:
    """A customer answers what was asked or offered, by a tap or a word."""

    ref: str
    """``{channel}/{ref}``."""
    customer: str
    case: str
    channel: Channel
    answer: Answer
    provenance: Provenance
    place: Place | None = None
    near: Annotated[str, Empty] = ""
    """The place in words."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.REPLIED, self.ref)


@dataclass(frozen=True, slots=True)
class AgentWrote:
    """An agent writes to a customer."""

    ref: str
    customer: str
    channel: Channel
    text: str
    agent: str
    provenance: Provenance
    case: Annotated[str, Empty] = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.AGENT_WROTE, self.ref)


MessageStatus = Literal["sent", "delivered", "read", "failed", "refused"]
"""``failed``: nobody waits for it any more; ``refused``: the channel or the address will never take it."""


@dataclass(frozen=True, slots=True)
class MessageReported:
    """A door says what became of a message of ours."""

    message: str
    """The key of the action that sent it."""
    status: MessageStatus
    why: Annotated[str, Empty] = ""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.RECEIPT, f"{self.message}/{self.status}")


@dataclass(frozen=True, slots=True)
class PreferenceChanged:
    """A customer says how they want to be reached: it holds from here on."""

    customer: str
    preference: Preference
    key: None = None
    by: Actor = None
    agent: Annotated[str, Empty] = ""
    """To whom they said it; empty: they told it themselves."""


@dataclass(frozen=True, slots=True)
class StrangerIdentified:
    """An agent found out who wrote or rang: that, what was taken down of it, and what comes from there is that customer's."""

    stranger: str
    customer: str
    language: str
    by: Actor = None
    may_call: Annotated[bool, Field(exclude_if=bool)] = True
    """Do they agree to be rung? Left out of the row where they do."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.IDENTIFIED, self.stranger)


ConversationEvent = (
    CustomerWrote
    | VoicePlayed
    | CustomerAnswered
    | AgentWrote
    | MessageReported
    | PreferenceChanged
    | StrangerIdentified
)
