"""What is heard of people who struggle with an app: that they do, that it is over, what they answer to an invitation. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.conversation.channels import Channel
from dispatch.core.ids import EventKind, event_key
from gateway.finding import Provenance, Struggle, StruggleOver

Reply = Literal["talk", "chat", "later", "no"]


@dataclass(frozen=True, slots=True)
class StruggleSeen:
    """The gateway concluded that a customer, who agreed to be helped so, struggles with an app; or that it is otherwise."""

    struggle: Struggle
    language: str
    """The customer's, BCP 47."""
    may_message: Annotated[bool, Field(exclude_if=bool)] = True
    """The customer agreed to be shown messages; left out of the row where they did."""
    time_zone: Annotated[str, Field(exclude_if=operator.not_)] = ""
    """By whose clock their quiet hours are, IANA; empty: by the house's."""
    wrong_number: Annotated[bool, Field(exclude_if=operator.not_)] = False
    """Somebody else answers at their number: who wants to talk is written with."""

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.STRUGGLED, self.struggle.key)


@dataclass(frozen=True, slots=True)
class StruggleEnded:
    """They came through, gave up, or nothing more is heard of it."""

    over: StruggleOver

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.CALMED, self.over.key)


@dataclass(frozen=True, slots=True)
class InvitationAnswered:
    """A customer answers an invitation, in the app or on their own page."""

    invitation: str
    customer: str
    reply: Reply
    provenance: Provenance
    channel: Annotated[Channel, Field(exclude_if=Channel.APP.__eq__)] = Channel.APP
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.INVITED, f"{self.invitation}/{self.customer}/{self.reply}")


InvitationEvent = StruggleSeen | StruggleEnded | InvitationAnswered
