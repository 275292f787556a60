"""The ledger's inputs, told to a desk once more: it decides the same, because it knows no clock and no dice. Pure.

What another version of the rules decided is not decided anew (``fold``). What stands in the ledger was done and is not done
again, nor is anything done that the desk would have: under the same version, the difference is reported as drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import get_args

from dispatch.core.actions import Action
from dispatch.core.decisions import DECISIONS_VERSION
from dispatch.core.desk import Decision, Desk
from dispatch.core.events import Event, ServiceStarted
from dispatch.ledger.findings import decided_alike
from dispatch.ledger.fold import Fold
from dispatch.ledger.rows import Kind, Row, read

_EVENTS = get_args(Event)
EXAMPLES = 10


def replay(rows: Iterable[Row], desk: Desk) -> Iterator[tuple[Row, list[Decision]]]:
    """Tell ``desk`` every input of a ledger, in order, and yield each with what the desk decided about it.

    Alarms that rang after the last input come last, with the last row.
    """
    last: Row | None = None
    for row in rows:
        last = row
        if row.kind is Kind.INPUT:
            event = read(row)
            assert isinstance(event, _EVENTS)  # noqa: S101 - an input row holds an event
            yield row, desk.handle(event, row.at)
    if last is not None and last.kind is Kind.ACTION and last.cause is None:
        yield last, desk.wake(last.at)


@dataclass(slots=True)
class Drift:
    """How what a desk decides differs from what stands in the ledger."""

    otherwise: int = 0
    """Actions that it decides, too, but not in the same words."""
    not_now: int = 0
    """Actions that stand, and that it would not decide."""
    only_now: int = 0
    """Actions that it would decide, and that do not stand."""
    examples: list[str] = field(default_factory=list)
    """The first few, in words."""

    @property
    def count(self) -> int:
        """How many actions differ."""
        return self.otherwise + self.not_now + self.only_now

    def __bool__(self) -> bool:
        return self.count > 0

    def note(self, what: str) -> None:
        """Keep an example."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(what)


@dataclass(slots=True)
class Comparison:
    """Holds what a desk decides against what stands, key by key, in whichever order they come."""

    _recorded: dict[str, Row] = field(default_factory=dict)
    _decided: dict[str, Action] = field(default_factory=dict)
    _drift: Drift = field(default_factory=Drift)

    def stands(self, row: Row) -> None:
        """Take an action of the ledger."""
        key = row.key or ""
        decided = self._decided.pop(key, None)
        if decided is None:
            self._recorded[key] = row
        else:
            self._compare(row, decided)

    def decided(self, action: Action) -> None:
        """Take an action that the desk decides."""
        row = self._recorded.pop(action.key, None)
        if row is None:
            self._decided[action.key] = action
        else:
            self._compare(row, action)

    def drift(self) -> Drift:
        """Return what differs, after the last row."""
        self._drift.not_now, self._drift.only_now = len(self._recorded), len(self._decided)
        for row in self._recorded.values():
            self._drift.note(f"row {row.seq}: {row.type} {row.key} stands and would not be decided now")
        for action in self._decided.values():
            self._drift.note(f"{type(action).__name__} {action.key} would be decided now and does not stand")
        return self._drift

    def _compare(self, row: Row, action: Action) -> None:
        if not decided_alike(row, action):
            self._drift.otherwise += 1
            self._drift.note(f"row {row.seq}: {row.type} {row.key} would be decided otherwise now")


def restore(rows: Iterable[Row], desk: Desk, version: int = DECISIONS_VERSION, *, taken_before: int = 0) -> Drift:
    """Bring a desk to where the ledger ends, from where it stands. What it decides on the way is compared, never done.

    ``version``: of the rules that decided the first of the rows (``dispatch.core.decisions``). What another version decided is
    taken as it stands, and so is what stands before row ``taken_before``, of which something was erased.
    """
    comparison = Comparison()
    for _, decisions in replay(_shown(_ours(rows, desk, version, taken_before), comparison), desk):
        for _, action in decisions:
            comparison.decided(action)
    return comparison.drift()


def _ours(rows: Iterable[Row], desk: Desk, version: int, taken_before: int) -> Iterator[Row]:
    """Yield the rows that this version decided and that can be decided anew, and fold the others into the desk."""
    fold: Fold | None = None
    for row in rows:
        version = _decides(row) or version
        if version != DECISIONS_VERSION or row.seq < taken_before:
            fold = fold or Fold.after(desk.policy, desk.standing(), version)
            fold.feed(row)
            continue
        if fold is not None:
            desk.stand(fold.standing())
            fold = None
        yield row
    if fold is not None:
        desk.stand(fold.standing())


def _decides(row: Row) -> int | None:
    """Return which version of the rules decides from a row on; ``None``: the same as before."""
    event = read(row) if row.type == ServiceStarted.__name__ else None
    return event.decisions_version if isinstance(event, ServiceStarted) else None


def _shown(rows: Iterable[Row], comparison: Comparison) -> Iterator[Row]:
    for row in rows:
        if row.kind is Kind.ACTION:
            comparison.stands(row)
        yield row
