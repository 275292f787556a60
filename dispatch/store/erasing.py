"""What is erased with a customer, and what is kept no longer, in the transaction that stores the row which says so.

What stands in the ledger stays and can be read no more: its key is destroyed. SQLite overwrites what is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, delete, func, select, update

from dispatch.core.events import Expiring
from dispatch.ledger.personal import DataClass
from dispatch.ledger.pipeline import Erased, Expired
from dispatch.ledger.rows import in_body
from dispatch.store import tables
from dispatch.store.bulk import in_parts, write_lines
from dispatch.store.database import Database
from dispatch.store.person_keys import WEEK_S, destroy_before, destroy_of
from dispatch.store.voice_print_rows import forget_prints_before, forget_prints_of
from dispatch.store.voice_rows import forget_unreadable
from gateway.devices.registry import DeviceRecord

_DEVICE = TypeAdapter(DeviceRecord)
ERASED_LETTER = "erased"
"""How an errand ended whose case was erased; nobody tries it again."""
_RETENTION = "/"
"""No customer is called so: which row last said that something is kept no longer."""


def erase(connection: Connection, one: Erased) -> None:
    """Erase a customer."""
    devices = [record.device for record in one.devices]
    destroy_of(connection, [one.customer, *devices])
    forget_unreadable(connection)
    forget_prints_of(connection, one.customer)
    connection.execute(delete(tables.customers).where(tables.customers.c.id == one.customer))
    for some in in_parts(devices):
        connection.execute(delete(tables.twins).where(tables.twins.c.id.in_(some)))
        connection.execute(delete(tables.rejections).where(tables.rejections.c.device.in_(some)))
    for table in (tables.sessions, tables.access_links):
        _forget(connection, table, lambda body: body["owns"] == one.customer)
    for table in (tables.strangers, tables.sent_messages, tables.products):
        _forget(connection, table, lambda body: body["customer"] == one.customer)
    _forget(connection, tables.bank_files, lambda body: one.customer in body["customers"])
    connection.execute(delete(tables.snapshots))
    lines = [(record.device, _DEVICE.dump_json(record).decode()) for record in one.devices]
    write_lines(connection, tables.devices, lines, replace="id")
    _end_letters(connection, one)
    write_lines(connection, tables.erasures, [(one.customer, one.at, one.seq)], replace="id")


def expire(connection: Connection, one: Expired) -> None:
    """Keep no longer what is older than is kept of its class."""
    match one.what:
        case "place" | "words":
            destroy_before(connection, DataClass(one.what), one.before, one.spared)
            forget_unreadable(connection)
            connection.execute(delete(tables.snapshots))
            write_lines(connection, tables.erasures, [(_RETENTION + one.what, one.at, one.seq)], replace="id")
        case "refused":
            connection.execute(delete(tables.rejections).where(tables.rejections.c.at < one.before))
        case "voice_print":
            forget_prints_before(connection, one.before)
        case "log_ins":
            for table in (tables.sessions, tables.access_links):
                _forget(connection, table, lambda body: body["until"] < one.before)


class Erasures:
    """Who was erased, as the store has it. Every method raises ``JournalFailed``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def customers(self) -> dict[str, float]:
        """Return who was erased, and when, POSIX seconds."""
        table = tables.erasures
        with self._database.reading() as connection:
            found = connection.execute(select(table.c.id, table.c.at).where(~table.c.id.startswith(_RETENTION)))
            return {line.id: line.at for line in found}

    def last_seq(self) -> int:
        """Return the row by which something was erased last; 0: nothing ever was. Rows before it are taken as they stand."""
        return int(self._database.first(select(func.max(tables.erasures.c.seq)))[0] or 0)

    def is_due(self, what: Expiring, before: float) -> bool:
        """Tell whether something of a class is older than ``before``, POSIX seconds."""
        match what:
            case "place" | "words":
                keys = tables.person_keys
                old = select(keys.c.id).where(keys.c.kind == what, keys.c.week < int(before // WEEK_S))
            case "refused":
                old = select(tables.rejections.c.id).where(tables.rejections.c.at < before)
            case "voice_print":
                old = select(tables.voice_prints.c.id).where(tables.voice_prints.c.at < before)
            case "log_ins":
                return any(self._is_over(table, before) for table in (tables.sessions, tables.access_links))
        return self._database.first(old.limit(1)) is not None

    def _is_over(self, table: Table, before: float) -> bool:
        with self._database.reading() as connection:
            return any(json.loads(body)["until"] < before for body in connection.scalars(select(table.c.body)))


def _forget(connection: Connection, table: Table, is_gone: Callable[[dict[str, Any]], bool]) -> None:
    """Forget lines by what stands in them; there are few."""
    bodies = connection.execute(select(table.c.id, table.c.body)).all()
    gone = [line.id for line in bodies if is_gone(json.loads(line.body))]
    for some in in_parts(gone):
        connection.execute(delete(table).where(table.c.id.in_(some)))


def _end_letters(connection: Connection, one: Erased) -> None:
    """Have no letter that lies dead be sent again, nor tell why it was not sent."""
    ledger, outbox = tables.ledger, tables.outbox
    of = ledger.c.body.contains(f'"customer":"{in_body(one.customer)}"', autoescape=True)
    cases = list(connection.scalars(select(ledger.c.case).where(ledger.c.type == "OpenCase", of)))
    about = [select(ledger.c.seq).where(ledger.c.case.in_(some)) for some in in_parts(cases)]
    for seqs in (*about, select(ledger.c.seq).where(ledger.c.type.in_(["SendMessage", "InstructBank"]), of)):
        dead = update(outbox).where(outbox.c.dead.is_not(None), outbox.c.seq.in_(seqs))
        connection.execute(dead.values(done_at=one.at, dead=None, outcome=ERASED_LETTER, trouble=None))
