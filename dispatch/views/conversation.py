"""A customer's one conversation, over all channels: what was said by whom, what they told, and what may still be answered. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from dispatch.core.conversation.channels import Answer, Channel, Preference
from dispatch.core.robots.model import HandOverReason, Wish

KEPT = 400
"""So many lines of a conversation are shown; the ledger has all."""
Side = Literal["customer", "house", "agent", "robot"]
Sort = Literal["written", "answer", "rang_in", "spoke", "ended", "told_to_stop", "preferred"]
"""``written``: a text as it was written; all others are told in English here, and by page and desk in whatever language."""


class Fact(StrEnum):
    """What a customer is asked once."""

    PLACE = "place"
    WANTS_HELP = "wants_help"
    HAS_STOPPED = "has_stopped"


@dataclass(slots=True)
class Utterance:
    """One thing that was said or done. ``at``: POSIX seconds."""

    at: float
    channel: Channel
    side: Side
    text: str
    case: str | None = None
    who: str = ""
    """The agent."""
    key: str = ""
    """Of the message or the call, where its state may change."""
    status: str = ""
    """Of a message of ours: sent, delivered, read, failed, refused; of a call: how it ended."""
    why: str = ""
    """Why a message was not taken."""
    answers: tuple[Answer, ...] = ()
    """What may be answered to it."""
    sort: Sort = "written"
    answer: Answer | None = None
    """What they answered, where it is an answer."""
    near: str = ""
    """The place they told, in words."""
    voice_s: float = 0.0
    """Of a voice message: how long it is; ``text`` is what they wrote with it."""
    choices: tuple[str, ...] = ()
    """What may be chosen by its number here, from 0."""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that a customer told: whoever has it asks no more. ``at``: POSIX seconds; ``to``: the agent, or empty."""

    at: float
    channel: Channel
    said: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a robot knew when a person took over. ``at``: POSIX seconds."""

    at: float
    channel: Channel
    why: HandOverReason
    wish: Wish | None
    verified: bool
    said: tuple[str, ...]
    """The customer's messages, by their names: they stand in the conversation."""
    tried: tuple[str, ...]
    """``{wish}/{saying}``."""


@dataclass(slots=True)
class ConversationView:
    """One customer's conversation."""

    customer: str
    lines: list[Utterance] = field(default_factory=list)
    told: dict[str, dict[Fact, Told]] = field(default_factory=dict)
    """Case → what they told about it."""
    candidates: tuple[str, ...] = ()
    """Of somebody who is not identified: whose address it is."""
    handed_over: HandedOver | None = None
    """By a robot, the last time."""

    def add(self, line: Utterance) -> None:
        """Take what was said last."""
        self.lines.append(line)
        del self.lines[:-KEPT]

    def of_key(self, key: str) -> Utterance | None:
        """Return the line of a message or a call."""
        return next((line for line in reversed(self.lines) if line.key == key), None)

    def last_of_agent(self, channel: Channel) -> str:
        """Return the key of what an agent wrote last on a channel; empty: nobody did."""
        theirs = (one for one in reversed(self.lines) if one.side == "agent" and one.sort == "written")
        return next((one.key for one in theirs if one.channel is channel), "")

    def last_asked(self, channel: Channel | None = None) -> Utterance | None:
        """Return the last message that may be answered by a tap or a number, on a channel or on any; a robot's, too."""
        mine = (line for line in reversed(self.lines) if line.side != "customer" and (line.answers or line.choices))
        return next((line for line in mine if channel in {None, line.channel}), None)

    @property
    def last_at(self) -> float:
        """When something was said last, POSIX seconds."""
        return self.lines[-1].at if self.lines else 0.0


def preferred(wanted: Preference) -> str:
    """Say how somebody wants to be reached."""
    said = (
        f"wants {', then '.join(wanted.channels)}" if wanted.channels else "",
        f"not {', '.join(wanted.avoid)}" if wanted.avoid else "",
        f"in {wanted.language}" if wanted.language else "",
        f"quiet {wanted.quiet}" if wanted.quiet else "",
        "the same agent" if wanted.same_agent else "",
        *(f"{task.replace('_', ' ')} by {channel}" for task, channel in wanted.technology.items()),
    )
    return "; ".join(one for one in said if one) or "has no wishes of how to be reached"
