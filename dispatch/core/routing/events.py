"""What agents say of themselves and of calls they have in hand: a pause, the end of a wrap-up, a note, a transfer. Pure."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dispatch.core.acts import Actor
from dispatch.core.hints.events import HintEvent
from dispatch.core.ids import EventKind, attempt_key, event_key
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.routing.model import Concern, PauseReason, Proficiency

Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """An agent takes no calls for a while; what they have in hand they see to."""

    agent: str
    reason: PauseReason
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class AgentResumed:
    """An agent's pause is over: they ask for calls again."""

    agent: str
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class AgentWrappedUp:
    """An agent is through with what was left of a call."""

    agent: str
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class AgentSeen:
    """An agent gives a sign of life, as by an open page: from now on it means something where none comes."""

    agent: str
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class AgentUnseen:
    """No sign of life of an agent comes any more: their page is gone, or their program silent. They may come back."""

    agent: str
    holds: Annotated[tuple[str, ...], Empty] = ()
    """The calls that their telephone carries on: nobody is cut off for a page that is gone."""
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """An agent hands a call on while the customer holds the line: to one agent, or to who is good at something."""

    call: str
    attempt: int
    agent: str
    """Who hands it on."""
    to_agent: Annotated[str, Empty] = ""
    needs: Annotated[tuple[Proficiency, ...], Empty] = ()
    text: Annotated[str, Empty] = ""
    """What the next agent is to know, beside all that stands on the call."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.TRANSFERRED, attempt_key(self.call, self.attempt))


@dataclass(frozen=True, slots=True)
class CallNoted:
    """An agent writes something down about a call: whoever speaks with the customer next reads it."""

    ref: str
    """Drawn by whoever notes it, unique for each note."""
    call: str
    text: str
    agent: str
    concern: Annotated[Concern, Empty] = ""
    """What asks for empathy from here on."""
    by: Actor = None

    @property
    def key(self) -> str:  # noqa: D102
        return event_key(EventKind.NOTED, self.ref)


@dataclass(frozen=True, slots=True)
class CallListenedTo:
    """A supervisor listens in on a call, with the customer's consent, or does not any more."""

    call: str
    attempt: int
    agent: str
    """Who has the call, and sees on their screen that somebody listens."""
    listener: str
    listens: bool
    why: Annotated[str, Empty] = ""
    """Why no more: they stopped, the call is over, the customer withdrew their consent."""
    key: None = None
    by: Actor = None


@dataclass(frozen=True, slots=True)
class NumberConfirmed:
    """A customer's telephone number is theirs after all, or another one is known: they may be rung again."""

    customer: str
    key: None = None
    by: Actor = None


StateEvent = AgentPaused | AgentResumed | AgentWrappedUp | AgentSeen | AgentUnseen
"""How an agent is."""
InHandEvent = CallTransferred | CallNoted | CallListenedTo | ReasonTold | HintEvent
"""Of a call that an agent has, or had."""
