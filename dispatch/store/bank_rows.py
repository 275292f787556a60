"""What the bank was asked for, and the files it was asked by, in the store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Table, delete, select, update

from dispatch.registers.bank_orders import BankFile, BankOrder
from dispatch.store import tables
from dispatch.store.bulk import write_lines
from dispatch.store.database import Database
from dispatch.store.records import Records

_ORDER, _FILE = TypeAdapter(BankOrder), TypeAdapter(BankFile)


class BankRows:
    """Orders by their end-to-end identification, files by their message's. Every method raises ``JournalFailed``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._orders = Records(database, tables.bank_orders, _ORDER, lambda one: one.end_to_end)
        self._files = Records(database, tables.bank_files, _FILE, lambda one: one.message)

    def orders(self, end_to_ends: Sequence[str]) -> dict[str, BankOrder]:
        """Return those that there are, by their end-to-end identification."""
        return {one.end_to_end: one for one in self._orders.some(end_to_ends)}

    def file(self, message: str) -> BankFile | None:
        """Return a file; ``None``: it was never written, or is kept no longer."""
        return next(iter(self._files.some([message])), None)

    def keep(self, orders: Iterable[BankOrder], file: BankFile) -> None:
        """Keep new orders and their file, both or neither."""
        lines = [(one.end_to_end, _ORDER.dump_json(one).decode()) for one in orders]
        content = [(file.message, _FILE.dump_json(file).decode())]

        def write(connection: Connection) -> None:
            write_lines(connection, tables.bank_orders, lines, replace="id")
            write_lines(connection, tables.bank_files, content, replace="id")

        self._database.write(write)

    def note_order(self, end_to_end: str, **changed: str | int) -> None:
        """Note what became of an order, as it stands by now."""
        self._change(tables.bank_orders, end_to_end, changed)

    def note_delivered(self, message: str, at: float) -> None:
        """Note when a file was taken from us; one that was answered or erased meanwhile stays forgotten."""
        self._change(tables.bank_files, message, {"delivered_at": at})

    def _change(self, table: Table, name: str, changed: Mapping[str, Any]) -> None:
        def write(connection: Connection) -> None:
            body = connection.scalar(select(table.c.body).where(table.c.id == name))
            if body is not None:
                told = json.dumps(json.loads(body) | changed, ensure_ascii=False)
                connection.execute(update(table).where(table.c.id == name).values(body=told))

        self._database.write(write)

    def forget_file(self, message: str) -> None:
        """Keep a file no longer: the bank has answered for good."""
        table = tables.bank_files
        self._database.write(lambda connection: connection.execute(delete(table).where(table.c.id == message)))
