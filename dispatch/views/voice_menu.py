"""What a machine on the telephone says to who rings in: what we know, what may be answered by a key, and how to reach a person.

Pure. Texts, not sound: the operator's exchange speaks them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.core.conversation.channels import Answer
from dispatch.core.duties.informing import Offer
from dispatch.core.robots.model import MENU, Wish
from dispatch.words import say

AGENT_KEY = "0"
_BY_KEY = (Answer.NEEDS_NO_CALL, Answer.HAS_STOPPED, Answer.WANTS_HELP, Answer.WANTS_NO_HELP)
"""What a key can say. Who wants to be rung holds the line; where it is nobody says by a key."""


@dataclass(frozen=True, slots=True)
class Option:
    """One key. ``answer`` and ``case``: what it says, of which case; both ``None``: a person is wanted."""

    key: str
    text: str
    answer: Answer | None = None
    case: str | None = None
    wish: Wish | None = None
    """What a robot sees to."""


@dataclass(frozen=True, slots=True)
class VoiceMenu:
    """What is said, one sentence after the other, and the keys that may be pressed then."""

    say: tuple[str, ...]
    options: tuple[Option, ...]

    def option(self, key: str) -> Option | None:
        """Return what a key means; ``None``: nothing."""
        return next((one for one in self.options if one.key == key), None)


def voice_menu(offers: Sequence[Offer], language: str, *, robots: bool = False) -> VoiceMenu:
    """Return the menu for a customer whose open cases stand like this; nobody is kept in it whose cases a key cannot serve.

    ``robots``: a robot sees to simple wishes, too.
    """
    agent = Option(AGENT_KEY, say("press_agent", language, number=AGENT_KEY))
    if not offers and not robots:
        return VoiceMenu((), (agent,))
    keys = [one for one in offers[-1].answers if one in _BY_KEY] if offers else []
    options = [
        Option(str(number), say(f"press_{one}", language, number=number), one, offers[-1].case)
        for number, one in enumerate(keys, 1)
    ]
    if robots:
        options += _wishes(len(options), language)
    known = (say("menu_welcome", language), *(one.text for one in offers)) if offers else ()
    said = (*((say("robot_hello", language),) if robots else ()), *known)
    return VoiceMenu((*said, *(one.text for one in (*options, agent))), (*options, agent))


def _wishes(before: int, language: str) -> list[Option]:
    """Return the keys of what a robot sees to, behind so many others, as far as there are keys."""
    numbered = enumerate(MENU, before + 1)
    return [
        Option(str(key), say("robot_option", language, number=key, what=say(f"robot_wish_{one}", language)), wish=one)
        for key, one in numbered
        if key <= _MOST_KEYS
    ]


_MOST_KEYS = 9
