"""What a robot does next: one table for each simple wish, the same on every channel. Pure.

A row that is not there hands over: what nobody thought of is for a person.
"""

from __future__ import annotations

from typing import NamedTuple

from dispatch.core.robots.model import Cue, Saying, Stage, Wish


class Step(NamedTuple):
    """What is said, and how far it is then."""

    to: Stage
    say: Saying


Table = dict[tuple[Stage, Cue], Step]
"""How far it is, and what is heard → what to do."""
_ASKS: Table = {
    (Stage.START, Cue.MISS): Step(Stage.ASKED, Saying.ASK),
    (Stage.ASKED, Cue.MISS): Step(Stage.ASKED, Saying.AGAIN),
    (Stage.ASKED, Cue.NO): Step(Stage.DONE, Saying.BYE),
    (Stage.ASKED, Cue.THANKS): Step(Stage.DONE, Saying.BYE),
    (Stage.TOLD, Cue.MISS): Step(Stage.ASKED, Saying.AGAIN),
    (Stage.TOLD, Cue.YES): Step(Stage.ASKED, Saying.ASK),
    (Stage.TOLD, Cue.NO): Step(Stage.DONE, Saying.BYE),
    (Stage.TOLD, Cue.THANKS): Step(Stage.DONE, Saying.BYE),
    (Stage.START, Cue.THANKS): Step(Stage.DONE, Saying.BYE),
    (Stage.DONE, Cue.THANKS): Step(Stage.DONE, Saying.NOTHING),
    (Stage.DONE, Cue.NO): Step(Stage.DONE, Saying.NOTHING),
}
_ANY = (Stage.START, Stage.ASKED, Stage.OFFERED, Stage.TOLD)
_TELLS: Table = _ASKS | {(stage, Cue.KNOWN): Step(Stage.TOLD, Saying.TELL) for stage in _ANY}
_DOES: Table = (
    _TELLS
    | {(stage, Cue.OPEN): Step(Stage.OFFERED, Saying.OFFER) for stage in _ANY}
    | {
        (Stage.OFFERED, Cue.YES): Step(Stage.TOLD, Saying.DO),
        (Stage.OFFERED, Cue.NO): Step(Stage.TOLD, Saying.LEAVE),
        (Stage.OFFERED, Cue.THANKS): Step(Stage.OFFERED, Saying.OFFER),
        (Stage.OFFERED, Cue.MISS): Step(Stage.OFFERED, Saying.OFFER),
    }
)
_SENDS: Table = _TELLS | {(stage, Cue.OPEN): Step(Stage.TOLD, Saying.DO) for stage in _ANY}
TABLES: dict[Wish | None, Table] = {
    None: _ASKS,
    Wish.ETA: _TELLS,
    Wish.ORDER: _TELLS,
    Wish.LIMITS: _TELLS,
    Wish.OUTAGE: _TELLS,
    Wish.BOOKING: _DOES,
    Wish.STOCK: _DOES,
    Wish.PASSWORD: _SENDS,
}
"""``None``: nobody knows yet what they want."""


def step(wish: Wish | None, stage: Stage, cue: Cue) -> Step | None:
    """Return what a robot does next; ``None``: it is for a person."""
    return TABLES[wish].get((stage, cue))
