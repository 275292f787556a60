"""What a robot does next: one table for each simple wish, the same on every channel. Pure.

A row that is not there hands over: what nobody thought of is for a person.
"""

from __future__ import annotations

from typing import NamedTuple

from dispatch.core.robots.model import Cue, RobotStage, Saying, Wish


class RobotStep(NamedTuple):
    """What is said, and how far it is then."""

    to: RobotStage
    say: Saying


Table = dict[tuple[RobotStage, Cue], RobotStep]
"""How far it is, and what is heard → what to do."""
_ASKS: Table = {
    (RobotStage.START, Cue.MISS): RobotStep(RobotStage.ASKED, Saying.ASK),
    (RobotStage.ASKED, Cue.MISS): RobotStep(RobotStage.ASKED, Saying.AGAIN),
    (RobotStage.ASKED, Cue.NO): RobotStep(RobotStage.DONE, Saying.BYE),
    (RobotStage.ASKED, Cue.THANKS): RobotStep(RobotStage.DONE, Saying.BYE),
    (RobotStage.TOLD, Cue.MISS): RobotStep(RobotStage.ASKED, Saying.AGAIN),
    (RobotStage.TOLD, Cue.YES): RobotStep(RobotStage.ASKED, Saying.ASK),
    (RobotStage.TOLD, Cue.NO): RobotStep(RobotStage.DONE, Saying.BYE),
    (RobotStage.TOLD, Cue.THANKS): RobotStep(RobotStage.DONE, Saying.BYE),
    (RobotStage.START, Cue.THANKS): RobotStep(RobotStage.DONE, Saying.BYE),
    (RobotStage.DONE, Cue.THANKS): RobotStep(RobotStage.DONE, Saying.NOTHING),
    (RobotStage.DONE, Cue.NO): RobotStep(RobotStage.DONE, Saying.NOTHING),
}
_ANY = (RobotStage.START, RobotStage.ASKED, RobotStage.OFFERED, RobotStage.TOLD)
_TELLS: Table = _ASKS | {(stage, Cue.KNOWN): RobotStep(RobotStage.TOLD, Saying.TELL) for stage in _ANY}
_DOES: Table = (
    _TELLS
    | {(stage, Cue.OPEN): RobotStep(RobotStage.OFFERED, Saying.OFFER) for stage in _ANY}
    | {
        (RobotStage.OFFERED, Cue.YES): RobotStep(RobotStage.TOLD, Saying.DO),
        (RobotStage.OFFERED, Cue.NO): RobotStep(RobotStage.TOLD, Saying.LEAVE),
        (RobotStage.OFFERED, Cue.THANKS): RobotStep(RobotStage.OFFERED, Saying.OFFER),
        (RobotStage.OFFERED, Cue.MISS): RobotStep(RobotStage.OFFERED, Saying.OFFER),
    }
)
_SENDS: Table = _TELLS | {(stage, Cue.OPEN): RobotStep(RobotStage.TOLD, Saying.DO) for stage in _ANY}
TABLES: dict[Wish | None, Table] = {
    None: _ASKS,
    Wish.ETA: _TELLS,
    Wish.ORDER: _TELLS,
    Wish.LIMITS: _TELLS,
    Wish.OUTAGE: _TELLS,
    Wish.BOOKING: _DOES,
    Wish.STOCK: _TELLS,
    Wish.PASSWORD: _SENDS,
}
"""``None``: nobody knows yet what they want."""


def step(wish: Wish | None, stage: RobotStage, cue: Cue) -> RobotStep | None:
    """Return what a robot does next; ``None``: it is for a person."""
    return TABLES[wish].get((stage, cue))
