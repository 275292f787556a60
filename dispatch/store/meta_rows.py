"""What the store says of itself: the name of its service at a broker, and whether it takes a line."""

from __future__ import annotations

import secrets

from sqlalchemy import insert, select

from dispatch.store.bulk import write_lines
from dispatch.store.database import Database
from dispatch.store.tables import meta

SESSION_BYTES = 20
"""Of chance in the name at a broker."""
SECRET_BYTES = 32


class MetaRows:
    """Names and values. Every method raises ``JournalFailed``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def broker_session(self) -> str:
        """Return the name this store's service has at a broker; drawn once, so that no two stores share a backlog.

        Nobody guesses it: whoever connects under it takes the connection and what waits there.
        """
        found = self._database.first(select(meta.c.value).where(meta.c.name == "session"))
        if found is not None:
            return str(found.value)
        drawn = f"callahead-{secrets.token_hex(SESSION_BYTES)}"
        self._database.write(lambda connection: connection.execute(insert(meta), {"name": "session", "value": drawn}))
        return drawn

    def secret(self, name: str) -> bytes:
        """Return what this store names things with so that nobody guesses the names; drawn once."""
        found = self._database.first(select(meta.c.value).where(meta.c.name == f"secret/{name}"))
        if found is not None:
            return bytes.fromhex(found.value)
        drawn = secrets.token_bytes(SECRET_BYTES)
        line = {"name": f"secret/{name}", "value": drawn.hex()}
        self._database.write(lambda connection: connection.execute(insert(meta), line))
        return drawn

    def probe(self) -> None:
        """Write a line that means nothing, to see whether the store takes one."""
        self._database.write(lambda connection: write_lines(connection, meta, [("probe", "")], replace="name"))
