"""Many rows in one statement. SQLite is quickest with its driver's ``executemany``; PostgreSQL with one JSON array.

On PostgreSQL nothing waits for an answer here: what is written travels with the commit (``dispatch.store.pipelined``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from typing import Any

import msgspec
from sqlalchemy import Connection, LargeBinary, Table
from sqlalchemy.dialects import postgresql

from dispatch.store.pipelined import send_ahead

ASKED_AT_ONCE = 500
"""SQLite takes a limited number of values in one question."""
Line = tuple[Any, ...]
"""One row's values, in the order of the table's columns."""
_json = msgspec.json.Encoder().encode


def in_parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield ``values``, as many at a time as may stand in one question."""
    return (values[first : first + ASKED_AT_ONCE] for first in range(0, len(values), ASKED_AT_ONCE))


def write_lines(connection: Connection, table: Table, lines: Sequence[Line], *, replace: str | None = None) -> None:
    """Insert ``lines``; with ``replace``, the column that tells a line, those that are there already are replaced."""
    if not lines:
        return
    if any(isinstance(column.type, LargeBinary) for column in table.columns):  # which JSON has no room for
        execute_each(connection, _insert(table, replace), lines)
    elif connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert(table, replace), list(lines))
    else:
        names = [column.name for column in table.columns]
        told = _json([dict(zip(names, line, strict=True)) for line in lines]).decode()
        send_ahead(connection, _insert_json(table, replace), (told,))


def execute_each(connection: Connection, statement: str, lines: Sequence[Line]) -> None:
    """Execute a statement with each of ``lines``, its parameters written as ``?``. Nobody learns how many rows it found."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(statement, list(lines))
        return
    numbered = _numbered(statement)
    for line in lines:
        send_ahead(connection, numbered, line)


@cache
def _numbered(statement: str) -> str:
    """Return a statement with its parameters as PostgreSQL has them."""
    numbers = count(1)
    return "".join(f"${next(numbers)}" if part == "?" else part for part in statement)


@cache
def _insert(table: Table, replace: str | None) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES ({marks}){_otherwise(table, replace)}"  # noqa: S608 - our tables


@cache
def _insert_json(table: Table, replace: str | None) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    typed = ", ".join(f'"{column.name}" {column.type.compile(dialect)}' for column in table.columns)
    source = f"SELECT {_names(table)} FROM json_to_recordset(CAST($1 AS json)) AS line({typed})"  # noqa: S608 - likewise
    return f"INSERT INTO {table.name} ({_names(table)}) {source}{_otherwise(table, replace)}"


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _otherwise(table: Table, replace: str | None) -> str:
    if replace is None:
        return ""
    changed = ", ".join(f'"{one.name}" = excluded."{one.name}"' for one in table.columns if one.name != replace)
    return f' ON CONFLICT ("{replace}") DO UPDATE SET {changed}'
