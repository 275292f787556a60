"""What whoever takes over a shift has to know: what is open, whose it is, what was promised, and what will be late. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.core.policy import Policy
from dispatch.core.transitions import CareState
from dispatch.views.arrival import late_by
from dispatch.views.case_view import CaseView, MutedView
from dispatch.views.casebook import Casebook
from gateway.finding import Help

MOST = 200
"""So many of each are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """A case in a summary. Times are POSIX seconds."""

    case: str
    name: str
    severity: str
    near: str
    opened_at: float
    owner: str | None
    truck: str | None
    eta: float | None
    due: float
    """When help should be there."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the cases: how many, and the first of them."""

    count: int
    cases: list[ShiftLine]


@dataclass(frozen=True, slots=True)
class Shift:
    """The house as it stands. ``at``: POSIX seconds."""

    at: float
    open: int
    mine: Listed
    """Of whoever asks."""
    handed_to_me: Listed
    """Of those: which they have not acknowledged."""
    unacknowledged: Listed
    """Severe, and seen by nobody."""
    escalated: Listed
    waiting: Listed
    """For a truck, and none is on its way."""
    promised: Listed
    """A truck, or a contractor, said that it comes."""
    late: Listed
    """Help is not there when it is due, or will not be."""
    muted: list[MutedView]


def shift(book: Casebook, dispatcher: str, policy: Policy, now: float) -> Shift:
    """Return the summary for a dispatcher, as the service knows them."""
    found = book.open_cases()
    severe = [case for case in found if case.finding.severity.rank >= policy.acknowledge_from.rank]
    mine = [case for case in found if case.care.owner == dispatcher]
    return Shift(
        now,
        len(found),
        _listed(mine, policy),
        _listed((case for case in mine if case.care.stood.state is CareState.GIVEN), policy),
        _listed((case for case in severe if not case.care.is_seen), policy),
        _listed((case for case in found if case.escalations), policy),
        _listed(filter(waits, found), policy),
        _listed(filter(is_promised, found), policy),
        _listed((case for case in found if late_s(case, policy, now)), policy),
        book.muted(now)[:MOST],
    )


def waits(case: CaseView) -> bool:
    """Is a truck wanted for a case, and none on its way?"""
    wanted = case.finding.remedy.help in {Help.ROADSIDE, Help.TOW} and not case.asks_first
    return wanted and case.awaits_truck and not is_promised(case)


def is_promised(case: CaseView) -> bool:
    """Did a truck of ours or a partner say that it comes?"""
    comes = case.order is not None and case.order.state in {"accepted", "too_late"}
    return comes or (case.help is not None and case.help.state == "promised")


def due_at(case: CaseView, policy: Policy) -> float:
    """Return when help should be there, POSIX seconds."""
    return case.opened_at + policy.due_s


def late_s(case: CaseView, policy: Policy, now: float) -> float:
    """Return by how much help is late, or will be by what is known, seconds; 0: it is in time, or nobody has to come."""
    due, help_ = due_at(case, policy), case.help
    if help_ is not None and help_.state in {"offered", "promised"}:
        return max(0.0, help_.eta - due, late_by(help_, now))
    return max(0.0, now - due) if waits(case) else 0.0


def _listed(cases: Iterable[CaseView], policy: Policy) -> Listed:
    found = list(cases)
    return Listed(len(found), [_line(case, policy) for case in found[:MOST]])


def _line(case: CaseView, policy: Policy) -> ShiftLine:
    help_ = case.help if case.help is not None and case.help.under_way else None
    return ShiftLine(
        *(case.case, case.finding.name, case.finding.severity.value, case.near, case.opened_at, case.care.owner),
        *(help_.truck if help_ else None, help_.eta if help_ else None, due_at(case, policy)),
    )
