"""What is heard and decided about who struggles with an app, in words. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.invitations.actions import ExplainStruggle, InvitationAction, InviteCustomer, LeaveAlone
from dispatch.core.invitations.events import InvitationAnswered, InvitationEvent, StruggleEnded, StruggleSeen
from gateway.finding import Struggle

HOW = {"done": "they came through", "left": "they gave up", "silent": "nothing more is heard of it"}
_REPLIED = {
    "talk": "wants to talk",
    "chat": "wants to chat",
    "later": "would rather read about it",
    "no": "wants no help",
}


def struggle_said(event: InvitationEvent) -> str:
    """Say what was heard of somebody who struggles."""
    match event:
        case StruggleSeen():
            return f"struggles with the app: {in_short(event.struggle)}"
        case StruggleEnded():
            return f"the struggle with the app is over: {HOW[event.over.how]}"
        case InvitationAnswered():
            return f"invited, and {_REPLIED[event.reply]}"
        case _:
            assert_never(event)


def invitation_said(action: InvitationAction) -> str:
    """Say what is decided about them."""
    match action:
        case InviteCustomer():
            return f"invited in the app: {action.text}"
        case LeaveAlone():
            return f"not invited: {action.why.replace('_', ' ')}"
        case ExplainStruggle():
            return f"told what went wrong: {action.text}"
        case _:
            assert_never(action)


def in_short(struggle: Struggle) -> str:
    """Say where somebody struggles and why, in one line."""
    said = f"{words(struggle.flow)}, at {words(struggle.step)}: {words(struggle.reason)} ({struggle.sure:.0%})"
    return f"{said}; looks like fraud" if struggle.fraud else said


def words(code: str) -> str:
    """Return a code of the contract as words."""
    return code.replace("_", " ")
