"""How long every call of a ledger waited for an agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dispatch.core.actions import AssignCall, QueueCall
from dispatch.core.events import CallEnded
from dispatch.ledger.rows import Row, read
from scenarios.story.distributions import Numbers

_TYPES = {"QueueCall", "AssignCall", "CallEnded"}


@dataclass(slots=True)
class Wait:
    """One call: when it came into the queue, when it left it, and how. POSIX seconds."""

    since: float
    inbound: bool
    until: float | None = None
    gave_up: bool = False
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """Calls that came within a window. Arrays of one length."""

    seconds: Numbers
    talked: Numbers
    """Seconds with an agent; 0 for who gave up."""
    inbound: np.typing.NDArray[np.bool_]
    gave_up: np.typing.NDArray[np.bool_]


def waits(rows: Iterable[Row], first: float, last: float) -> Waits:
    """Read the calls that were queued from ``first`` to ``last``; what still waits at the ledger's end waited until then."""
    calls: dict[str, Wait] = {}
    end = last
    for row in rows:
        end = row.at
        if row.type in _TYPES:
            _take(calls, row)
    mine = [call for call in calls.values() if first <= call.since < last]
    seconds = np.array([(end if call.until is None else call.until) - call.since for call in mine])
    talked = np.array([_talked(call, end) for call in mine])
    return Waits(seconds, talked, np.array([c.inbound for c in mine], bool), np.array([c.gave_up for c in mine], bool))


def _take(calls: dict[str, Wait], row: Row) -> None:
    item = read(row)
    if isinstance(item, QueueCall):
        calls.setdefault(item.call, Wait(row.at, item.direction == "inbound"))
    elif isinstance(item, AssignCall):
        calls[item.call].until = row.at
    elif isinstance(item, CallEnded):
        call = calls[item.call]
        call.ended = row.at
        if call.until is None:
            call.until, call.gave_up = row.at, True


def _talked(call: Wait, end: float) -> float:
    if call.gave_up or call.until is None:
        return 0.0
    return (end if call.ended is None else call.ended) - call.until
