"""When customers phoned, and how long they had not when we rang first: read from a ledger, row by row, in order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dispatch.core.actions import AssignCall, CloseCase, OpenCase, QueueCall, ReviseCase
from dispatch.core.call_order.hazards import classes_of
from dispatch.core.events import CallConnected, CallEnded, CaseReported, FaultFound, Outcome
from dispatch.ledger.findings import Findings
from dispatch.ledger.rows import Row, read
from gateway.finding import Finding


@dataclass(frozen=True, slots=True)
class Spell:
    """One customer who had heard nothing: for how long, and whether it ended with their call."""

    classes: tuple[str, ...]
    """Of the fault as it was known then, the narrowest first."""
    seconds: float
    """From the opening of the case."""
    phoned: bool
    """Else all that is known is that they had not phoned by then: we rang first, the case was over, the ledger ends."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to ring a customer, until agent and line were free again."""

    classes: tuple[str, ...]
    unanswered: int
    """So many in a row before it were in vain."""
    answered: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody who rang in and held the line; ``hung_up``: until they had enough, else until an agent took the call."""

    seconds: float
    hung_up: bool


@dataclass(slots=True)
class Seen:
    """What a ledger shows of people and their telephones."""

    spells: list[Spell] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)


@dataclass(slots=True)
class _Case:
    finding: Finding
    opened_at: float
    rung: bool = False
    """It is one that we ring about."""
    heard: bool = False


@dataclass(slots=True)
class _Call:
    case: str | None
    inbound: bool
    queued_at: float
    assigned_at: float | None = None
    answered: bool = False
    unanswered: int = 0


@dataclass(slots=True)
class _Reader:
    seen: Seen = field(default_factory=Seen)
    findings: Findings = field(default_factory=Findings)
    cases: dict[str, _Case] = field(default_factory=dict)
    calls: dict[str, _Call] = field(default_factory=dict)
    at: float = 0.0

    def feed(self, row: Row) -> None:
        """Take one row."""
        self.at = row.at
        reader = _READERS.get(row.type)
        if reader is not None:
            reader(self, read(row), row)

    def found(self, event: FaultFound | CaseReported, row: Row) -> None:
        self.findings.note(row, event)

    def opened(self, action: OpenCase, row: Row) -> None:
        found = self.findings.behind(action)
        if isinstance(found.event, FaultFound):  # whoever told of it has phoned already
            self.cases[action.case] = _Case(found.finding, row.at)

    def revised(self, action: ReviseCase, _: Row) -> None:
        case = self.cases.get(action.case)
        if case is not None and action.changed != ("also",):
            case.finding = self.findings.behind(action).finding

    def queued(self, action: QueueCall, row: Row) -> None:
        inbound = action.direction == "inbound"
        before = self.calls.get(action.call)
        unanswered = before.unanswered if before is not None else 0
        self.calls[action.call] = _Call(action.case, inbound, row.at, unanswered=unanswered)
        case = self.cases.get(action.case or "")
        if case is not None and inbound:
            self._ends(case, phoned=True)
        elif case is not None:
            case.rung = True

    def assigned(self, action: AssignCall, row: Row) -> None:
        call = self.calls.get(action.call)
        if call is not None:
            call.assigned_at = row.at
            if call.inbound:
                self.seen.holds.append(Hold(row.at - call.queued_at, hung_up=False))

    def connected(self, event: CallConnected, _: Row) -> None:
        call = self.calls.get(event.call)
        if call is None or call.inbound:
            return
        call.answered = True
        case = self.cases.get(call.case or "")
        if case is not None:
            self._ends(case, phoned=False)

    def ended(self, event: CallEnded, row: Row) -> None:
        call = self.calls.get(event.call)
        if call is None or event.outcome is Outcome.NOT_TAKEN:
            return
        if call.inbound and call.assigned_at is None and event.outcome is Outcome.ABANDONED:
            self.seen.holds.append(Hold(row.at - call.queued_at, hung_up=True))
        if not call.inbound and call.assigned_at is not None:
            self._attempted(call, row.at - call.assigned_at)

    def _attempted(self, call: _Call, seconds: float) -> None:
        case = self.cases.get(call.case or "")
        classes = classes_of(case.finding) if case is not None else ()
        self.seen.attempts.append(Attempt(classes, call.unanswered, call.answered, seconds))
        call.unanswered = 0 if call.answered else call.unanswered + 1
        call.assigned_at, call.answered = None, False

    def closed(self, action: CloseCase, _: Row) -> None:
        case = self.cases.pop(action.case, None)
        if case is not None:
            self._ends(case, phoned=False)

    def over(self) -> Seen:
        """Return what was seen, where the ledger ends here."""
        for case in self.cases.values():
            self._ends(case, phoned=False)
        return self.seen

    def _ends(self, case: _Case, *, phoned: bool) -> None:
        """They have phoned, or heard of it; only the first counts, and only of cases that we ring about."""
        if not case.heard and (case.rung or phoned):
            self.seen.spells.append(Spell(classes_of(case.finding), self.at - case.opened_at, phoned))
        case.heard = True


_READERS: dict[str, Callable[[_Reader, Any, Row], None]] = {
    FaultFound.__name__: _Reader.found,
    CaseReported.__name__: _Reader.found,
    OpenCase.__name__: _Reader.opened,
    ReviseCase.__name__: _Reader.revised,
    QueueCall.__name__: _Reader.queued,
    AssignCall.__name__: _Reader.assigned,
    CallConnected.__name__: _Reader.connected,
    CallEnded.__name__: _Reader.ended,
    CloseCase.__name__: _Reader.closed,
}


def phoning(rows: Iterable[Row]) -> Seen:
    """Read a ledger."""
    reader = _Reader()
    for row in rows:
        reader.feed(row)
    return reader.over()


def by_class(spells: Iterable[Spell]) -> dict[str, list[Spell]]:
    """Return the spells of each class: every one stands in all that it is of."""
    found: dict[str, list[Spell]] = defaultdict(list)
    for spell in spells:
        for name in dict.fromkeys(spell.classes):
            found[name].append(spell)
    return dict(found)
