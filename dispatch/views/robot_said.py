"""What a robot did and why a person took over, in words that agents and dispatchers read. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.robots.actions import AnswerByRobot, HandToPerson, RobotAction
from dispatch.core.robots.model import HandOverReason, Saying, Wish
from dispatch.views.conversation import HandedOver

WISHES: dict[Wish, str] = {
    Wish.ETA: "when help arrives",
    Wish.ORDER: "how an order stands",
    Wish.LIMITS: "what devices may pay",
    Wish.OUTAGE: "whether it is everybody's outage",
    Wish.BOOKING: "another appointment at the workshop",
    Wish.STOCK: "what runs low, and whether it is ordered",
    Wish.PASSWORD: "to log in again",
}
WHY: dict[HandOverReason, str] = {
    "misses": "it did not understand them twice",
    "wish": "they want a person",
    "anger": "they are angry",
    "distress": "they are in distress",
    "vulnerable": "they may be vulnerable",
    "danger": "they write of danger",
    "must_not_drive": "a car of theirs must not be driven on",
    "complicated": "it is more than a robot may see to",
    "unknown": "nobody knows how it stands",
    "stranger": "nobody knows who writes",
    "language": "it is in letters that no robot reads",
    "unreadable": "it is a script, or too long to be a question",
    "voice": "they spoke",
    "loop": "it goes in circles",
}
_DID: dict[Saying, str] = {
    Saying.ASK: "asked what it is about",
    Saying.AGAIN: "asked again what it is about",
    Saying.TELL: "told",
    Saying.OFFER: "offered",
    Saying.DO: "did it and told",
    Saying.LEAVE: "left as it was",
    Saying.BYE: "said goodbye",
    Saying.NOTHING: "kept silent: a machine writes",
}


def robot_said(action: RobotAction) -> str:
    """Tell what a robot did."""
    match action:
        case AnswerByRobot():
            return f"robot: {_did(action.say, action.wish)}"
        case HandToPerson():
            return f"robot: hands over to a person, {WHY[action.why]}"
        case _:
            assert_never(action)


def summary(handed: HandedOver) -> tuple[str, ...]:
    """Return what the person has to know who takes over: what was wanted, what was tried, who it is, and why."""
    wants = WISHES[handed.wish] if handed.wish is not None else "nothing that the robot understood"
    tried = [_as_tried(one) for one in handed.tried]
    return (
        f"Handed over by our robot: {WHY[handed.why]}",
        f"Wanted: {wants}",
        f"Said: {len(handed.said)} message{'s' if len(handed.said) != 1 else ''}, below",
        f"Tried: {'; '.join(tried) if tried else 'nothing'}",
        "Who writes is known: by their address, or their own page"
        if handed.verified
        else "Nobody knows who writes: make sure before anything private is said",
    )


def _as_tried(one: str) -> str:
    wish, _, say = one.partition("/")
    return _did(Saying(say), Wish(wish) if wish in set(Wish) else None)


def _did(say: Saying, wish: Wish | None) -> str:
    of = f": {WISHES[wish]}" if wish is not None and say in {Saying.TELL, Saying.OFFER, Saying.DO, Saying.LEAVE} else ""
    return f"{_DID[say]}{of}"
