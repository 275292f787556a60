"""What the other sides of our doors call the messages that they have taken: their reports and customers' answers name it so."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.conversation.channels import Channel


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message."""

    key: str
    """Of the action."""
    channel: Channel
    customer: str
    refs: tuple[str, ...]
    """Of its parts."""
    at: float
    """POSIX seconds."""
    delivered: tuple[str, ...] = ()
    """Of which parts it was reported."""
