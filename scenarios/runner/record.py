"""What a virtual run leaves behind: its ledger, row by row into the store or a list, and what the scorecard counts of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Row
from dispatch.store.batch import ORDERED, PUSHED, TOLD
from dispatch.store.journal import Journal
from scenarios.score.ledger_facts import Facts

DONE = PUSHED | TOLD | ORDERED
AT_ONCE = 2_000
"""Turns that are committed together."""


@dataclass(slots=True)
class Record:
    """Takes every turn. Without a ``journal`` all rows stay in memory; with one, none for long: ``flush`` at the end."""

    journal: Journal | None = None
    facts: Facts = field(default_factory=Facts)
    rows: list[Row] = field(default_factory=list)
    """The ledger, where there is no journal."""
    _waiting: list[Turn] = field(default_factory=list)

    def take(self, turn: Turn) -> None:
        """Take what one input came to."""
        for row in turn.rows:
            self.facts.feed(row)
        if self.journal is None:
            self.rows += turn.rows
            return
        self._waiting.append(turn)
        if len(self._waiting) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Bring what waits into the store. What was to be sent to a device has reached it: there is no network here."""
        if self.journal is None or not self._waiting:
            return
        turns, self._waiting = self._waiting, []
        at = turns[-1].rows[-1].at
        self.journal.commit(turns, at)
        self.journal.outbox.note_commands(
            [row.key for turn in turns for row in turn.rows if row.key and row.type in DONE], at
        )
