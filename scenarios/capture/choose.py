"""Chooses what of a ledger a case or a stretch of time needs, so that a new desk decides the same about it.

Three contexts are tried, the smallest story first that still says much: with every truck and agent that was free then
(the choice between them is part of what is replayed), with those alone that were chosen, and with all that happened before.
The last always replays, unless the desk itself decides otherwise than when the ledger was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dispatch.core.actions import AdoptTow, AssignCall, ReassignTow, SendTow
from dispatch.core.events import AgentBecameFree, AgentLeft, TruckReported
from dispatch.core.routing.events import AgentPaused
from dispatch.ledger.rows import Kind, Row, read
from dispatch.views.casebook import Casebook
from scenarios.report.day import Day

Context = Literal["neighbours", "own", "everything"]
CONTEXTS: tuple[Context, ...] = ("neighbours", "own", "everything")
_OPENED = {"WorkshopOpened", "SupplierOpened", "ServiceStarted"}
_HELD = {"SendTow", "ReassignTow", "AdoptTow"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be captured: a case, or what was decided from ``since`` until ``until``. POSIX seconds."""

    case: str | None
    since: float
    until: float


@dataclass(slots=True)
class Past:
    """A ledger, read once, and what can be asked of it."""

    rows: list[Row]
    book: Casebook = field(default_factory=Casebook)
    _truck_rows: dict[str, list[Row]] = field(default_factory=dict)
    _free_rows: dict[str, list[Row]] = field(default_factory=dict)
    _touching: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Past:
        """Read a ledger."""
        past = cls(list(rows))
        for row in past.rows:
            past.book.feed(row)
            said = read(row)
            if isinstance(said, TruckReported):
                past._truck_rows.setdefault(said.report.truck, []).append(row)
            elif isinstance(said, AgentBecameFree):
                past._free_rows.setdefault(said.agent, []).append(row)
        return past

    def inputs(self, wanted: Wanted, context: Context) -> list[Row]:
        """Return the inputs that make up a context, in the ledger's order."""
        if context == "everything":
            return [row for row in self.rows if row.kind is Kind.INPUT and row.at <= wanted.until]
        chosen = {row.seq for row in self.rows if row.type in _OPENED and row.at <= wanted.until}
        for case in self._cases(wanted):
            chosen |= self._of_case(case)
        if wanted.case is None:
            chosen |= {row.seq for row in self._within(wanted) if row.kind is Kind.INPUT}
        if context == "neighbours":
            chosen |= self._free_then(self._first_choice(wanted))
        return [row for row in self.rows if row.seq in chosen and row.kind is Kind.INPUT and row.at <= wanted.until]

    def actions(self, wanted: Wanted) -> list[Row]:
        """Return what was decided about it."""
        if wanted.case is not None:
            return [row for row in self.rows if row.kind is Kind.ACTION and row.case == wanted.case]
        return [row for row in self._within(wanted) if row.kind is Kind.ACTION]

    def _within(self, wanted: Wanted) -> list[Row]:
        return [row for row in self.rows if wanted.since <= row.at < wanted.until]

    def _cases(self, wanted: Wanted) -> list[str]:
        """Return the case, or those that were open when the stretch of time began."""
        if wanted.case is not None:
            return [wanted.case]
        return [
            case.case
            for case in self.book.cases.values()
            if case.opened_at < wanted.since and (case.closed_at is None or case.closed_at >= wanted.since)
        ]

    def _of_case(self, case: str) -> set[int]:
        """Return the inputs of one case, what made the desk decide about it, and the trucks and agents it chose.

        What else the customer rang about, and what else the device told, is a part of it: who is on the line is not rung.
        """
        view = self.book.cases[case]
        calls = {call.call for call in self.book.calls.values() if call.customer == view.customer}
        about = [f'"call":"{call}"' for call in calls] + [f'"device":"{view.device}"']
        found = {line.seq for line in self.book.timeline(case)} | self._on_the_way(case)
        for row in self.rows:
            if row.case == case and row.kind is Kind.ACTION:
                found.add(row.cause or 0)
            if row.kind is Kind.INPUT and any(one in row.body for one in about):
                found.add(row.seq)
            found |= self._chosen(row, case, calls)
        return found

    def _on_the_way(self, case: str) -> set[int]:
        """Return what the trucks said that were sent to the case, from then on until it was closed."""
        mine = [row for row in self.rows if row.case == case and row.type in {*_HELD, "CloseCase"}]
        end = next((row.seq for row in mine if row.type == "CloseCase"), self.rows[-1].seq)
        found: set[int] = set()
        for sent in mine:
            item = read(sent)
            if isinstance(item, SendTow | ReassignTow | AdoptTow):
                found |= {row.seq for row in self._truck_rows.get(item.truck, ()) if sent.seq < row.seq < end}
        return found

    def _chosen(self, row: Row, case: str, calls: set[str]) -> set[int]:
        """Return the last words of the truck or the agent that was chosen for the case, or for the customer's call."""
        item = read(row)
        if isinstance(item, SendTow | ReassignTow | AdoptTow) and item.case == case:
            return _last_before(self._truck_rows.get(item.truck, ()), row.seq)
        if isinstance(item, AssignCall) and item.call in calls:
            return _last_before(self._free_rows.get(item.agent, ()), row.seq)
        return set()

    def _first_choice(self, wanted: Wanted) -> Row:
        """Return the row from which on trucks and agents are chosen."""
        rows = self.actions(wanted) if wanted.case is not None else self._within(wanted)
        return next((row for row in rows if row.type in _HELD), rows[0])

    def _free_then(self, row: Row) -> set[int]:
        """Return the last words of every truck and agent that was free just before a row."""
        before = self.rows[: row.seq - 1]
        day = Day()
        for one in before:
            day.feed(one)
        bound = {job.truck for job in day.jobs if job.until is None}
        waiting = _waiting(before)
        found: set[int] = set()
        for truck, rows in self._truck_rows.items():
            found |= set() if truck in bound else _last_before(rows, row.seq)
        for agent, rows in self._free_rows.items():
            found |= _last_before(rows, row.seq) if agent in waiting else set()
        return found


def _last_before(rows: Sequence[Row], seq: int) -> set[int]:
    return {next((row.seq for row in reversed(rows) if row.seq < seq), 0)}


def _waiting(rows: Iterable[Row]) -> set[str]:
    """Return the agents who wait for a call where the rows end."""
    waiting: set[str] = set()
    for row in rows:
        item = read(row)
        if isinstance(item, AgentBecameFree):
            waiting.add(item.agent)
        elif isinstance(item, AgentLeft | AgentPaused | AssignCall):
            waiting.discard(item.agent)
    return waiting
