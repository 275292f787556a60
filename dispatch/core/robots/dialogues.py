"""Whose each conversation is, and how far a robot has come in it. Changed by rows alone: desk and fold remember the same. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from dispatch.core.conversation.channels import Channel
from dispatch.core.robots.actions import AnswerByRobot, HandToPerson, RobotAction
from dispatch.core.robots.model import ConversationOwner, RobotStage, Saying, Wish

QUIET_S = 30 * 60.0
"""Of which nothing was heard for so long, a conversation with a robot is over: what is written then begins another [fit]."""
KEPT_S = 86_400.0
"""What a person has had in hand is a person's for so long after the last that was heard of it [fit]."""
MISSES = 2
"""So often it is not understood, then a person reads it."""
CIRCLES = 3
"""So often in a row it comes to the same, then it goes in circles."""
MOST = 8
"""So often a robot answers in one conversation [fit]."""


@dataclass(slots=True)
class Dialogue:
    """One conversation that a robot has, or had. ``at``: when it was taken further, POSIX seconds."""

    customer: str
    owner: ConversationOwner
    at: float
    channel: Channel
    wish: Wish | None = None
    stage: RobotStage = RobotStage.START
    misses: int = 0
    same: int = 0
    """How often in a row it has come to the same wish and stage."""
    said: list[str] = field(default_factory=list)
    """Messages of the customer's, the oldest first."""
    tried: list[str] = field(default_factory=list)

    def is_over(self, now: float) -> bool:
        """Does what is written now begin another?"""
        return now - self.at > (QUIET_S if self.owner is ConversationOwner.ROBOT else KEPT_S)


class Dialogues:
    """All of them, by customer."""

    def __init__(self) -> None:
        self._of: dict[str, Dialogue] = {}

    def of(self, customer: str, now: float) -> Dialogue | None:
        """Return the conversation with a customer, unless it is over."""
        one = self._of.get(customer)
        return None if one is None or one.is_over(now) else one

    def owner(self, customer: str, now: float) -> ConversationOwner | None:
        """Return whose a customer's conversation is; ``None``: whoever takes what they write next."""
        one = self.of(customer, now)
        return one.owner if one is not None else None

    def last_owner(self, customer: str) -> ConversationOwner | None:
        """Return whose a customer's conversation is, or was last."""
        one = self._of.get(customer)
        return one.owner if one is not None else None

    def decided(self, action: RobotAction, now: float) -> None:
        """Note what was decided."""
        match action:
            case AnswerByRobot():
                self._answered(action, now)
            case HandToPerson():
                self._forget_old(now)
                said, tried = list(action.said), list(action.tried)
                self._of[action.customer] = Dialogue(
                    action.customer, ConversationOwner.WAITS, now, action.channel, action.wish, said=said, tried=tried
                )
            case _:
                assert_never(action)

    def person_has(self, customer: str, channel: Channel, now: float, *, begins: bool) -> None:
        """A person has a customer's conversation in hand. ``begins``: also where no robot had it."""
        one = self.of(customer, now)
        if one is None and begins:
            self._of[customer] = Dialogue(customer, ConversationOwner.PERSON, now, channel)
        elif one is not None:
            one.owner, one.at = ConversationOwner.PERSON, now

    def hand_over(self, stranger: str, customer: str) -> None:
        """A stranger turned out to be a customer: what a person was given of them, a person has."""
        theirs = self._of.pop(stranger, None)
        if theirs is not None:
            theirs.customer = customer
            self._of[customer] = theirs

    def forget(self, customer: str) -> None:
        """Know nothing of a customer any more."""
        self._of.pop(customer, None)

    def standing(self) -> list[Dialogue]:
        """Return them, to be written down."""
        return list(self._of.values())

    def stand(self, dialogues: list[Dialogue]) -> None:
        """Take up what was written down."""
        self._of = {one.customer: one for one in dialogues}

    def _answered(self, action: AnswerByRobot, now: float) -> None:
        one = self._of.get(action.customer)
        if one is None or action.begins:
            self._forget_old(now)
            one = self._of[action.customer] = Dialogue(action.customer, ConversationOwner.ROBOT, now, action.channel)
        same = (one.wish, one.stage) == (action.wish, action.stage)
        one.same = one.same + 1 if same else 1
        one.misses += action.missed
        one.wish, one.stage, one.channel, one.at = action.wish, action.stage, action.channel, now
        one.said.append(action.message)
        if action.say is not Saying.NOTHING:
            one.tried.append(tried(action.wish, action.say))

    def _forget_old(self, now: float) -> None:
        for customer in [name for name, one in self._of.items() if one.is_over(now)]:
            del self._of[customer]


def tried(wish: Wish | None, say: Saying) -> str:
    """Return what a robot did, as a hand-over names it."""
    return f"{wish or 'anything'}/{say}"
