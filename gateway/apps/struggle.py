"""How likely it is that somebody struggles, by what they have done so far: log-odds of few signs. Pure.

The signs are those that interaction analytics goes by (Conviva: three taps on one element in two seconds; the same page three
times in fifteen; an error and then the background within ten; two failures at one step), and that the same was refused twice.
Nobody publishes what each is worth: the weights are ours, set on seeds 1 to 10 of ``toms_bill`` [fit]. Taking one's time, going
to and fro between apps, looking around and comparing are no signs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.apps.memory import AppMemory
from gateway.apps.reasons import Ranked

USUALLY = -3.0
"""Log-odds before anything is known: one run in twenty is a struggle [fit]."""
FAILED = (0.0, 1.4, 3.6, 5.0)
"""By failures at one page that was not passed since: none, one, two, three and more [fit]."""
SAME_AGAIN = 0.6
"""The same was refused twice, whichever page [fit]."""
ELSEWHERE_TOO = 0.9
"""Something failed at another page as well [fit]."""
TAPPED, TAPPED_AGAIN = 1.8, 1.4
"""Somebody taps one element over and over: once, and each time more, up to ``TIRED_OF`` [fit]."""
TIRED_OF = 3
CIRCLES = 2.2
FLED = 1.6
HOPELESS, HOPELESS_FROM = 3.2, 0.8
"""No other try can help, where that is so likely [fit]."""
VERSION = 1.4
"""Their version of the app fails at this page for many [fit]."""
OVERCAME = -0.9
"""Each page that they got past after a failure [fit]."""
INVITES = 0.6
"""From which probability on they struggle: two thirds of those who stand there do, and more of those who come to it [fit]."""

Sign = tuple[float, str]
"""What a sign adds to the log-odds, and what it is in plain words."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One run, as it stands."""

    probability: float
    why: tuple[str, ...]
    """Strongest first."""

    @property
    def struggles(self) -> bool:
        """Is it likely enough?"""
        return self.probability >= INVITES


def judge(memory: AppMemory, ranked: Ranked, *, version: bool) -> Judged:
    """Return how likely it is that they struggle. ``version``: many others fail at this page with the same version."""
    signs = sorted(_signs(memory, ranked, version=version), key=lambda one: -one[0])
    odds = USUALLY + sum(weight for weight, _ in signs)
    return Judged(1 / (1 + math.exp(-odds)), tuple(says for weight, says in signs if weight > 0))


def _signs(memory: AppMemory, ranked: Ranked, *, version: bool) -> Iterator[Sign]:
    yield from _failures(memory, ranked, version=version)
    tapped = sum(one.tapped for one in memory.at_page.values())
    if tapped:
        yield TAPPED + TAPPED_AGAIN * (min(tapped, TIRED_OF) - 1), "they tap one element over and over"
    if memory.circles:
        yield CIRCLES, "they come back to the same page again and again"
    if memory.fled:
        yield FLED, "they left the app right after an error"
    if memory.overcame:
        yield OVERCAME * memory.overcame, "they got past what had failed"


def _failures(memory: AppMemory, ranked: Ranked, *, version: bool) -> Iterator[Sign]:
    worst = memory.worst
    if not worst.failures:
        if version and worst.tapped:
            yield VERSION, "many with this version of the app are stuck at this page"
        return
    times = {1: "once", 2: "twice"}.get(worst.failures, f"{worst.failures} times")
    yield FAILED[min(worst.failures, len(FAILED) - 1)], f"they failed {times} at one page"
    if max(memory.errors.values(), default=0) > 1:
        yield SAME_AGAIN, "the same was refused again"
    if sum(bool(one.failures) for one in memory.at_page.values()) > 1:
        yield ELSEWHERE_TOO, "another page was refused, too"
    if ranked.hopeless >= HOPELESS_FROM:
        yield HOPELESS, "no other try can help"
    if version:
        yield VERSION, "many with this version of the app are stuck at this page"
