"""What a case's version is: the number of the last row that changed what a dispatcher decides by. Pure.

Whoever acts names the version they saw. What was only noted or acknowledged since makes nobody's act stale, nor does what comes
anyway: positions, arrivals reckoned anew, calls that are handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, get_args

from dispatch.core.actions import CallAction, CloseCase, DismissTruck, OwnerAction, RenewEta
from dispatch.core.acts import CaseAcknowledged, CaseNoted, CaseRaised, DispatcherEvent, MuteAct
from dispatch.core.events import (
    AnswerEvent,
    CaseReported,
    Event,
    TruckReported,
)
from dispatch.core.ids import case_of_tow, request_of
from dispatch.core.purse.actions import PaymentAction
from dispatch.ledger.rows import Row, Said, read

_COMES_ANYWAY = RenewEta | DismissTruck | OwnerAction | CallAction | PaymentAction
"""Actions that nobody's decision hangs on."""
CONTRADICTS_NOTHING = CaseAcknowledged | CaseNoted | CaseRaised | MuteAct
"""Acts that are never stale, and make none so."""


def changes(said: Said) -> str | None:
    """Return the case that a row changes to who decides about it; ``None``: none."""
    kind: type = type(said)
    return _reading(kind)(said)


@cache
def _reading(said: type) -> Callable[[Any], str | None]:
    """Return what tells the case that one of this class changes: ``isinstance`` would try dozens of them at each row."""
    if said in get_args(Event):
        return _heard
    return (lambda _action: None) if said in get_args(_COMES_ANYWAY) else attrgetter("case")


def _heard(event: Event) -> str | None:
    if isinstance(event, TruckReported):
        return case_of_tow(event.report.job) if event.report.job and event.report.job_state else None
    if isinstance(event, DispatcherEvent):
        return None if isinstance(event, CONTRADICTS_NOTHING) else event.case
    if isinstance(event, CaseReported):
        return event.corrects or None
    if isinstance(event, AnswerEvent):
        asked = request_of(event.request)
        return asked.case if asked is not None else None
    return None  # what is decided about it changes the case


class Versions:
    """Case → its version, of the open cases that changed since this was made. ``note`` every row as it is written."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def note(self, row: Row) -> None:
        """Take the next row."""
        said = read(row)
        case = changes(said)
        if isinstance(said, CloseCase):
            self._of.pop(said.case, None)
        elif case is not None:
            self._of[case] = row.seq

    def is_stale(self, case: str, seen: int) -> bool:
        """Did a case change behind row ``seen``? What changed before this was made is not known."""
        return self._of.get(case, 0) > seen
