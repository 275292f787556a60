"""The outbox in the store: what partners are still to be told, what became of it, and the dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from dispatch.ledger.rows import Kind, Row
from dispatch.outgoing.outbox import Errand, ErrandOutcome
from dispatch.store import tables


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


def standing(connection: Connection) -> list[Letter]:
    """Return partners' errands that wait and those that are dead, in the ledger's order."""
    box = tables.outbox
    alive = box.c.done_at.is_(None) & box.c.dead.is_(None)
    query = select(tables.ledger, box.c.attempts, box.c.next_at, box.c.outcome, box.c.dead, box.c.trouble)
    query = query.join(box, box.c.seq == tables.ledger.c.seq).where(box.c.partner.is_not(None))
    return [
        _letter(line) for line in connection.execute(query.where(alive | box.c.dead.is_not(None)).order_by(box.c.seq))
    ]


def note(connection: Connection, changed: Sequence[Errand], at: float) -> None:
    """Write how errands stand. ``at``: POSIX seconds."""
    box = tables.outbox
    change = update(box).where(box.c.key == bindparam("of"))
    names = ("done_at", "dead", "attempts", "next_at", "outcome", "trouble")
    connection.execute(
        change.values({name: bindparam(f"new_{name}") for name in names}), [_as(one, at) for one in changed]
    )


def dead(connection: Connection, after: int, limit: int) -> list[DeadLetter]:
    """Return dead letters behind row ``after``, oldest first."""
    box, row = tables.outbox, tables.ledger
    query = select(
        box.c.key, box.c.seq, row.c.type, row.c.case, box.c.partner, row.c.at, box.c.attempts, box.c.outcome, box.c.dead
    )
    query = query.join(row, row.c.seq == box.c.seq).where(box.c.dead.is_not(None), box.c.seq > after)
    return [DeadLetter(*line) for line in connection.execute(query.order_by(box.c.seq).limit(limit))]


def _as(errand: Errand, at: float) -> dict[str, Any]:
    over, buried = errand.outcome is not None, errand.outcome is not None and errand.outcome.dead
    return {
        "of": errand.key,
        "new_done_at": at if over and not buried else None,
        "new_dead": (errand.trouble or "it was not tried") if buried else None,
        "new_attempts": errand.attempts,
        "new_next_at": None if over else errand.next_at,
        "new_outcome": str(errand.outcome) if errand.outcome is not None else None,
        "new_trouble": errand.trouble,
    }


def _letter(line: Any) -> Letter:  # noqa: ANN401 - a line of ledger and outbox
    seq, at, kind, name, key, case, cause, body, seal, attempts, next_at, outcome, reason, trouble = line
    row = Row(seq, at, Kind(kind), name, key, case, cause, body, seal)
    return Letter(row, attempts, next_at, ErrandOutcome(outcome) if outcome else None, reason or trouble)
