"""Which finding a case was opened for, and which one revised it. Pure.

The action says so by the finding's key. ``OpenCase`` of older ledgers does not: it stands behind the finding that opened it,
before any other. That is known here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from dispatch.core.actions import Action, OpenCase, ReviseCase
from dispatch.core.events import CaseReported, FaultFound
from dispatch.ledger.rows import Row, body_of, read
from gateway.finding import Finding


class Found(NamedTuple):
    """A finding as it stands in the ledger."""

    row: Row
    event: FaultFound | CaseReported

    @property
    def finding(self) -> Finding:
        """What was found."""
        return self.event.finding


@dataclass(slots=True)
class Findings:
    """``note`` each finding; ``behind`` tells which of them led to an action.

    What is decided about a finding stands before the next one, so that none has to be kept for longer.
    """

    _last: Found | None = None

    def note(self, row: Row, event: FaultFound | CaseReported) -> None:
        """Take a finding of the ledger."""
        self._last = Found(row, event)

    def behind(self, action: OpenCase | ReviseCase) -> Found:
        """Return the finding that a case was opened for or revised by. Raises ``KeyError`` where it is not the last one."""
        found = self._last
        if found is None or action.finding not in {found.finding.key, _NOT_SAID}:
            raise KeyError(action.finding)
        return found


_NOT_SAID = ""
"""The key of the finding, in an ``OpenCase`` of an older ledger."""


def decided_alike(row: Row, action: Action) -> bool:
    """Tell whether a row holds this very action; that an older one does not say which finding it is about is no difference."""
    if row.type != type(action).__name__:
        return False
    return row.body == body_of(action) or comparable(read(row)) == comparable(action)


def comparable(action: object) -> object:
    """Return an action as it can be held against one of an older ledger."""
    return replace(action, finding=_NOT_SAID) if isinstance(action, OpenCase) else action
