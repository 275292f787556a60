"""What messages to owners say, in their language. Pure. Only what the ledger knows, in few words.

A message that is shown beside a call says what broke, what is being done, when we ring, how to check that it is genuine, and
that nothing more need be done. Two in three customers who are told of something ring back because one of these is missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dispatch.words import say
from dispatch.words.parts import SOUGHT, broken_in, part_in
from gateway.finding import Drive, Finding, Help


@dataclass(frozen=True, slots=True)
class Situation:
    """What a case is at when the message is written."""

    asks: bool
    """Nobody is sent before the customer has answered."""
    looks_for: Help | None
    """Who is being looked for, and has not said that they come."""
    rings_within_s: float | None
    """``None``: agents are behind, and when one is free nobody knows."""


def beside_call(finding: Finding, situation: Situation, language: str) -> str:
    """Return what is shown to an owner whom we are about to ring."""
    must_stop = finding.drive is Drive.STOP_NOW
    broken = broken_in(finding, sure=not situation.asks)
    said = [
        say(broken, language, part=part_in(finding, language)),
        say("stop", language) if must_stop else "",
        say(SOUGHT[situation.looks_for], language) if situation.looks_for in SOUGHT else "",
        _rings(situation, language),
        say("notice_nothing_else" if must_stop else "notice_nothing_until", language),
        say("notice_genuine", language),
    ]
    return " ".join(filter(None, said))


def please_stop(finding: Finding, language: str) -> str:
    """Return what a driver's phone shows beside the car's own display."""
    return say("notice_stop", language, part=part_in(finding, language))


def _rings(situation: Situation, language: str) -> str:
    what = "ask" if situation.asks else "ring"
    if situation.rings_within_s is None:
        return say(f"notice_{what}_when_free", language)
    return say(f"notice_{what}_within", language, minutes=math.ceil(situation.rings_within_s / 60))
