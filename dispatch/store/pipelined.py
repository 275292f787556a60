"""PostgreSQL's connection, by pg8000, with less waiting for answers: a batch of many statements is one way there and back.

pg8000 asks the server twice for each statement, and once more for the begin and the end of a transaction. Here the begin travels
with the first statement; a statement whose answer nobody looks at (``send_ahead``) is prepared once and travels with those behind
it, at the latest with the commit, which then says what was wrong with it. So nothing is thought written that is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pg8000
from pg8000.converters import make_params
from pg8000.core import EXECUTE_MSG, IN_FAILED_TRANSACTION, IN_TRANSACTION, SYNC_MSG, Context
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

MOST_AHEAD, MOST_AHEAD_BYTES = 500, 1_000_000
"""So much travels at once: what the server answers to it has room on the line while we still send."""
_BEGIN = "begin transaction"
"""What pg8000 begins a transaction with."""
_TAKEN = "23505"
"""What the server calls a key that is there already."""
_DESCRIBE_PORTAL = b"D\x00\x00\x00\x06P\x00"
Value = str | bytes | int | float | None


class PipelinedConnection(pg8000.Connection):  # type: ignore[misc]
    """What SQLAlchemy speaks PostgreSQL with. It overrides how pg8000 sends, and nothing of what is sent."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._names: dict[str, bytes] = {}
        """Statement → under which name it is prepared."""
        self._ahead: list[bytes] = []
        self._begun_ahead = False
        """The first of them begins the transaction."""

    def send_ahead(self, statement: str, values: Sequence[Value]) -> None:
        """Have a statement (parameters ``$1``…) executed with the next at the latest: what is wrong with it is raised then."""
        if not self._in_transaction and not self.autocommit:
            self._begin_ahead()
        name = self._names.get(statement)
        if name is None:
            name, *_ = self.prepare_statement(statement, ())
            self._names[statement] = name
        self._ahead.append(_bound(name, [one if isinstance(one, bytes) else _text(self, one) for one in values]))
        if len(self._ahead) >= MOST_AHEAD or sum(map(len, self._ahead)) > MOST_AHEAD_BYTES:
            self._settle()

    @property
    def _in_transaction(self) -> bool:
        return self._begun_ahead or self._transaction_status in {IN_TRANSACTION, IN_FAILED_TRANSACTION}

    def execute_simple(self, statement: str) -> Context:
        """Execute a statement without parameters; what begins a transaction waits for what is to be done in it."""
        if statement == _BEGIN:
            self._begin_ahead()
            return Context(statement)
        self._settle()
        return super().execute_simple(statement)

    def execute_unnamed(
        self, statement: str, vals: Sequence[Any] = (), oids: Sequence[int] = (), stream: object = None
    ) -> Context:
        """Execute a statement, and return what the server answers."""
        if stream is not None:
            self._settle()
            return super().execute_unnamed(statement, vals, oids, stream)
        if len(self._ahead) > self._begun_ahead:
            self._settle()  # else its counts would be added to ours
        parsed = _parsed(statement.encode(), oids)
        return self._ask(statement, [parsed, _bound(b"\x00", make_params(self.py_types, vals), described=True)])

    def commit(self) -> None:
        """Have everything that was sent ahead executed, and the transaction committed, in one way there and back."""
        if not self._in_transaction:
            return
        try:
            self._ask("commit", [_parsed(b"commit", ()), _bound(b"\x00", ())])
        except pg8000.DatabaseError:
            super().rollback()  # who has committed rolls nothing back
            raise

    def rollback(self) -> None:
        """Undo everything. What was not sent yet never will be."""
        unsent, self._ahead, self._begun_ahead = self._begun_ahead, [], False
        if not unsent:
            super().rollback()

    def _begin_ahead(self) -> None:
        self._ahead.append(_parsed(_BEGIN.encode(), ()) + _bound(b"\x00", ()))
        self._begun_ahead = True

    def _settle(self) -> None:
        if self._ahead:
            self._ask("", [])

    def _ask(self, statement: str, messages: Sequence[bytes]) -> Context:
        """Send what waits, and ``messages`` behind it, and take the answers to all. Raises pg8000's errors."""
        context = Context(statement)
        sent, self._ahead, self._begun_ahead = self._ahead, [], False
        if self._usock is None:
            raise pg8000.InterfaceError("connection is closed")
        try:
            self._usock.sendall(b"".join([*sent, *messages, SYNC_MSG]))
        except OSError as error:
            raise pg8000.InterfaceError("network error") from error
        try:
            self.handle_messages(context)
        except pg8000.DatabaseError as error:
            told = error.args[0]
            taken = isinstance(told, dict) and told.get("C") == _TAKEN
            raise (pg8000.IntegrityError if taken else pg8000.ProgrammingError)(told) from error
        return context


def send_ahead(connection: Connection, statement: str, values: Sequence[Value]) -> None:
    """Have a statement executed in a transaction on PostgreSQL, with the commit at the latest. Raises SQLAlchemy's errors."""
    line = connection.connection.dbapi_connection
    assert isinstance(line, PipelinedConnection)  # noqa: S101 - ``StoreAddress`` connects by nothing else
    try:
        line.send_ahead(statement, values)
    except pg8000.Error as error:
        raise DBAPIError.instance(statement, None, error, pg8000.Error) from error


def _text(connection: PipelinedConnection, value: Value) -> str | None:
    (text,) = make_params(connection.py_types, (value,))
    return text if text is None else str(text)


def _parsed(statement: bytes, oids: Sequence[int]) -> bytes:
    """Return the message that has a statement understood, under no name; -1: of a type that the server finds out."""
    types = b"".join(max(oid, 0).to_bytes(4) for oid in oids)
    return _message(b"P", b"\x00" + statement + b"\x00" + len(oids).to_bytes(2) + types)


def _bound(statement: bytes, values: Sequence[str | bytes | None], *, described: bool = False) -> bytes:
    """Return the messages that execute a prepared statement, its name with the zero behind it; ``described``: its rows are wanted.

    Bytes go as they are, everything else as PostgreSQL writes it.
    """
    count = len(values).to_bytes(2)
    forms = b"".join(b"\x00\x01" if isinstance(one, bytes) else b"\x00\x00" for one in values)
    told = b"".join(map(_parameter, values))
    bind = _message(b"B", b"".join((b"\x00", statement, count, forms, count, told, b"\x00\x00")))
    return bind + (_DESCRIBE_PORTAL if described else b"") + bytes(EXECUTE_MSG)


def _parameter(value: str | bytes | None) -> bytes:
    if value is None:
        return b"\xff\xff\xff\xff"
    told = value.encode() if isinstance(value, str) else value
    return len(told).to_bytes(4) + told


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body
