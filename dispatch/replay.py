"""The ledger's inputs, told to a desk once more: it decides the same, because it knows no clock and no dice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from dispatch.desk import Decision, Desk
from dispatch.events import AgentBecameFree, Event
from dispatch.ledger import Kind, Row, read

_EVENTS = get_args(Event)


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


def restore(rows: Iterable[Row], desk: Desk) -> None:
    """Bring a new desk to where the ledger ends. What it decides on the way stands there and is not done again."""
    for _ in replay(rows, desk):
        pass


def agents_waiting(rows: Iterable[Row]) -> list[str]:
    """Return the agents who waited for a call where the ledger ends. After a restart nobody is on the line to them."""
    waiting: dict[str, None] = {}
    for row in rows:
        if row.type in {"AgentBecameFree", "AgentLeft", "AssignCall"}:
            item = read(row)
            agent: str = getattr(item, "agent")  # noqa: B009 - each of the three has one
            waiting.pop(agent, None)
            if isinstance(item, AgentBecameFree):
                waiting[agent] = None
    return list(waiting)
