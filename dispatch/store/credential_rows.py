"""Credentials in the store, and the certificates that hold no more."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, select

from dispatch.store import tables
from dispatch.store.bulk import write_lines
from dispatch.store.database import Database
from gateway.access.credentials import Credential

_CREDENTIAL = TypeAdapter(Credential)


class CredentialRows:
    """What is kept of every credential. Every method raises ``JournalFailed``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Credential]:
        """Return what is kept of every credential, by the name it is for."""
        with self._database.reading() as connection:
            bodies = connection.scalars(select(tables.credentials.c.body).order_by(tables.credentials.c.id))
            return [_CREDENTIAL.validate_json(body) for body in bodies]

    def revoked_certificates(self) -> list[str]:
        """Return the serial numbers of certificates that were replaced or revoked."""
        with self._database.reading() as connection:
            return list(connection.scalars(select(tables.revoked.c.id).order_by(tables.revoked.c.id)))

    def replace(self, username: str, new: Credential | None, revoked: str | None) -> None:
        """Keep a new credential, or none, and that the old one's certificate holds no more."""

        def change(connection: Connection) -> None:
            connection.execute(delete(tables.credentials).where(tables.credentials.c.id == username))
            if new:
                body = _CREDENTIAL.dump_json(new).decode()
                write_lines(connection, tables.credentials, [(username, body)], replace="id")
            if revoked:
                write_lines(connection, tables.revoked, [(revoked, username)], replace="id")

        self._database.write(change)
