"""The keys that personal members of rows are sealed with: one for each person, class of data and week, so that each can go alone.

A key is stored in the transaction that stores the first row sealed with it. Destroyed, what it sealed can be read by nobody, and
the ledger is as sound as before. AES-256-GCM, a nonce drawn for each box; the key's name goes into the seal.
"""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select

from dispatch.ledger.personal import Box, DataClass
from dispatch.store.bulk import Line, in_parts, write_lines
from dispatch.store.database import Database
from dispatch.store.tables import person_keys

WEEK_S = 7 * 86_400.0
"""So long one key seals: what is to be kept for so many days is kept for a week longer at the most."""
NAME_BYTES, NONCE_BYTES, KEY_BITS = 12, 12, 256
AT_HAND = 50_000
"""Keys; of others the store is asked."""


@dataclass(frozen=True, slots=True)
class _Current:
    week: int
    name: str
    cipher: AESGCM


class PersonKeys:
    """``seal`` in the thread that decides, ``open`` in any. ``open`` raises ``JournalFailed`` where the store cannot be read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current: OrderedDict[tuple[str, DataClass], _Current] = OrderedDict()
        self._opened: OrderedDict[str, AESGCM | None] = OrderedDict()
        self._drawn: dict[str, Line] = {}
        """Not stored yet."""

    def seal(self, person: str, what: DataClass, at: float, plain: bytes) -> Box:
        """Seal what is of a class and a person, of the hour ``at``, POSIX seconds."""
        week = int(at // WEEK_S)
        current = self._current.get((person, what))
        if current is None or current.week != week:
            current = self._draw(person, what, week)
        return _boxed(current.name, current.cipher, plain)

    def open(self, box: Box) -> bytes | None:
        """Return what was sealed; ``None``: its key was destroyed, or it is no box of ours."""
        cipher = self._cipher(box.key)
        if cipher is None:
            return None
        try:
            found = b64decode(box.text)
            return cipher.decrypt(found[:NONCE_BYTES], found[NONCE_BYTES:], box.key.encode())
        except (InvalidTag, ValueError):
            return None

    def write_drawn(self, connection: Connection) -> list[str]:
        """Write the keys that were drawn and are not stored yet, in the caller's transaction; return their names."""
        drawn = list(self._drawn.items())
        write_lines(connection, person_keys, [line for _, line in drawn], replace="id")
        return [name for name, _ in drawn]

    def stored(self, names: Iterable[str]) -> None:
        """Take note that what ``write_drawn`` wrote is committed."""
        for name in names:
            self._drawn.pop(name, None)

    def forget(self) -> None:
        """Know no key by heart any more: some were destroyed."""
        self._current.clear()
        self._opened.clear()

    def _draw(self, person: str, what: DataClass, week: int) -> _Current:
        name, key = secrets.token_urlsafe(NAME_BYTES), AESGCM.generate_key(KEY_BITS)
        self._drawn[name] = (name, person, what.value, week, b64encode(key).decode())
        cipher = AESGCM(key)
        found = self._current[person, what] = _Current(week, name, cipher)
        self._know(name, cipher)
        if len(self._current) > AT_HAND:
            self._current.popitem(last=False)
        return found

    def _cipher(self, name: str) -> AESGCM | None:
        if name in self._opened:
            return self._opened[name]
        drawn = self._drawn.get(name)
        key = drawn[-1] if drawn is not None else self._kept(name)
        cipher = AESGCM(b64decode(key)) if key is not None else None
        self._know(name, cipher)
        return cipher

    def _kept(self, name: str) -> str | None:
        found = self._database.first(select(person_keys.c.key).where(person_keys.c.id == name))
        return None if found is None else str(found.key)

    def _know(self, name: str, cipher: AESGCM | None) -> None:
        self._opened[name] = cipher
        if len(self._opened) > AT_HAND:
            self._opened.popitem(last=False)


def sealed_apart(person: str, what: DataClass, at: float, plain: bytes) -> tuple[Box, Line]:
    """Seal something with a key of its own, in any thread; return it, and the key's line for the same transaction."""
    name, key = secrets.token_urlsafe(NAME_BYTES), AESGCM.generate_key(KEY_BITS)
    return _boxed(name, AESGCM(key), plain), (name, person, what.value, int(at // WEEK_S), b64encode(key).decode())


def _boxed(name: str, cipher: AESGCM, plain: bytes) -> Box:
    nonce = os.urandom(NONCE_BYTES)
    return Box(name, b64encode(nonce + cipher.encrypt(nonce, plain, name.encode())).decode())


def destroy_of(connection: Connection, persons: Iterable[str]) -> int:
    """Destroy every key of some persons; return how many. In the caller's transaction."""
    gone = 0
    for some in in_parts(list(persons)):
        gone += connection.execute(delete(person_keys).where(person_keys.c.person.in_(some))).rowcount
    return gone


def destroy_before(connection: Connection, what: DataClass, before: float, spared: Iterable[str]) -> int:
    """Destroy the keys of a class whose week was over ``before`` (POSIX seconds), but for those of who is ``spared``."""
    old = (person_keys.c.kind == what.value) & (person_keys.c.week < int(before // WEEK_S))
    names = connection.execute(select(person_keys.c.id, person_keys.c.person).where(old)).all()
    kept = set(spared)
    gone = [line.id for line in names if line.person not in kept]
    for some in in_parts(gone):
        connection.execute(delete(person_keys).where(person_keys.c.id.in_(some)))
    return len(gone)
