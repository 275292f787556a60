"""What customers said into their page: the recordings, sealed with a key each, which goes with the person or when its time is over.

The ledger says that there is one, how long it is and its digest; the sound is here alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select

from dispatch.ledger.personal import Box, DataClass
from dispatch.store.bulk import write_lines
from dispatch.store.database import Database
from dispatch.store.person_keys import PersonKeys, sealed_apart
from dispatch.store.tables import person_keys, voice_messages


@dataclass(frozen=True, slots=True)
class KeptVoice:
    """A recording that can be heard. ``at``: POSIX seconds."""

    message: str
    person: str
    at: float
    recording: bytes


class VoiceRows:
    """Every method raises ``JournalFailed``; ``keep`` raises ``KeyTaken`` for a message that is there already."""

    def __init__(self, database: Database, keys: PersonKeys) -> None:
        self._database, self._keys = database, keys

    def keep(self, voice: KeptVoice, sha256: str) -> None:
        """Keep a recording, before the row that names it is written: a row never names one that is not there."""
        box, key = sealed_apart(voice.person, DataClass.WORDS, voice.at, voice.recording)
        line = (voice.message, voice.person, voice.at, sha256, box.key, box.text)

        def change(connection: Connection) -> None:
            write_lines(connection, person_keys, [key])
            write_lines(connection, voice_messages, [line])

        self._database.write(change)

    def digest_of(self, message: str) -> str:
        """Return the digest of what is kept of a message; empty: nothing."""
        found = self._database.first(select(voice_messages.c.sha256).where(voice_messages.c.id == message))
        return "" if found is None else str(found.sha256)

    def get(self, message: str, person: str) -> KeptVoice | None:
        """Return a person's recording; ``None``: there is none, it is another's, or it was erased."""
        mine = (voice_messages.c.id == message) & (voice_messages.c.person == person)
        return self._opened(self._database.first(select(voice_messages).where(mine)))

    def of(self, person: str) -> Iterator[KeptVoice]:
        """Yield all that can be heard of a person, oldest first, one at a time: each is up to a megabyte."""
        table = voice_messages
        with self._database.reading() as connection:
            names = list(connection.scalars(select(table.c.id).where(table.c.person == person).order_by(table.c.at)))
        found = (self.get(name, person) for name in names)
        yield from (one for one in found if one is not None)

    def count_since(self, person: str, at: float) -> int:
        """Return how many a person sent since ``at``, POSIX seconds."""
        table = voice_messages
        counted = select(func.count()).where(table.c.person == person, table.c.at >= at)
        return int(self._database.first(counted)[0])

    def forget(self, message: str) -> None:
        """Keep a recording no more: no row came to name it."""
        of = voice_messages.c.id == message
        key = select(voice_messages.c.key).where(of).scalar_subquery()

        def change(connection: Connection) -> None:
            connection.execute(delete(person_keys).where(person_keys.c.id == key))
            connection.execute(delete(voice_messages).where(of))

        self._database.write(change)

    def _opened(self, line: Any) -> KeptVoice | None:  # noqa: ANN401 - a line of the table
        recording = None if line is None else self._keys.open(Box(line.key, line.sealed))
        return None if recording is None else KeptVoice(line.id, line.person, line.at, recording)


def forget_unreadable(connection: Connection) -> None:
    """Delete the recordings whose keys were destroyed. In the caller's transaction."""
    known = select(person_keys.c.id)
    connection.execute(delete(voice_messages).where(voice_messages.c.key.not_in(known)))
