"""The durable inbox: what devices said and is not in their stored twins yet, one row for each batch; sealed, and short-lived.

A message is safe once its row is committed with what it caused; its twin is written now and then (``dispatch.engine.checkpoint``),
and rows that are covered by that are deleted. A row holds its messages length-prefixed, so that one that cannot be read costs no
other; all of it is sealed (AES-256-GCM), and deleted with whomever it tells of.
"""

from __future__ import annotations

import os
import secrets
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, func, select

from dispatch.store.bulk import execute_each, write_lines
from dispatch.store.database import Database
from dispatch.store.tables import inbox, meta
from dispatch.store.upsert import insert_or
from gateway.links.handover.delivery import Delivery

KEY = "inbox_key"
"""In the register of single values: what rows are sealed with."""
KEY_BITS, NONCE_BYTES, LENGTH_BYTES = 256, 12, 4


class TakenMessage(msgspec.Struct, array_like=True, gc=False):
    """A message that was taken, and changed the twin of the device it is from, and nothing else."""

    at: float
    """The hour it was taken as of, POSIX seconds."""
    glanced: bool
    """A newer one overtook it under a backlog: it is only noted that it came. In rows of before there was ``overtook``."""
    topic: str
    payload: bytes
    content_type: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    overtook: tuple[str, ...] = ()
    """Ids of statuses of its device that it overtook under a backlog: it is noted that they came, and nothing else of them."""

    def delivery(self) -> Delivery:
        """Return it as it was delivered. It was acknowledged then."""
        return Delivery(
            self.topic,
            self.payload,
            retained=False,
            received_at=self.at,
            ack=_nothing,
            content_type=self.content_type,
            properties=self.properties,
        )


def _nothing() -> None:
    """Nobody waits for it to be acknowledged."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """What one batch brought. ``seq`` counts rows, for as long as the store lives: twins say up to which they are."""

    seq: int
    frames: tuple[bytes, ...] = ()
    """Each a message, as ``framed`` writes it; none: a mark, so that numbers go on where all before is in the twins."""


_length = struct.Struct(">I").pack
framed = msgspec.msgpack.Encoder().encode
"""Writes a message."""
read_taken = msgspec.msgpack.Decoder(TakenMessage).decode
"""Reads one. Raises ``msgspec.MsgspecError``."""


class InboxRows:
    """Every method raises ``JournalFailed`` where the store cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cipher: AESGCM | None = None

    def rows(self) -> Iterator[tuple[int, list[TakenMessage], int]]:
        """Yield of each row, oldest first, its number, its messages, and how many of them cannot be read (-1: none can)."""
        with self._database.reading() as connection:
            numbers = list(connection.scalars(select(inbox.c.seq).where(inbox.c.sealed != b"").order_by(inbox.c.seq)))
        for seq in numbers:
            line = self._database.first(select(inbox.c.sealed).where(inbox.c.seq == seq))
            if line is None or line.sealed == b"":
                continue  # it was covered since
            body = self._opened(seq, line.sealed)
            if body is None:
                yield seq, [], -1
            else:
                found, lost = _messages(body)
                yield seq, found, lost

    def last(self) -> int:
        """Return the number of the last row there ever was; 0: there was none."""
        return int(self._database.first(select(func.max(inbox.c.seq)))[0] or 0)

    def sizes(self) -> list[tuple[int, int]]:
        """Return of each row that holds something, oldest first, its number and how many bytes it has."""
        with self._database.reading() as connection:
            query = select(inbox.c.seq, func.length(inbox.c.sealed)).where(inbox.c.sealed != b"").order_by(inbox.c.seq)
            return [(seq, size) for seq, size in connection.execute(query)]

    def sealed(self, row: InboxRow) -> bytes:
        """Return a row as it is kept; nothing of a mark. In any thread."""
        if not row.frames:
            return b""
        parts = [part for frame in row.frames for part in (_length(len(frame)), frame)]
        body = b"".join(parts)
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._key().encrypt(nonce, body, str(row.seq).encode())

    def forget_key(self) -> None:
        """Know the key by heart no more: it was destroyed."""
        self._cipher = None

    def _opened(self, seq: int, kept: object) -> bytes | None:
        if not isinstance(kept, bytes):  # SQLite keeps whatever was written
            return None
        try:
            return self._key().decrypt(kept[:NONCE_BYTES], kept[NONCE_BYTES:], str(seq).encode())
        except (InvalidTag, ValueError):
            return None

    def _key(self) -> AESGCM:
        if self._cipher is None:
            self._cipher = self._kept_key() or self._drawn_key()
        return self._cipher

    def _kept_key(self) -> AESGCM | None:
        """Return the key that the store has; ``None``: it has none, or it is damaged, and what it sealed can be read no more."""
        found = self._database.first(select(meta.c.value).where(meta.c.name == KEY))
        try:
            return None if found is None else AESGCM(b64decode(found.value, validate=True))
        except ValueError:
            return None

    def _drawn_key(self) -> AESGCM:
        key = secrets.token_bytes(KEY_BITS // 8)
        value = b64encode(key).decode()

        def change(connection: Connection) -> None:
            query = insert_or(connection, meta).values(name=KEY, value=value)
            connection.execute(query.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

        self._database.write(change)
        return AESGCM(key)


def keep(connection: Connection, seq: int, sealed: bytes) -> None:
    """Write a row, in the caller's transaction, in place of itself where the store took it and could not say so."""
    write_lines(connection, inbox, [(seq, sealed)], replace="seq")


def let_go(connection: Connection, up_to: int) -> None:
    """Delete rows that are covered, in the caller's transaction. They are sealed; to overwrite them would be to write twice."""
    with _not_overwritten(connection):
        execute_each(connection, "DELETE FROM inbox WHERE seq <= ?", [(up_to,)])


@contextmanager
def _not_overwritten(connection: Connection) -> Iterator[None]:
    """Have SQLite let go of pages without writing zeros into each: without their key, what is in them says nothing."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
    try:
        yield
    finally:
        if sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")


def destroy_key(connection: Connection) -> None:
    """Have nobody read again what lay in the inbox, in the caller's transaction: all that lies there is covered."""
    connection.execute(delete(meta).where(meta.c.name == KEY))


def _messages(body: bytes) -> tuple[list[TakenMessage], int]:
    found: list[TakenMessage] = []
    lost = 0
    for frame in _frames(body):
        try:
            found.append(read_taken(frame))
        except (msgspec.MsgspecError, ValueError):
            lost += 1
    return found, lost


def _frames(body: bytes) -> Iterable[bytes]:
    begin = 0
    while begin + LENGTH_BYTES <= len(body):
        end = begin + LENGTH_BYTES + int.from_bytes(body[begin : begin + LENGTH_BYTES])
        yield body[begin + LENGTH_BYTES : end]
        begin = end
