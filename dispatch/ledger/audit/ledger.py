"""The whole audit of a ledger: every row once, in order, in bounded memory. Pure; ``store.soundness`` asks the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast, get_args

from pydantic import ValidationError

from dispatch.core import actions, events
from dispatch.core.decisions import DECISIONS_VERSION, FIRST_VERSION
from dispatch.core.policy import Policy
from dispatch.ledger.audit.cases import Cases
from dispatch.ledger.audit.chain import Chain
from dispatch.ledger.audit.flaw import Flaw, Law
from dispatch.ledger.audit.redecide import Again, Difference
from dispatch.ledger.rows import GENESIS, Row, case_of, read

KEPT = 20
"""So many flaws and so much drift is told in words; all is counted."""
_SENSELESS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a desk may raise that is told something impossible, as a changed row may be."""


@dataclass(slots=True)
class AuditReport:
    """What the audit came to."""

    rows: int = 0
    cases: int = 0
    last_hash: str = GENESIS
    flaws: Counter[str] = field(default_factory=Counter)
    """By law."""
    told: list[Flaw] = field(default_factory=list)
    """The first of them."""
    drift: int = 0
    drift_told: list[Difference] = field(default_factory=list)
    decided_by: int | None = None
    """A version other than this one that decided some of it: then decisions are not compared (``dispatch.core.decisions``)."""
    replayed: int = 0
    """Inputs that were told to a fresh desk; fewer than there are where one could not be read."""

    @property
    def sound(self) -> bool:
        """Is nothing wrong? Difference is not."""
        return not self.flaws

    def note(self, found: Iterable[Flaw | Difference]) -> None:
        """Count what was found, and keep the first."""
        for one in found:
            if isinstance(one, Difference):
                self.drift += 1
                self.drift_told = [*self.drift_told, one][:KEPT]
            else:
                self.flaws[one.law.value] += 1
                self.told = [*self.told, one][:KEPT]


def audit(
    rows: Iterable[Row], report: AuditReport, policy: Policy | None = None, *, taken_before: int = 0
) -> Iterator[int]:
    """Go through a ledger, note in ``report`` what is wrong with it, and yield each row's number, for a progress bar.

    ``policy``: of the service that wrote it; with another one, a replay drifts. What stands before row ``taken_before`` is not
    decided anew: something of it was erased.
    """
    chain, cases, replay = Chain(), Cases(), _Replay(report, Again(policy), taken_before)
    for row in rows:
        report.rows, report.last_hash = report.rows + 1, row.hash
        report.note(chain.check(row))
        item, flaws = _read(row)
        report.note(flaws)
        if item is not None:
            report.note(cases.check(item, row.seq))
        replay.take(row, item)
        yield row.seq
    replay.end()
    report.decided_by = replay.decided_by
    report.cases = cases.seen


def _read(row: Row) -> tuple[events.Event | actions.Action | None, list[Flaw]]:
    try:
        item = read(row)
    except (KeyError, ValidationError, ValueError):
        return None, [Flaw(Law.BODY, f"its body is no {row.type}", row.seq)]
    if (item.key, case_of(item)) != (row.key, row.case):
        return item, [Flaw(Law.BODY, f"key or case is not that of its body, {item.key}", row.seq)]
    return item, []


class _Replay:
    """Gathers what belongs to an input: the alarms that rang since the one before, above it, and what it caused, below it."""

    def __init__(self, report: AuditReport, again: Again, taken_before: int) -> None:
        self._report = report
        self._taken_before = taken_before
        self._fold = again.fold() if taken_before else None
        self._again: Again | None = again
        self._input: tuple[events.Event, Row] | None = None
        self._stand: list[Row] = []
        self._alarms: list[Row] = []
        self._last: Row | None = None
        self.decided_by: int | None = None

    def take(self, row: Row, item: events.Event | actions.Action | None) -> None:
        """Take the next row."""
        first, self._last = self._last is None, row
        if self._is_taken(row):
            return
        started = isinstance(item, events.ServiceStarted)
        if isinstance(item, events.ServiceStarted) and item.decisions_version != DECISIONS_VERSION:
            self._decided_by(item.decisions_version)
        elif first and not started:
            self._decided_by(FIRST_VERSION)
        if item is None:
            self._again = None  # what follows from it cannot be told
        elif isinstance(item, get_args(events.Event)):
            self._settle()
            self._input, self._stand, self._alarms = (cast("events.Event", item), row), self._alarms, []
        elif row.cause is None:
            self._alarms.append(row)
        else:
            self._stand.append(row)

    def _is_taken(self, row: Row) -> bool:
        """Take a row as it stands, where something of the ledger is erased that stands behind it or is the row itself."""
        if self._fold is None:
            return False
        if row.seq < self._taken_before:
            try:
                self._fold.feed(row)
            except _SENSELESS as error:
                self._report.note([Flaw(Law.BODY, f"nothing can be made of it: {error!r}", row.seq)])
                self._fold = self._again = None
            return True
        if self._again is not None:
            self._again.goes_on_from(self._fold)
        self._fold = None
        return False

    def _decided_by(self, version: int) -> None:
        """Compare nothing that another version decided, nor what follows from it."""
        self.decided_by, self._again = version, None

    def end(self) -> None:
        """Settle the last input, and what rang behind it."""
        self._settle()
        if self._again is not None and self._last is not None:
            self._report.note(self._again.ended(self._last.at, self._alarms, self._last.seq))

    def _settle(self) -> None:
        """Hold what the desk decides about the input in hand against what stands there."""
        if self._again is None or self._input is None:
            return
        event, row = self._input
        try:
            self._report.note(list(self._again.heard(event, row.at, self._stand, row.seq)))
            self._report.replayed += 1
        except _SENSELESS as error:
            self._report.note([Flaw(Law.BODY, f"a desk can make no sense of it: {error!r}", row.seq)])
            self._again = None
