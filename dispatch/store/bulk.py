"""Many rows in one statement. SQLite is quickest with its driver's ``executemany``; PostgreSQL with one JSON array.

The PostgreSQL driver sends one message for each row of an ``executemany`` and waits for its answer; a thousand twins as one
parameter cost one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

ASKED_AT_ONCE = 500
"""SQLite takes a limited number of values in one question."""
Line = tuple[Any, ...]
"""One row's values, in the order of the table's columns."""


def in_parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield ``values``, as many at a time as may stand in one question."""
    return (values[first : first + ASKED_AT_ONCE] for first in range(0, len(values), ASKED_AT_ONCE))


def write_lines(connection: Connection, table: Table, lines: Sequence[Line], *, replace: str | None = None) -> None:
    """Insert ``lines``; with ``replace``, the column that tells a line, those that are there already are replaced."""
    if not lines:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_sqlite(table, replace), list(lines))
        return
    names = [column.name for column in table.columns]
    told = json.dumps([dict(zip(names, line, strict=True)) for line in lines], default=_hex)
    connection.exec_driver_sql(_postgresql(table, replace), (told,))


def _hex(value: object) -> str:
    """Return bytes as PostgreSQL reads them from text. Raises ``TypeError``: it is something else."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"\\x{bytes(value).hex()}"
    raise TypeError(f"{type(value).__name__} is kept in no column")


@cache
def _sqlite(table: Table, replace: str | None) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES ({marks}){_otherwise(table, replace)}"  # noqa: S608 - our tables


@cache
def _postgresql(table: Table, replace: str | None) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    typed = ", ".join(f'"{column.name}" {column.type.compile(dialect)}' for column in table.columns)
    source = f"SELECT {_names(table)} FROM json_to_recordset(CAST(%s AS json)) AS line({typed})"  # noqa: S608 - likewise
    return f"INSERT INTO {table.name} ({_names(table)}) {source}{_otherwise(table, replace)}"


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _otherwise(table: Table, replace: str | None) -> str:
    if replace is None:
        return ""
    changed = ", ".join(f'"{one.name}" = excluded."{one.name}"' for one in table.columns if one.name != replace)
    return f' ON CONFLICT ("{replace}") DO UPDATE SET {changed}'
