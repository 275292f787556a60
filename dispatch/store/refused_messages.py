"""Refused messages: all are counted, and the newest of each device are kept for its vendor to look at.

Names are made up easily, so what is kept is bounded for each device, for each vendor and in all, and so is what is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, insert, select, true, update

from dispatch.store import tables
from dispatch.store.database import Database
from dispatch.store.upsert import insert_or
from gateway.contract.refusals import Problem
from gateway.intake.intake import Refusal

KEPT_REFUSALS = 200
"""How many refused messages are kept for each device. All are counted."""
KEPT_OF_VENDOR = 2_000
KEPT_IN_ALL = 20_000
COUNTED_APART = 2_000
"""So many devices and rules of a vendor are counted each by itself, the others together as the vendor's."""
VENDORS_COUNTED_APART = 10_000


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
    counted = Counter((refusal.device or "", refusal.rule.value) for refusal in refusals)
    for (device, rule), count in counted.items():
        _count(connection, device, rule, count)
    kept = [_line(refusal, at) for refusal in refusals if not refusal.counted_only]
    if kept:
        connection.execute(insert(tables.rejections), kept)
        _forget_old(connection, {line["device"] for line in kept})


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

    def of(self, devices: Sequence[str]) -> list[KeptRefusal]:
        """Return what is kept of some devices, newest first."""
        table = tables.rejections
        query = select(table).where(table.c.device.in_(devices)).order_by(table.c.id.desc())
        with self._database.reading() as connection:
            return [_kept(line) for line in connection.execute(query)]

    def counts(self, vendor: str | None = None) -> dict[str, int]:
        """Return how many messages broke which rule: a vendor's, or all."""
        table = tables.refusal_counts
        query = select(table.c.rule, func.sum(table.c.count)).group_by(table.c.rule)
        with self._database.reading() as connection:
            found = connection.execute(query.where(_of(vendor, table)) if vendor is not None else query)
            return {rule: int(count) for rule, count in found}


def _line(refusal: Refusal, at: float) -> dict[str, Any]:
    return {
        "device": refusal.device or "",
        "topic": refusal.topic,
        "rule": refusal.rule.value,
        "problem": refusal.problem.model_dump_json(),
        "excerpt": refusal.excerpt.replace("\x00", "\ufffd"),  # PostgreSQL's text has no NUL
        "at": at,
    }


def _count(connection: Connection, device: str, rule: str, count: int) -> None:
    table = tables.refusal_counts
    more = {"count": table.c.count + count}
    known = update(table).where(table.c.device == device, table.c.rule == rule).values(more)
    if connection.execute(known).rowcount:
        return
    counted = insert_or(connection, table).values(device=_counted_as(connection, device), rule=rule, count=count)
    connection.execute(counted.on_conflict_do_update(index_elements=["device", "rule"], set_=more))


def _counted_as(connection: Connection, device: str) -> str:
    """Return under which name a new device is counted: where there are too many already, its vendor's, or nobody's."""
    table, vendor = tables.refusal_counts, device.partition("/")[0]
    apart = connection.scalar(select(func.count()).select_from(table).where(_among(vendor, table))) or 0
    if 0 < apart < COUNTED_APART:
        return device
    if apart:
        return f"{vendor}/"
    lines = connection.scalar(select(func.count()).select_from(table)) or 0
    return device if lines < VENDORS_COUNTED_APART else ""


def _forget_old(connection: Connection, devices: set[str]) -> None:
    table = tables.rejections
    for device in devices:
        _forget(connection, table.c.device == device, KEPT_REFUSALS)
    for vendor in {device.partition("/")[0] for device in devices}:
        _forget(connection, _among(vendor, table), KEPT_OF_VENDOR)
    _forget(connection, true(), KEPT_IN_ALL)


def _forget(connection: Connection, which: ColumnElement[bool], most: int) -> None:
    table = tables.rejections
    oldest_kept = (
        select(table.c.id).where(which).order_by(table.c.id.desc()).offset(most - 1).limit(1).scalar_subquery()
    )
    connection.execute(delete(table).where(which, table.c.id < oldest_kept))


def _among(vendor: str, table: Table) -> ColumnElement[bool]:
    """Return what holds of a vendor's devices, so that an index finds them: all that sorts between ``acme/`` and ``acme0``."""
    return and_(table.c.device >= f"{vendor}/", table.c.device < f"{vendor}0")


def _of(vendor: str, table: Table) -> Any:  # noqa: ANN401 - SQLAlchemy's expressions
    return table.c.device.startswith(f"{vendor}/", autoescape=True)


def _kept(line: Any) -> KeptRefusal:  # noqa: ANN401 - a line of the rejections
    problem = Problem.model_validate_json(line.problem)
    return KeptRefusal(line.device or None, line.topic, line.rule, problem, line.excerpt, line.at)
