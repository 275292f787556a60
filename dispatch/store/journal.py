"""The store: ledger, twins, registries, refusals and what is still to be sent. SQLite or PostgreSQL, one code path.

``dispatch.store`` has the tables, knows where the store is and who owns it; here is what is kept and asked.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Table, bindparam, create_engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from dispatch.ledger.audit.flaw import Flaw
from dispatch.ledger.pipeline import Turn
from dispatch.ledger.rows import Kind, Pen, Row
from dispatch.outgoing.outbox import Errand
from dispatch.registers.customers import Customer
from dispatch.registers.partners import PartnerRecord
from dispatch.store import outbox_rows as letters
from dispatch.store import refused, tables, versions
from dispatch.store.address import StoreAddress
from dispatch.store.batch import PUSHED, Batch, batch_of
from dispatch.store.bulk import write_lines
from dispatch.store.errors import JournalFailed, JournalRefused, KeyTaken, said
from dispatch.store.outbox_rows import DeadLetter, Letter
from dispatch.store.ownership import FileOwner, Owner, own
from dispatch.store.read_retry import patiently
from dispatch.store.refused import KEPT_REFUSALS, KeptRefusal
from dispatch.store.snapshot_rows import OutboxStanding, outbox_standing
from dispatch.store.soundness import store_flaws
from dispatch.views.snapshot import Snapshot
from gateway.access.credentials import Credential
from gateway.devices.registry import DeviceRecord, VendorRecord
from gateway.devices.twin import Twin
from gateway.devices.twin_text import read_twin

__all__ = ["KEPT_REFUSALS", "PUSHED", "Batch", "Journal", "JournalFailed", "JournalRefused", "KeptRefusal", "KeyTaken"]

PAGE = 5_000
KEPT_SNAPSHOTS = 2
ASKED_AT_ONCE = 500
"""SQLite takes a limited number of values in one question."""

_DEVICE = TypeAdapter(DeviceRecord)
_CUSTOMER = TypeAdapter(Customer)
_VENDOR = TypeAdapter(VendorRecord)
_CREDENTIAL = TypeAdapter(Credential)
_PARTNER = TypeAdapter(PartnerRecord)


class Journal:
    """Everything that has to survive. ``commit`` writes a batch whole or not at all; thread-safe.

    ``Journal.open(folder)`` for a service, ``Journal.in_memory()`` for what need not last. Close it.
    """

    def __init__(self, address: str, engine: Engine, owner: Owner | None) -> None:
        """``address`` is what messages call the store; without an ``owner`` it is only read."""
        self._address = address
        self._engine = engine
        self._owner = owner
        self._writing = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """Open or make the SQLite store in ``folder``. Raises ``JournalRefused``, as ``open_at`` does."""
        return cls.open_at(StoreAddress.in_folder(folder))

    @classmethod
    def open_at(cls, address: StoreAddress) -> Journal:
        """Open, make or bring up to date the store at ``address``, and hold it.

        Raises ``JournalRefused`` where it is not there, another service has it, or it is of a newer version.
        """
        engine = address.engine()
        with _refused(address, engine):
            if address.file is not None:
                address.file.parent.mkdir(parents=True, exist_ok=True)
            owner = own(address, engine)
            try:
                versions.bring_up_to_date(address, engine)
            except BaseException:
                owner.close()
                raise
        return cls(str(address), engine, owner)

    @classmethod
    def look(cls, folder: Path) -> Journal:
        """Open the store in ``folder`` to read it, beside the service that has it. Raises ``JournalRefused``."""
        return cls.look_at(StoreAddress.in_folder(folder))

    @classmethod
    def look_at(cls, address: StoreAddress) -> Journal:
        """Open the store at ``address`` to read it, beside the service that has it. Raises ``JournalRefused``."""
        engine = address.reader()
        with _refused(address, engine):
            versions.check(address, engine)
        return cls(str(address), engine, None)

    @classmethod
    def in_memory(cls) -> Journal:
        """Make a store that is gone when it is closed."""
        # One connection, lent to one thread at a time: a reader that gives a shared one back would undo what another
        # thread is just writing.
        alone = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, **alone)
        with engine.begin() as connection:
            versions.make(connection)
        return cls("in memory", engine, FileOwner(engine, None))

    def close(self) -> None:
        """Let go of the store, so that another service may have it."""
        self._engine.dispose()
        if self._owner:
            self._owner.close()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def commit(self, turns: Sequence[Turn], at: float) -> None:
        """Write a batch of turns in one transaction. ``at``: POSIX seconds. Raises as ``write`` does."""
        self.write(batch_of(turns, at))

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction.

        Raises ``JournalFailed`` or ``KeyTaken``; then nothing is written.
        """
        if batch:
            self._write(batch.write)

    def rows(self, after: int = 0, limit: int | None = None) -> Iterator[Row]:
        """Iterate over the ledger's rows behind number ``after``, in order."""
        left = limit
        while left is None or left > 0:
            page = self._page(after, PAGE if left is None else min(PAGE, left))
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].seq
            left = None if left is None else left - len(page)

    def standing(self, keys: Iterable[str]) -> tuple[Pen, set[str]]:
        """Return the pen behind the last row stored, and which of ``keys`` stand in the ledger. Raises ``JournalFailed``."""
        asked, found = list(keys), set[str]()
        try:
            with self._engine.connect() as connection:
                for first in range(0, len(asked), ASKED_AT_ONCE):
                    some = asked[first : first + ASKED_AT_ONCE]
                    found |= set(connection.scalars(select(tables.ledger.c.key).where(tables.ledger.c.key.in_(some))))
            return self.pen(), found
        except (SQLAlchemyError, OSError) as error:
            raise JournalFailed(f"the store {self._address} cannot be read: {said(error)}") from error

    def rows_at(self, seqs: Sequence[int]) -> list[Row]:
        """Return rows by their numbers, in order."""
        found: list[Row] = []
        with self._engine.connect() as connection:
            for first in range(0, len(seqs), ASKED_AT_ONCE):
                some = select(tables.ledger).where(tables.ledger.c.seq.in_(seqs[first : first + ASKED_AT_ONCE]))
                found.extend(_row(line) for line in connection.execute(some.order_by(tables.ledger.c.seq)))
        return found

    def rows_naming(self, name: str) -> list[Row]:
        """Return every row that names a case or device anywhere, and what caused it.

        It reads the whole ledger: seconds for millions of rows.
        """
        with self._engine.connect() as connection:
            naming = tables.ledger.c.body.contains(name, autoescape=True) | (tables.ledger.c.case == name)
            found = {line.seq: _row(line) for line in connection.execute(select(tables.ledger).where(naming))}
        causes = sorted({row.cause for row in found.values() if row.cause is not None} - found.keys())
        found |= {row.seq: row for row in self.rows_at(causes)}
        return [found[seq] for seq in sorted(found)]

    def snapshots(self) -> list[Snapshot]:
        """Return the snapshots that are kept, newest first."""
        table = tables.snapshots
        with self._engine.connect() as connection:
            found = connection.execute(select(table).order_by(table.c.seq.desc()))
            return [Snapshot(line.seq, line.hash, line.written_by, line.body) for line in found]

    def keep_snapshot(self, kept: Snapshot) -> None:
        """Keep a snapshot, and the one before in case this one should not do. Raises ``JournalFailed``."""
        table = tables.snapshots

        def change(connection: Connection) -> None:
            write_lines(connection, table, [(kept.seq, kept.hash, kept.form, kept.body)], replace="seq")
            older = select(table.c.seq).order_by(table.c.seq.desc()).offset(KEPT_SNAPSHOTS)
            connection.execute(delete(table).where(table.c.seq.in_(older)))

        self._write(change)

    def forget_snapshots(self) -> None:
        """Have the next restart read the whole ledger. Raises ``JournalFailed``."""
        self._write(lambda connection: connection.execute(delete(tables.snapshots)))

    def session(self) -> str:
        """Return the name this store's service has at a broker; drawn once, so that no two stores share a backlog."""
        kept = select(tables.meta.c.value).where(tables.meta.c.name == "session")
        found = self._one(kept)
        if found is None:
            drawn = f"callahead-{secrets.token_hex(6)}"
            self._write(lambda connection: connection.execute(insert(tables.meta), {"name": "session", "value": drawn}))
            return drawn
        return str(found.value)

    def pen(self) -> Pen:
        """Return the pen that writes the row after the last."""
        last = self._one(select(tables.ledger).order_by(tables.ledger.c.seq.desc()).limit(1))
        return Pen() if last is None else Pen(last.seq, last.hash, last.at)

    def ledger_sha256(self) -> str:
        """Return the last row's hash, which stands for the whole ledger."""
        return self.pen().hash

    def twins(self) -> list[Twin]:
        """Return what was last known of every device."""
        return [read_twin(body) for body in self._bodies(tables.twins)]

    def twins_of(self, devices: Sequence[str]) -> list[Twin]:
        """Return what was last known of some devices; those never heard of are left out. Waits for a store that is away."""
        return patiently(lambda: self._twins_of(devices))

    def twin_of(self, device: str) -> Twin | None:
        """Return what was last known of a device; ``None``: it was never heard of."""
        return next(iter(self.twins_of([device])), None)

    def twin_count(self) -> int:
        """Return how many devices were ever heard."""
        return int(self._one(select(func.count()).select_from(tables.twins))[0])

    def has_key(self, key: str) -> bool:
        """Tell whether a row of the ledger has this key. Waits for a store that is away."""
        found = select(tables.ledger.c.seq).where(tables.ledger.c.key == key)
        return patiently(lambda: self._one(found)) is not None

    def row_under(self, key: str) -> Row | None:
        """Return the row of the ledger that has this key. Waits for a store that is away."""
        found = patiently(lambda: self._one(select(tables.ledger).where(tables.ledger.c.key == key)))
        return None if found is None else _row(found)

    def devices(self) -> list[DeviceRecord]:
        """Return every registered device."""
        return [_DEVICE.validate_json(body) for body in self._bodies(tables.devices)]

    def customers(self) -> list[Customer]:
        """Return every registered customer."""
        return [_CUSTOMER.validate_json(body) for body in self._bodies(tables.customers)]

    def register_devices(self, records: Iterable[DeviceRecord]) -> None:
        """Keep devices; a later record replaces an earlier one of the same name. Raises ``JournalFailed``."""
        self._keep(tables.devices, {record.device: _DEVICE.dump_json(record).decode() for record in records})

    def register_customers(self, customers: Iterable[Customer]) -> None:
        """Keep customers; a later record replaces an earlier one of the same id. Raises ``JournalFailed``."""
        self._keep(
            tables.customers, {customer.customer: _CUSTOMER.dump_json(customer).decode() for customer in customers}
        )

    def vendors(self) -> list[VendorRecord]:
        """Return every registered vendor."""
        return [_VENDOR.validate_json(body) for body in self._bodies(tables.vendors)]

    def register_vendors(self, records: Iterable[VendorRecord]) -> None:
        """Keep vendors; a later record replaces an earlier one of the same name. Raises ``JournalFailed``."""
        self._keep(tables.vendors, {record.vendor: _VENDOR.dump_json(record).decode() for record in records})

    def partners(self) -> list[PartnerRecord]:
        """Return the partners that have an address."""
        return [_PARTNER.validate_json(body) for body in self._bodies(tables.partners)]

    def register_partners(self, records: Iterable[PartnerRecord]) -> None:
        """Keep partners' addresses and secrets; a later record replaces an earlier one. Raises ``JournalFailed``."""
        self._keep(tables.partners, {record.partner: _PARTNER.dump_json(record).decode() for record in records})

    def forget_partner(self, partner: str) -> None:
        """Keep a partner's address no more. Raises ``JournalFailed``."""
        self._write(
            lambda connection: connection.execute(delete(tables.partners).where(tables.partners.c.id == partner))
        )

    def credentials(self) -> list[Credential]:
        """Return what is kept of every credential."""
        return [_CREDENTIAL.validate_json(body) for body in self._bodies(tables.credentials)]

    def revoked_certificates(self) -> list[str]:
        """Return the serial numbers of certificates that were replaced or revoked."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(tables.revoked.c.id).order_by(tables.revoked.c.id)))

    def replace_credential(self, username: str, new: Credential | None, revoked: str | None) -> None:
        """Keep a new credential, or none, and that the old one's certificate holds no more. Raises ``JournalFailed``."""

        def change(connection: Connection) -> None:
            connection.execute(delete(tables.credentials).where(tables.credentials.c.id == username))
            if new:
                _upsert(connection, tables.credentials, {username: _CREDENTIAL.dump_json(new).decode()})
            if revoked:
                _upsert(connection, tables.revoked, {revoked: username})

        self._write(change)

    def undone(self) -> list[Row]:
        """Return the actions that are still to be sent to a device, oldest first."""
        waiting = (tables.outbox.c.done_at.is_(None)) & (tables.outbox.c.dead.is_(None))
        with self._engine.connect() as connection:
            found = connection.execute(
                select(tables.ledger)
                .join(tables.outbox, tables.outbox.c.seq == tables.ledger.c.seq)
                .where(waiting & tables.outbox.c.partner.is_(None))
                .order_by(tables.ledger.c.seq)
            )
            return [_row(line) for line in found]

    def letters(self) -> list[Letter]:
        """Return what partners are still to be told, and their dead letters, in the ledger's order."""
        with self._engine.connect() as connection:
            return letters.standing(connection)

    def note(self, changed: Sequence[Errand], at: float) -> None:
        """Note how errands stand; an outcome holds from ``at``, POSIX seconds. Raises ``JournalFailed``."""
        if changed:
            self._write(lambda connection: letters.note(connection, changed, at))

    def dead(self, after: int, limit: int) -> list[DeadLetter]:
        """Return dead letters whose action stands behind row ``after``, oldest first: partners' and devices'."""
        with self._engine.connect() as connection:
            return letters.dead(connection, after, limit)

    def tick(self, sent: Sequence[str], dead: Mapping[str, str], at: float, expired: Sequence[str] = ()) -> None:
        """Note which actions reached the broker, which never will and why, and which the desk has moved on from.

        Raises ``JournalFailed``.
        """
        ended = {**dict.fromkeys(expired, "expired"), **dict.fromkeys(sent, "sent")}
        done: list[dict[str, Any]] = [
            {"of": key, "done_at": at, "dead": None, "outcome": outcome} for key, outcome in ended.items()
        ]
        never: list[dict[str, Any]] = [
            {"of": key, "done_at": None, "dead": reason, "outcome": "forbidden"} for key, reason in dead.items()
        ]
        change = update(tables.outbox).where(tables.outbox.c.key == bindparam("of"))
        change = change.values(done_at=bindparam("done_at"), dead=bindparam("dead"), outcome=bindparam("outcome"))
        if done or never:
            self._write(lambda connection: connection.execute(change, done + never))

    def mark_done(self, keys: Iterable[str], at: float) -> None:
        """Note that these actions reached whom they were for. Raises ``JournalFailed``."""
        self.tick(list(keys), {}, at)

    def dead_letters(self) -> dict[str, str]:
        """Return the actions that were not sent, by key, each with the reason."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(tables.outbox.c.key, tables.outbox.c.dead).where(tables.outbox.c.dead.is_not(None))
            )
            return {line.key: line.dead for line in found}

    def flaws(self) -> list[Flaw]:
        """Return what the database sees wrong with the store. Raises ``JournalFailed`` where it cannot be read."""
        with self._reading() as connection:
            return list(store_flaws(connection))

    def outbox_standing(self) -> OutboxStanding:
        """Return how many actions wait to be carried out, since when, and how many are dead. Raises ``JournalFailed``."""
        with self._reading() as connection:
            return outbox_standing(connection)

    def probe(self) -> None:
        """Write a line that means nothing, to see whether the store takes one. Raises ``JournalFailed``."""
        self._write(lambda connection: write_lines(connection, tables.meta, [("probe", "")], replace="name"))

    def refusals(self, vendor: str, limit: int = 100) -> list[KeptRefusal]:
        """Return the newest refused messages of a vendor's devices, newest first."""
        with self._engine.connect() as connection:
            return refused.newest(connection, vendor, limit)

    def refusal_counts(self, vendor: str | None = None) -> dict[str, int]:
        """Return how many messages broke which rule: a vendor's, or all."""
        with self._engine.connect() as connection:
            return refused.counts(connection, vendor)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise JournalFailed(f"the store {self._address} cannot be read: {said(error)}") from error

    def _page(self, after: int, limit: int) -> list[Row]:
        with self._reading() as connection:
            found = connection.execute(
                select(tables.ledger).where(tables.ledger.c.seq > after).order_by(tables.ledger.c.seq).limit(limit)
            )
            return [_row(line) for line in found]

    def _twins_of(self, devices: Sequence[str]) -> list[Twin]:
        found: list[Twin] = []
        with self._reading() as connection:
            for first in range(0, len(devices), ASKED_AT_ONCE):
                names = devices[first : first + ASKED_AT_ONCE]
                lines = connection.scalars(select(tables.twins.c.body).where(tables.twins.c.id.in_(names)))
                found.extend(read_twin(body) for body in lines)
        return found

    def _bodies(self, table: Table) -> list[str]:
        with self._reading() as connection:
            return list(connection.scalars(select(table.c.body).order_by(table.c.id)))

    def _one(self, query: Any) -> Any:  # noqa: ANN401 - a line of any table
        with self._reading() as connection:
            return connection.execute(query).first()

    def _keep(self, table: Table, bodies: dict[str, str]) -> None:
        if bodies:
            self._write(lambda connection: _upsert(connection, table, bodies))

    def _write(self, change: Callable[[Connection], Any]) -> None:
        if self._owner is None:
            message = f"the store {self._address} is open to be read"
            raise JournalFailed(message)
        try:
            with self._writing, self._owner.transaction() as connection:
                change(connection)
        except IntegrityError as error:
            message = f"the store {self._address} has it already: {said(error)}"
            raise KeyTaken(message) from error
        except (SQLAlchemyError, OSError) as error:
            message = f"the store {self._address} did not take the batch: {said(error)}"
            raise JournalFailed(message) from error


@contextlib.contextmanager
def _refused(address: StoreAddress, engine: Engine) -> Iterator[None]:
    """Tell what keeps a store from being opened, and let go of it."""
    try:
        yield
    except JournalRefused:
        engine.dispose()
        raise
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise JournalRefused(f"the store {address} cannot be opened: {said(error)}") from error


def _upsert(connection: Connection, table: Table, bodies: dict[str, str]) -> None:
    write_lines(connection, table, list(bodies.items()), replace="id")


def _row(line: Any) -> Row:  # noqa: ANN401 - a line of the ledger
    seq, at, kind, name, key, case, cause, body, seal = line
    return Row(seq, at, Kind(kind), name, key, case, cause, body, seal)
