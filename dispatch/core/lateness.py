"""When a truck on its way is worth another word: how far an arrival must move, when to look again, what the owner reads. Pure.

All times are POSIX seconds, all spans seconds.
"""

from __future__ import annotations

from dispatch.words import say

OVERDUE_S = 60.0
"""A truck is late when it is not there so long after it should be."""
WORTH_S, SHARE = 180.0, 0.2
"""An arrival is renewed where it moves by more than three minutes and by more than a fifth of the way that is left [fit]."""
TOLD_S = 300.0
"""A customer is told where it moves by more than five minutes and by more than a fifth of how late it is [fit]."""


def moved(eta: float, before: float, now: float) -> bool:
    """Does an arrival differ so much from the one reckoned ``before`` that it is renewed?"""
    return abs(eta - before) > max(WORTH_S, SHARE * (eta - now))


def may_have_moved(soonest: float, latest: float, before: float, now: float) -> bool:
    """Can an arrival that lies between two hours differ so much from the one reckoned ``before`` that it is renewed?"""
    return max(abs(soonest - before), abs(latest - before)) > max(WORTH_S, SHARE * (soonest - now))


def worth_telling(eta: float, before: float, promised: float) -> bool:
    """Does an arrival differ so much from the one the customer was told ``before`` that they are told again?"""
    return abs(eta - before) > max(TOLD_S, SHARE * (eta - promised))


def look_again(eta: float, now: float, *silences: float) -> float:
    """Return when to look after a truck next: when it is overdue, or where it is, when its silence has grown too long.

    One that is around the corner is given three minutes.
    """
    overdue_at = max(eta, now + WORTH_S) + OVERDUE_S
    return min([overdue_at, *(at for at in silences if at > now)])


def notice(eta: float, before: float, now: float, language: str, *, another: bool = False) -> str:
    """Tell the owner that the truck, or ``another``, comes at another time; in minutes from now, which need no time zone."""
    what = "another" if another else "delayed" if eta > before else "early"
    return say(f"notice_{what}", language, minutes=max(1, round((eta - now) / 60)))
