"""What became of every fault: which was lost, which led to something twice. By the ledger, and by what the devices heard. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dispatch.core.ids import EventKind, heard_of
from dispatch.ledger.rows import Row
from scenarios.bench.live import words

FOUND, SENT = "FaultFound", "SendNotice"


@dataclass(frozen=True, slots=True)
class Losses:
    """Counts; the first two must be 0."""

    lost: int
    """Faults without a finding, without an action, or whose command never came."""
    duplicates: int
    """Findings and actions that a fault led to beyond the first."""
    commands_again: int
    """Commands that a device heard once more, under the same id: it ignores them."""
    unanswered: int
    """Of the lost: those whose command never came."""


def judge(faults: Iterable[dict[str, Any]], rows: Iterable[Row]) -> Losses:
    """Compare what was told with what the ledger says was done."""
    wanted = {f"{one['device']}/{words.BOOT}-{one['seq']}": one for one in faults}
    found, sent = Counter[str](), Counter[str]()
    for row in rows:
        if row.type == FOUND and row.key:
            found[heard_of(EventKind.FOUND, row.key)] += 1
        elif row.type == SENT and row.case:
            sent[row.case] += 1
    unanswered = {name for name, one in wanted.items() if one["answered"] is None}
    undone = {name for name in wanted if not found[name] or not sent[name]}
    return Losses(
        lost=len(unanswered | undone),
        duplicates=sum(max(0, count - 1) for counts in (found, sent) for count in counts.values()),
        commands_again=sum(one["again"] for one in wanted.values()),
        unanswered=len(unanswered),
    )
