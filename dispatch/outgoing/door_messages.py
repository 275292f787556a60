"""Which messages leave by a door, and as what. Pure. A customer's own page shows those of the chat by itself."""

from __future__ import annotations

from dispatch.core.actions import MessageAction, SendMessage
from dispatch.core.conversation.channels import Channel
from dispatch.words import say

DOORS = frozenset({Channel.SMS, Channel.EMAIL, Channel.PUSH, Channel.SOCIAL})


def leaves_by(action: MessageAction) -> Channel | None:
    """Return by which door an action leaves; ``None``: by none."""
    return action.channel if action.channel in DOORS else None


def lane_of(action: SendMessage) -> str:
    """Return what is sent one after the other: what is written to one customer on one channel.

    What is held back waits in a line of its own: an answer, and what is urgent, do not stand behind it till the morning.
    """
    return f"{action.channel}/{action.customer}{'/held' if action.not_before else ''}"


def subject_of(action: SendMessage) -> str:
    """Return what a mail or a notification is headed with."""
    return say(f"subject_{action.purpose}", action.language)
