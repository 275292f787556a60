"""Insert or replace: SQLite and PostgreSQL mean the same by it, and SQLAlchemy has it once for each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import insert as insert_in_file


def insert_or(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - one class or the other
    """Return an insert that can say what happens to a line that is there already."""
    if connection.dialect.name == "sqlite":
        return insert_in_file(table)
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - who keeps a file needs nothing of PostgreSQL's

    return insert(table)
