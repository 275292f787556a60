"""What customers' voices are compared with: sealed with a key each, which goes with the person, their consent, or the print.

The ledger says that there is one, and how alike a voice was to it; what it is like is here alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Select, delete, select

from dispatch.ledger.personal import Box, DataClass
from dispatch.store.bulk import write_lines
from dispatch.store.database import Database
from dispatch.store.person_keys import PersonKeys, sealed_apart
from dispatch.store.tables import person_keys, voice_prints


class VoicePrintRows:
    """Every method raises ``JournalFailed``; ``keep`` raises ``KeyTaken`` for a print that is there already."""

    def __init__(self, database: Database, keys: PersonKeys) -> None:
        self._database, self._keys = database, keys

    def keep(self, name: str, person: str, at: float, numbers: bytes) -> None:
        """Keep a print, before the row that names it is written: a row never names one that is not there. ``at``: POSIX seconds."""
        box, key = sealed_apart(person, DataClass.VOICE_PRINT, at, numbers)

        def change(connection: Connection) -> None:
            write_lines(connection, person_keys, [key])
            write_lines(connection, voice_prints, [(name, person, at, box.key, box.text)])

        self._database.write(change)

    def get(self, name: str, person: str) -> bytes | None:
        """Return a person's print; ``None``: there is none, it is another's, or it was erased."""
        mine = (voice_prints.c.id == name) & (voice_prints.c.person == person)
        line = self._database.first(select(voice_prints).where(mine))
        return None if line is None else self._keys.open(Box(line.key, line.sealed))

    def keep_only(self, names: Iterable[str]) -> int:
        """Delete whatever no row came to name, or names any more; return how many."""
        with self._database.reading() as connection:
            gone = set(connection.scalars(select(voice_prints.c.id))) - set(names)
        self.forget(gone)
        return len(gone)

    def forget(self, names: Iterable[str]) -> None:
        """Delete prints."""
        gone = list(names)
        if gone:
            self._database.write(
                lambda connection: _delete(connection, select(voice_prints.c.id).where(voice_prints.c.id.in_(gone)))
            )


def forget_prints_of(connection: Connection, person: str, but: str = "") -> None:
    """Delete a person's prints, or all ``but`` the one that counts from now on. In the caller's transaction."""
    mine = (voice_prints.c.person == person) & (voice_prints.c.id != but)
    _delete(connection, select(voice_prints.c.id).where(mine))


def forget_prints_before(connection: Connection, before: float) -> None:
    """Delete the prints that were made before then, POSIX seconds. In the caller's transaction."""
    _delete(connection, select(voice_prints.c.id).where(voice_prints.c.at < before))


def _delete(connection: Connection, names: Select[tuple[str]]) -> None:
    """Delete prints and their keys."""
    for name in list(connection.scalars(names)):
        of = voice_prints.c.id == name
        key = select(voice_prints.c.key).where(of).scalar_subquery()
        connection.execute(delete(person_keys).where(person_keys.c.id == key))
        connection.execute(delete(voice_prints).where(of))
