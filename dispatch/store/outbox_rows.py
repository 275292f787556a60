"""The outbox in the store: what devices and partners are still to be told, what became of it, and the dead letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from dispatch.ledger.personal import Opener
from dispatch.ledger.rows import Row
from dispatch.outgoing.outbox import Errand, ErrandOutcome
from dispatch.store.bulk import Line, execute_each
from dispatch.store.database import Database
from dispatch.store.ledger_rows import row_of
from dispatch.store.tables import ledger, outbox

_WAITS = outbox.c.done_at.is_(None) & outbox.c.dead.is_(None)
_FOR_DEVICES = outbox.c.partner.is_(None)
_TICK = "UPDATE outbox SET done_at = ?, dead = ?, outcome = ? WHERE key = ?"
_NOTE = "UPDATE outbox SET done_at = ?, dead = ?, attempts = ?, next_at = ?, outcome = ?, trouble = ? WHERE key = ?"


@dataclass(frozen=True, slots=True)
class Letter:
    """An action that a partner is told, and how it stands."""

    row: Row
    attempts: int
    next_at: float | None
    outcome: ErrandOutcome | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An action that was not carried out, and why. Times are POSIX seconds."""

    key: str
    seq: int
    type: str
    case: str | None
    partner: str | None
    """``None``: it was for a device."""
    decided_at: float
    attempts: int
    outcome: str | None
    """expired, refused, forbidden."""
    reason: str


@dataclass(frozen=True, slots=True)
class OutboxLength:
    """``oldest_at``: when the oldest that waits was decided, POSIX seconds; ``None`` where nothing waits."""

    waiting: int = 0
    oldest_at: float | None = None
    dead: int = 0


class OutboxRows:
    """Lines come with the batch that decided them; here they are read and ticked off. Every method raises ``JournalFailed``."""

    def __init__(self, database: Database, opener: Opener) -> None:
        self._database = database
        self._opener = opener

    def commands(self) -> list[Row]:
        """Return the actions that are still to be sent to a device, oldest first."""
        query = select(ledger).join(outbox, outbox.c.seq == ledger.c.seq).where(_WAITS & _FOR_DEVICES)
        with self._database.reading() as connection:
            return [row_of(line, self._opener) for line in connection.execute(query.order_by(ledger.c.seq))]

    def note_commands(
        self, sent: Sequence[str], at: float, *, forbidden: Mapping[str, str] | None = None, expired: Sequence[str] = ()
    ) -> None:
        """Note which actions reached the broker, which never will and why, and which the desk has moved on from."""
        ended = {**dict.fromkeys(expired, "expired"), **dict.fromkeys(sent, "sent")}
        done: list[Line] = [(at, None, outcome, key) for key, outcome in ended.items()]
        done += [(None, reason, "forbidden", key) for key, reason in (forbidden or {}).items()]
        if done:
            self._database.write(lambda connection: execute_each(connection, _TICK, done))

    def letters(self) -> list[Letter]:
        """Return what partners are still to be told, and their dead letters, in the ledger's order."""
        query = select(ledger, outbox.c.attempts, outbox.c.next_at, outbox.c.outcome, outbox.c.dead, outbox.c.trouble)
        query = query.join(outbox, outbox.c.seq == ledger.c.seq).where(outbox.c.partner.is_not(None))
        with self._database.reading() as connection:
            lines = connection.execute(query.where(_WAITS | outbox.c.dead.is_not(None)).order_by(outbox.c.seq))
            return [_letter(line, self._opener) for line in lines]

    def note_letters(self, changed: Sequence[Errand], at: float) -> None:
        """Note how errands stand; an outcome holds from ``at``, POSIX seconds."""
        lines = [_changed(one, at) for one in changed]
        if lines:
            self._database.write(lambda connection: execute_each(connection, _NOTE, lines))

    def dead_letters(self, after: int, limit: int) -> list[DeadLetter]:
        """Return dead letters whose action stands behind row ``after``, oldest first: partners' and devices'."""
        query = select(
            *(outbox.c.key, outbox.c.seq, ledger.c.type, ledger.c.case, outbox.c.partner, ledger.c.at),
            *(outbox.c.attempts, outbox.c.outcome, outbox.c.dead),
        ).join(ledger, ledger.c.seq == outbox.c.seq)
        query = query.where(outbox.c.dead.is_not(None), outbox.c.seq > after).order_by(outbox.c.seq).limit(limit)
        with self._database.reading() as connection:
            return [DeadLetter(*line) for line in connection.execute(query)]

    def length(self) -> OutboxLength:
        """Count the commands that wait, and what is dead, of devices and partners. A partner that is away is not our trouble."""
        dead = select(func.count()).select_from(outbox).where(outbox.c.dead.is_not(None))
        waits = select(func.count(), func.min(outbox.c.seq)).select_from(outbox).where(_WAITS & _FOR_DEVICES)
        with self._database.reading() as connection:
            waiting, first = connection.execute(waits).one()
            oldest = connection.scalar(select(ledger.c.at).where(ledger.c.seq == first)) if first is not None else None
            return OutboxLength(waiting, oldest, connection.scalar(dead) or 0)


def _changed(errand: Errand, at: float) -> Line:
    """Return what ``_NOTE`` takes."""
    over, buried = errand.outcome is not None, errand.outcome is not None and errand.outcome.dead
    return (
        at if over and not buried else None,
        (errand.trouble or "it was not tried") if buried else None,
        errand.attempts,
        None if over else errand.next_at,
        str(errand.outcome) if errand.outcome is not None else None,
        errand.trouble,
        errand.key,
    )


def _letter(line: Any, opener: Opener) -> Letter:  # noqa: ANN401 - a line of ledger and outbox
    *row, attempts, next_at, outcome, reason, trouble = line
    return Letter(
        row_of(row, opener), attempts, next_at, ErrandOutcome(outcome) if outcome else None, reason or trouble
    )
