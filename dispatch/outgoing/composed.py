"""The text of a message as it leaves on a channel: what is said, how to answer by a number, and the customer's own page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.channels import Answer, Channel
from dispatch.words import say

_NOTHING_TO_TAP = {Channel.SMS, Channel.SOCIAL, Channel.EMAIL}


def composed(action: SendMessage, link: str = "") -> str:
    """Return the whole text. ``link``: of the customer's own page; empty: there is none."""
    said = [action.text]
    if action.channel in _NOTHING_TO_TAP:
        said += [choices(action.answers, action.language), *options(action), link]
    return " ".join(filter(None, said))


def options(action: SendMessage) -> Iterator[str]:
    """Yield what may be chosen by its number, a person last."""
    numbered = list(enumerate(action.choices))
    for number, what in (*numbered[1:], *numbered[:1]):
        yield say("robot_option", action.language, number=number, what=what)


def choices(answers: Sequence[Answer], language: str) -> str:
    """Return how to answer by a number, from 1; what needs more than a word is left out."""
    numbered = [(number, one) for number, one in enumerate(answers, 1) if one is not Answer.PLACE]
    return " ".join(say(f"reply_{one}", language, number=number) for number, one in numbered)
