"""Insert or replace: SQLite and PostgreSQL mean the same by it, and SQLAlchemy has it once for each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert as insert_on_server
from sqlalchemy.dialects.sqlite import insert as insert_in_file


def insert_or(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - one class or the other
    """Return an insert that can say what happens to a line that is there already."""
    return insert_in_file(table) if connection.dialect.name == "sqlite" else insert_on_server(table)
