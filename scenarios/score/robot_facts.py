"""What a ledger tells of robots: what they had, how it ended, what they handed over, and whether anybody came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.actions import SendMessage
from dispatch.core.conversation.events import CustomerWrote
from dispatch.core.events import CustomerPhoned
from dispatch.core.ids import is_stranger
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson, RobotAction
from dispatch.core.robots.model import Saying

REPEAT_S = 86_400.0
"""Who turns to us again within so long was not helped."""
_ANSWERS = frozenset({Saying.TELL, Saying.DO, Saying.LEAVE, Saying.BYE})
"""After which they have what they came for, as far as the robot knows."""


@dataclass(slots=True)
class RobotTalk:
    """One conversation that a robot had. Times in POSIX seconds."""

    customer: str
    began_at: float
    at: float
    """When the robot did something in it last."""
    said: list[str] = field(default_factory=list)
    """What the customer wrote in it."""
    answered: bool = False
    handed_at: float | None = None
    complete: bool = True
    """Of one that was handed over: does the person get all that was said, what was tried and who it is?"""


@dataclass(slots=True)
class RobotFacts:
    """All of them."""

    talks: list[RobotTalk] = field(default_factory=list)
    after_handover: int = 0
    """Words of a robot's behind a hand-over, within a day."""
    _last: dict[str, RobotTalk] = field(default_factory=dict)
    """Customer → the newest of theirs."""
    _turned: dict[str, list[float]] = field(default_factory=dict)
    """Customer → when they wrote or rang."""
    _wrote: dict[str, str] = field(default_factory=dict)
    """Customer → the message that they wrote last."""

    def turned_to_us(self, event: CustomerWrote | CustomerPhoned, at: float) -> None:
        """A customer wrote or rang."""
        self._turned.setdefault(event.customer, []).append(at)
        if isinstance(event, CustomerWrote):
            self._wrote[event.customer] = event.message

    def decided(self, action: RobotAction, at: float) -> None:
        """A robot did something."""
        known = self._last.get(action.customer)
        match action:
            case AnswerByRobot():
                talk = known if known is not None and not action.begins else self._begin(action.customer, at)
                talk.at, talk.answered = at, action.say in _ANSWERS or (talk.answered and action.say is Saying.NOTHING)
                talk.said.append(action.message)
            case HandToPerson():
                talk = known if known is not None and action.said[:-1] else self._begin(action.customer, at)
                talk.said.append(action.message)
                talk.at, talk.handed_at, talk.complete = at, at, _is_complete(action, talk)
            case _:
                assert_never(action)

    def sent(self, action: SendMessage, at: float) -> None:
        """A message was written."""
        talk = self._last.get(action.customer)
        if action.purpose == "robot" and talk is not None and talk.handed_at is not None:
            self.after_handover += at - talk.handed_at < REPEAT_S

    def contained(self) -> Iterator[RobotTalk]:
        """Yield what a robot ended by itself, and of which nobody came back within a day."""
        for talk in self.talks:
            if talk.handed_at is None and talk.answered and not self.came_back(talk.customer, talk.at):
                yield talk

    def came_back(self, customer: str, at: float) -> bool:
        """Did somebody turn to us within a day behind that hour?"""
        return any(0 < again - at <= REPEAT_S for again in self._turned.get(customer, ()))

    def handed_over(self) -> list[RobotTalk]:
        """Return what was handed over."""
        return [talk for talk in self.talks if talk.handed_at is not None]

    def _begin(self, customer: str, at: float) -> RobotTalk:
        talk = self._last[customer] = RobotTalk(customer, at, at)
        self.talks.append(talk)
        return talk


def _is_complete(action: HandToPerson, talk: RobotTalk) -> bool:
    known = action.verified is not is_stranger(action.customer)
    return known and list(action.said) == talk.said and len(action.tried) <= len(talk.said)


def share(some: Iterable[object], of: int) -> float | None:
    """Return how many of so many; ``None`` of none."""
    return sum(1 for _ in some) / of if of else None
