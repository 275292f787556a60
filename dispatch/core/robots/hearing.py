"""What a robot makes of what a customer writes: a wish, a word, a number; or that it is for a person, or of a machine. Pure."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from dispatch.core.conversation.channels import Answer
from dispatch.core.conversation.replies import answer_in
from dispatch.core.robots.model import MENU, Cue, HandOverReason, RobotStage, Wish
from dispatch.words.heard.meanings import meant, plain
from dispatch.words.phrases import LANGUAGES, say

LONGEST = 600
"""Characters of what may be a question; who writes more tells a story, or has pasted something [fit]."""
SHOUTS_FROM = 12
"""Capital letters, and no others, before an exclamation mark [fit]."""
_YES_OR_NO = (Answer.WANTS_HELP, Answer.WANTS_NO_HELP)
_SAID = (Answer.UNDERSTOOD, Answer.CALL_ME)
_AT_ONCE: tuple[HandOverReason, ...] = ("danger", "distress", "vulnerable", "anger", "complicated")
"""The first that is heard is why."""
_CODE = (
    *("<script", "</", "{%", "${", "function(", "select * ", "drop table", "#!/", "<?php", "import os"),
    *("http://", "https://"),
)
_LETTERS = ("LATIN", "CYRILLIC", "ARABIC", "CJK")


class HeardByRobot(NamedTuple):
    """What was heard. Nothing of it: it was not understood."""

    cue: Cue = Cue.MISS
    wish: Wish | None = None
    person: HandOverReason | None = None
    """It is for a person, and why."""
    machine: bool = False
    """No person wrote it."""


def hear(text: str, stage: RobotStage) -> HeardByRobot:
    """Return what a text says to a robot that has come so far."""
    if len(text) > LONGEST or any(code in text.lower() for code in _CODE):
        return HeardByRobot(person="unreadable")
    if not _are_our_letters(text):
        return HeardByRobot(person="language")
    said = plain(text)
    return _number(said, stage) or _meaning(text, said) or _word(text)


def _number(said: str, stage: RobotStage) -> HeardByRobot | None:
    """A number stands for what was numbered last; none is a wish where nothing was."""
    if len(said) != 1 or not said.isdecimal():
        return None
    number = int(said)
    if number == 0:
        return HeardByRobot(person="wish")
    if stage is RobotStage.OFFERED:
        return HeardByRobot({1: Cue.YES, 2: Cue.NO}.get(number, Cue.MISS))
    return HeardByRobot(wish=MENU[number - 1]) if stage is RobotStage.ASKED and number <= len(MENU) else HeardByRobot()


def _meaning(text: str, said: str) -> HeardByRobot | None:
    found = meant(said)
    if "danger" not in found and ("machine" in found or _repeats_us(said)):
        return HeardByRobot(machine=True)
    for reason in _AT_ONCE:
        if reason in found:
            return HeardByRobot(person=reason)
    if _shouts(text):
        return HeardByRobot(person="anger")
    if "person" in found or answer_in(text, _SAID) is Answer.CALL_ME:
        return HeardByRobot(person="wish")
    return _wished(found)


def _repeats_us(said: str) -> bool:
    """Does somebody say of themselves what our robot says, or send it back?"""
    return any(plain(say("robot_hello", language)) in said for language in LANGUAGES)


def _wished(found: dict[str, int]) -> HeardByRobot | None:
    """Return the wish of which most was said, or thanks where there is none; two of which as much was said are none."""
    wishes = sorted(((found[one], one) for one in Wish if one in found), reverse=True)
    if not wishes:
        return HeardByRobot(Cue.THANKS) if "thanks" in found else None
    tied = len(wishes) > 1 and wishes[1][0] == wishes[0][0]
    return HeardByRobot() if tied else HeardByRobot(wish=wishes[0][1])


def _shouts(text: str) -> bool:
    cased = [char for char in text if char.lower() != char.upper()]
    return "!" in text and len(cased) >= SHOUTS_FROM and all(char.isupper() for char in cased)


def _word(text: str) -> HeardByRobot:
    """Yes, no or thanks, where it is nothing else."""
    answer = answer_in(text, _YES_OR_NO)
    if answer is None:
        return HeardByRobot(Cue.THANKS if answer_in(text, _SAID) is Answer.UNDERSTOOD else Cue.MISS)
    return HeardByRobot(Cue.YES if answer is Answer.WANTS_HELP else Cue.NO)


def _are_our_letters(text: str) -> bool:
    """Are most letters of those that our languages are written in? A text without any is none of another's."""
    letters = [char for char in text if char.isalpha()]
    ours = sum(unicodedata.name(char, "").startswith(_LETTERS) for char in letters)
    return ours * 2 >= len(letters)
