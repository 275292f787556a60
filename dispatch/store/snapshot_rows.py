"""How the outbox stands: what waits to be carried out and since when, and what never will be."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from dispatch.store import tables


@dataclass(frozen=True, slots=True)
class OutboxStanding:
    """``oldest_at``: when the oldest that waits was decided, POSIX seconds; ``None`` where nothing waits."""

    waiting: int = 0
    oldest_at: float | None = None
    dead: int = 0


def outbox_standing(connection: Connection) -> OutboxStanding:
    """Count the commands that wait, and what is dead, of devices and partners. A partner that is away is not our trouble."""
    outbox, ledger = tables.outbox.c, tables.ledger.c
    waits = outbox.done_at.is_(None) & outbox.dead.is_(None) & outbox.partner.is_(None)
    asked = select(func.count(), func.min(outbox.seq)).select_from(tables.outbox)
    waiting, first = connection.execute(asked.where(waits)).one()
    dead = connection.scalar(select(func.count()).select_from(tables.outbox).where(outbox.dead.is_not(None)))
    oldest = connection.scalar(select(ledger.at).where(ledger.seq == first)) if first is not None else None
    return OutboxStanding(waiting, oldest, dead or 0)
