"""The calls that wait for an agent as people see them: in whose turn, and how likely each customer is to phone meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from dispatch.core.call_order.hazards import Hazard
from dispatch.views.case_view import CallView
from dispatch.views.casebook import Casebook
from dispatch.views.durations import rfc3339

SOON_S = 120.0


@dataclass(slots=True)
class WaitingCall(CallView):
    """A call that waits for an agent."""

    phones_within_two_minutes: float | None = None
    """How likely the customer is to phone by then who has heard nothing; ``None``: they rang in."""
    hazards: str = ""
    """The version of the model that says so."""
    due_at: str = ""
    """``due`` as RFC 3339 has it."""
    rings_at: str = ""
    """When it is rung at the earliest, RFC 3339, where that is to come: the customer asked for it, or sleeps; else empty."""


def waiting_calls(book: Casebook, turns: Sequence[str], now: float) -> list[WaitingCall]:
    """Return the calls that wait at ``now``, POSIX seconds; ``turns``: their names in the order in which they are served."""
    rank = {name: number for number, name in enumerate(turns)}
    in_turn = sorted(book.queue(), key=lambda call: rank.get(call.call, len(rank)))
    return [_shown(book, call, now) for call in in_turn]


def hazard_of(book: Casebook, call: CallView) -> tuple[float, Hazard] | None:
    """Return since when the customer of a call of ours may phone, POSIX seconds, and how; ``None``: they rang in."""
    case = book.case_for(call)
    if call.direction == "inbound" or case is None:
        return None
    return case.opened_at, book.hazards.hazard(case.finding)


def _shown(book: Casebook, call: CallView, now: float) -> WaitingCall:
    found = hazard_of(book, call)
    shown = WaitingCall(**{one.name: getattr(call, one.name) for one in fields(CallView)})
    shown.due_at, shown.rings_at = rfc3339(call.due), rfc3339(call.not_before) if call.not_before > now else ""
    if found is not None:
        opened_at, hazard = found
        shown.phones_within_two_minutes = round(hazard.phones(now - opened_at, SOON_S), 4)
        shown.hazards = book.hazards.version
    return shown
