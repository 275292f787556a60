"""Why customers phoned before we called: a reason for each, and how many could have been called first at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from matplotlib.ticker import MaxNLocator

from scenarios.report.ink import BLUE, drawing, svg
from scenarios.score.scorecard import ScoreEvidence
from scenarios.score.would_phone import RING_S, WouldPhone, would_phone

WIDE = 10.4
"""Inches."""


class Reason(StrEnum):
    """What came between us and them. In the order it is asked."""

    NOT_NOTICEABLE = "there was nothing to notice yet"
    TOLD_NOTHING = "the device told nothing"
    NO_COVERAGE = "told in time, without coverage"
    TOLD_LATER = "the device told later"
    NOT_CONCLUDED = "told in time, concluded later"
    UNANSWERED = "rung, and not answered"
    NOT_QUEUED = "concluded, and not to be called"
    WAITED_FOR_AGENT = "waited for an agent"
    OTHER = "other: ringing just then"


@dataclass(frozen=True, slots=True)
class PhonedFirst:
    """Of ``would_phone`` customers, how many phoned first by reason; who was called first, could have been, was spared."""

    would_phone: int
    called_first: int
    reachable: int
    spared: int
    reasons: Mapping[Reason, int]
    """Every reason, most of them perhaps 0."""


def why_phoned_first(evidence: ScoreEvidence) -> PhonedFirst | None:
    """Give each customer who phoned first one reason; ``None`` where the truth is not known."""
    if evidence.truth is None:
        return None
    all_of_them = would_phone(evidence.truth, evidence.facts.last_at)
    counts = Counter(
        reason_of(one) for one in all_of_them if one.fault.phoned_at is not None and not one.is_called_first
    )
    return PhonedFirst(
        len(all_of_them),
        sum(one.is_called_first for one in all_of_them),
        sum(one.is_reachable for one in all_of_them),
        sum(one.is_spared for one in all_of_them),
        {reason: counts[reason] for reason in Reason},
    )


def reason_of(one: WouldPhone) -> Reason:
    """Say why a customer who phoned was first."""
    fault, phoned = one.fault, one.phones_at
    assert phoned is not None  # noqa: S101 - they did
    if fault.noticeable_at is None or phoned < fault.noticeable_at:
        return Reason.NOT_NOTICEABLE
    if one.is_reachable:
        return _ours(one, phoned)
    if fault.shown_at is not None and fault.shown_at + RING_S < phoned:
        return Reason.NO_COVERAGE
    return Reason.TOLD_NOTHING if one.told_at is None else Reason.TOLD_LATER


def _ours(one: WouldPhone, phoned: float) -> Reason:
    """Say what kept us from one whose device had told in time."""
    case = next((case for case in one.cases if not case.by_customer), None)
    if case is None or case.opened_at >= phoned:
        return Reason.NOT_CONCLUDED
    if case.unanswered_at is not None and case.unanswered_at < phoned:
        return Reason.UNANSWERED
    if case.queued_at is None or case.queued_at >= phoned:
        return Reason.NOT_QUEUED
    return Reason.WAITED_FOR_AGENT if case.assigned_at is None or case.assigned_at >= phoned else Reason.OTHER


def picture(found: PhonedFirst) -> str:
    """Draw how many phoned first for each reason there is."""
    shown = [(reason, count) for reason, count in found.reasons.items() if count]
    with drawing(WIDE, 0.9 + 0.3 * len(shown)) as canvas:
        axes: Any = canvas.subplots()
        axes.barh(range(len(shown)), [count for _, count in shown], color=BLUE)
        for row, (_, count) in enumerate(shown):
            axes.text(count, row, f" {count / found.would_phone:.1%}", va="center", fontsize=8.5)
        axes.set_yticks(range(len(shown)), [str(reason) for reason, _ in shown], fontsize=8.5)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("customers who phoned first")
        return svg(canvas, "why")
