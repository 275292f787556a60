"""Refused messages: all are counted, and the newest of each device are kept for its vendor to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select

from dispatch.store import tables
from dispatch.store.database import Database
from dispatch.store.upsert import insert_or
from gateway.contract.refusals import Problem
from gateway.intake.intake import Refusal

KEPT_REFUSALS = 200
"""How many refused messages are kept for each device. All are counted."""


@dataclass(frozen=True, slots=True)
class KeptRefusal:
    """A refused message, as it is kept for the vendor."""

    device: str | None
    topic: str
    rule: str
    problem: Problem
    excerpt: str
    at: float


def keep(connection: Connection, refusals: Sequence[Refusal], at: float) -> None:
    """Count and keep refused messages. ``at``: POSIX seconds."""
    for refusal in refusals:
        _keep(connection, refusal, at)


class RefusedMessages:
    """Read alone: they are written with a batch. Every method raises ``JournalFailed`` where the store cannot be read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, vendor: str, limit: int = 100) -> list[KeptRefusal]:
        """Return the newest of a vendor's devices, newest first."""
        table = tables.rejections
        query = select(table).where(_of(vendor, table)).order_by(table.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_kept(line) for line in connection.execute(query)]

    def counts(self, vendor: str | None = None) -> dict[str, int]:
        """Return how many messages broke which rule: a vendor's, or all."""
        table = tables.refusal_counts
        query = select(table.c.rule, func.sum(table.c.count)).group_by(table.c.rule)
        with self._database.reading() as connection:
            found = connection.execute(query.where(_of(vendor, table)) if vendor is not None else query)
            return {rule: int(count) for rule, count in found}


def _keep(connection: Connection, refusal: Refusal, at: float) -> None:
    device, rule = refusal.device or "", refusal.rule.value
    kept = {
        "device": device,
        "topic": refusal.topic,
        "rule": rule,
        "problem": refusal.problem.model_dump_json(),
        "excerpt": refusal.excerpt.replace("\x00", "\ufffd"),  # PostgreSQL's text has no NUL
        "at": at,
    }
    connection.execute(insert(tables.rejections), kept)
    counted = insert_or(connection, tables.refusal_counts).values(device=device, rule=rule, count=1)
    once_more = {"count": tables.refusal_counts.c.count + 1}
    connection.execute(counted.on_conflict_do_update(index_elements=["device", "rule"], set_=once_more))
    _forget_old(connection, device)


def _forget_old(connection: Connection, device: str) -> None:
    table = tables.rejections
    mine = select(table.c.id).where(table.c.device == device).order_by(table.c.id.desc())
    oldest_kept = mine.offset(KEPT_REFUSALS - 1).limit(1).scalar_subquery()
    connection.execute(delete(table).where(table.c.device == device, table.c.id < oldest_kept))


def _of(vendor: str, table: Table) -> Any:  # noqa: ANN401 - SQLAlchemy's expressions
    return table.c.device.startswith(f"{vendor}/", autoescape=True)


def _kept(line: Any) -> KeptRefusal:  # noqa: ANN401 - a line of the rejections
    problem = Problem.model_validate_json(line.problem)
    return KeptRefusal(line.device or None, line.topic, line.rule, problem, line.excerpt, line.at)
