"""The store: ledger, twins, registries, refusals and what is still to be sent. SQLite by SQLAlchemy Core.

One service for each store: it holds a lock that the kernel lets go of when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pydantic import TypeAdapter
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from dispatch.control import Turn
from dispatch.customers import Customer
from dispatch.ledger import Kind, Pen, Row
from gateway.contract.refusals import Problem
from gateway.credentials import Credential
from gateway.intake import Refusal
from gateway.registry import DeviceRecord, VendorRecord
from gateway.twin import Twin

SCHEMA_VERSION = "1"
PUSHED = frozenset({"SendTow", "ReassignTow", "RedirectTow", "CancelTow", "TellDriverToStop", "SendNotice"})
"""The actions that are sent to a device. All others are fetched by partners and agents."""
KEPT_REFUSALS = 200
"""How many refused messages are kept for each device. All are counted."""
PAGE = 5_000

_tables = MetaData()
_ledger = Table(
    "ledger",
    _tables,
    Column("seq", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", String, nullable=False),
    Column("type", String, nullable=False),
    Column("key", String, unique=True),
    Column("case", String),
    Column("cause", Integer),
    Column("body", Text, nullable=False),
    Column("hash", String, nullable=False),
)
_outbox = Table(
    "outbox",
    _tables,
    Column("key", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("done_at", Float),
    Column("dead", String),
)
_twins, _devices, _customers, _vendors, _credentials, _revoked = (
    Table(name, _tables, Column("id", String, primary_key=True), Column("body", Text, nullable=False))
    for name in ("twins", "devices", "customers", "vendors", "credentials", "revoked_certificates")
)
_rejections = Table(
    "rejections",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("device", String, nullable=False, index=True),
    Column("topic", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("problem", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("at", Float, nullable=False),
)
_refusal_counts = Table(
    "refusal_counts",
    _tables,
    Column("device", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("count", Integer, nullable=False),
)
_meta = Table("meta", _tables, Column("name", String, primary_key=True), Column("value", String, nullable=False))

_TWIN = TypeAdapter(Twin)
_DEVICE = TypeAdapter(DeviceRecord)
_CUSTOMER = TypeAdapter(Customer)
_VENDOR = TypeAdapter(VendorRecord)
_CREDENTIAL = TypeAdapter(Credential)


class JournalFailed(Exception):  # noqa: N818 - says what happened
    """The store did not take it, as when the disk is full. Nothing of the batch was written; try again."""


class KeyTaken(Exception):  # noqa: N818 - likewise
    """A row's key stands in the store already: what was decided twice is not written, let alone done. Our fault."""


class JournalRefused(Exception):  # noqa: N818 - likewise
    """The store cannot be used by this service: another one has it, or it is of another version."""


@dataclass(frozen=True, slots=True)
class KeptRefusal:
    """A refused message, as it is kept for the vendor."""

    device: str | None
    topic: str
    rule: str
    problem: Problem
    excerpt: str
    at: float


class Journal:
    """Everything that has to survive. ``commit`` writes a batch whole or not at all; thread-safe.

    ``Journal.open(folder)`` for a service, ``Journal.in_memory()`` for what need not last. Close it.
    """

    def __init__(self, engine: Engine, lock: IO[str] | None = None) -> None:
        self._engine = engine
        self._lock = lock
        self._writing = threading.Lock()
        _check_version(engine)

    @classmethod
    def open(cls, folder: Path) -> Journal:
        """Open or make the store in ``folder``.

        Raises ``JournalRefused`` where another service has it, or where it is of another version.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder / "service.lock")
        engine = create_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
        event.listen(engine, "connect", _durable)
        try:
            return cls(engine, lock)
        except (JournalRefused, SQLAlchemyError):
            engine.dispose()
            lock.close()
            raise

    @classmethod
    def look(cls, folder: Path) -> Journal:
        """Open the store in ``folder`` to read it, beside the service that has it. Raises ``JournalRefused``."""
        path = folder / "ledger.sqlite"
        if not path.exists():
            message = f"no service has kept its store in {folder}"
            raise JournalRefused(message)
        return cls(create_engine(f"sqlite:///file:{path}?mode=ro&uri=true"))

    @classmethod
    def in_memory(cls) -> Journal:
        """Make a store that is gone when it is closed."""
        return cls(create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}))

    def close(self) -> None:
        """Let go of the store, so that another service may have it."""
        self._engine.dispose()
        if self._lock:
            self._lock.close()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def commit(self, turns: Sequence[Turn], at: float) -> None:
        """Write a batch of turns in one transaction. ``at``: POSIX seconds.

        Raises ``JournalFailed`` or ``KeyTaken``; then nothing is written.
        """
        rows = [row for turn in turns for row in turn.rows]
        twins = {twin.device: twin for turn in turns for twin in turn.twins}
        refusals = [turn.refusal for turn in turns if turn.refusal]
        if rows or twins or refusals:
            self._write(lambda connection: _write_batch(connection, rows, twins.values(), refusals, at))

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

    def session(self) -> str:
        """Return the name this store's service has at a broker; drawn once, so that no two stores share a backlog."""
        kept = select(_meta.c.value).where(_meta.c.name == "session")
        found = self._one(kept)
        if found is None:
            drawn = f"callahead-{secrets.token_hex(6)}"
            self._write(lambda connection: connection.execute(insert(_meta), {"name": "session", "value": drawn}))
            return drawn
        return str(found.value)

    def pen(self) -> Pen:
        """Return the pen that writes the row after the last."""
        last = self._one(select(_ledger).order_by(_ledger.c.seq.desc()).limit(1))
        return Pen() if last is None else Pen(last.seq, last.hash, last.at)

    def ledger_sha256(self) -> str:
        """Return the last row's hash, which stands for the whole ledger."""
        return self.pen().hash

    def twins(self) -> list[Twin]:
        """Return what was last known of every device."""
        return [_TWIN.validate_json(body) for body in self._bodies(_twins)]

    def devices(self) -> list[DeviceRecord]:
        """Return every registered device."""
        return [_DEVICE.validate_json(body) for body in self._bodies(_devices)]

    def customers(self) -> list[Customer]:
        """Return every registered customer."""
        return [_CUSTOMER.validate_json(body) for body in self._bodies(_customers)]

    def register_devices(self, records: Iterable[DeviceRecord]) -> None:
        """Keep devices; a later record replaces an earlier one of the same name. Raises ``JournalFailed``."""
        self._keep(_devices, {record.device: _DEVICE.dump_json(record).decode() for record in records})

    def register_customers(self, customers: Iterable[Customer]) -> None:
        """Keep customers; a later record replaces an earlier one of the same id. Raises ``JournalFailed``."""
        self._keep(_customers, {customer.customer: _CUSTOMER.dump_json(customer).decode() for customer in customers})

    def vendors(self) -> list[VendorRecord]:
        """Return every registered vendor."""
        return [_VENDOR.validate_json(body) for body in self._bodies(_vendors)]

    def register_vendors(self, records: Iterable[VendorRecord]) -> None:
        """Keep vendors; a later record replaces an earlier one of the same name. Raises ``JournalFailed``."""
        self._keep(_vendors, {record.vendor: _VENDOR.dump_json(record).decode() for record in records})

    def credentials(self) -> list[Credential]:
        """Return what is kept of every credential."""
        return [_CREDENTIAL.validate_json(body) for body in self._bodies(_credentials)]

    def revoked_certificates(self) -> list[str]:
        """Return the serial numbers of certificates that were replaced or revoked."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(_revoked.c.id).order_by(_revoked.c.id)))

    def replace_credential(self, username: str, new: Credential | None, revoked: str | None) -> None:
        """Keep a new credential, or none, and that the old one's certificate holds no more. Raises ``JournalFailed``."""

        def change(connection: Connection) -> None:
            connection.execute(delete(_credentials).where(_credentials.c.id == username))
            if new:
                _upsert(connection, _credentials, {username: _CREDENTIAL.dump_json(new).decode()})
            if revoked:
                _upsert(connection, _revoked, {revoked: username})

        self._write(change)

    def undone(self) -> list[Row]:
        """Return the actions that are still to be sent to a device, oldest first."""
        waiting = (_outbox.c.done_at.is_(None)) & (_outbox.c.dead.is_(None))
        with self._engine.connect() as connection:
            found = connection.execute(
                select(_ledger).join(_outbox, _outbox.c.seq == _ledger.c.seq).where(waiting).order_by(_ledger.c.seq)
            )
            return [_row(line) for line in found]

    def tick(self, sent: Sequence[str], dead: Mapping[str, str], at: float) -> None:
        """Note which actions reached the broker, and which never will and why. Raises ``JournalFailed``."""
        done: list[dict[str, Any]] = [{"of": key, "done_at": at, "dead": None} for key in sent]
        never: list[dict[str, Any]] = [{"of": key, "done_at": None, "dead": reason} for key, reason in dead.items()]
        change = update(_outbox).where(_outbox.c.key == bindparam("of"))
        change = change.values(done_at=bindparam("done_at"), dead=bindparam("dead"))
        if done or never:
            self._write(lambda connection: connection.execute(change, done + never))

    def mark_done(self, keys: Iterable[str], at: float) -> None:
        """Note that these actions reached whom they were for. Raises ``JournalFailed``."""
        self.tick(list(keys), {}, at)

    def dead_letters(self) -> dict[str, str]:
        """Return the actions that were not sent, by key, each with the reason."""
        with self._engine.connect() as connection:
            found = connection.execute(select(_outbox.c.key, _outbox.c.dead).where(_outbox.c.dead.is_not(None)))
            return {line.key: line.dead for line in found}

    def refusals(self, vendor: str, limit: int = 100) -> list[KeptRefusal]:
        """Return the newest refused messages of a vendor's devices, newest first."""
        with self._engine.connect() as connection:
            found = connection.execute(
                select(_rejections).where(_of(vendor, _rejections)).order_by(_rejections.c.id.desc()).limit(limit)
            )
            return [_kept(line) for line in found]

    def refusal_counts(self, vendor: str | None = None) -> dict[str, int]:
        """Return how many messages broke which rule: a vendor's, or all."""
        query = select(_refusal_counts.c.rule, func.sum(_refusal_counts.c.count)).group_by(_refusal_counts.c.rule)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(_of(vendor, _refusal_counts)) if vendor is not None else query)
            return {rule: int(count) for rule, count in found}

    def _page(self, after: int, limit: int) -> list[Row]:
        with self._engine.connect() as connection:
            found = connection.execute(
                select(_ledger).where(_ledger.c.seq > after).order_by(_ledger.c.seq).limit(limit)
            )
            return [_row(line) for line in found]

    def _bodies(self, table: Table) -> list[str]:
        with self._engine.connect() as connection:
            return list(connection.scalars(select(table.c.body).order_by(table.c.id)))

    def _one(self, query: Any) -> Any:  # noqa: ANN401 - a line of any table
        with self._engine.connect() as connection:
            return connection.execute(query).first()

    def _keep(self, table: Table, bodies: dict[str, str]) -> None:
        if bodies:
            self._write(lambda connection: _upsert(connection, table, bodies))

    def _write(self, change: Callable[[Connection], Any]) -> None:
        try:
            with self._writing, self._engine.begin() as connection:
                change(connection)
        except IntegrityError as error:
            message = f"the store {self._engine.url.database or 'in memory'} has it already: {error.orig}"
            raise KeyTaken(message) from error
        except SQLAlchemyError as error:
            cause = error.__cause__ or error
            message = f"the store {self._engine.url.database or 'in memory'} did not take the batch: {cause}"
            raise JournalFailed(message) from error


def _write_batch(
    connection: Connection, rows: Sequence[Row], twins: Iterable[Twin], refusals: Sequence[Refusal], at: float
) -> None:
    if rows:
        connection.execute(insert(_ledger), [_values(row) for row in rows])
    pushed = [{"key": row.key, "seq": row.seq} for row in rows if row.kind is Kind.ACTION and row.type in PUSHED]
    if pushed:
        connection.execute(insert(_outbox), pushed)
    bodies = {twin.device: _TWIN.dump_json(twin).decode() for twin in twins}
    if bodies:
        _upsert(connection, _twins, bodies)
    for refusal in refusals:
        _keep_refusal(connection, refusal, at)


def _upsert(connection: Connection, table: Table, bodies: dict[str, str]) -> None:
    change = insert_or(table)
    change = change.on_conflict_do_update(index_elements=[table.c.id], set_={"body": change.excluded.body})
    connection.execute(change, [{"id": name, "body": body} for name, body in bodies.items()])


def _keep_refusal(connection: Connection, refusal: Refusal, at: float) -> None:
    device, rule = refusal.device or "", refusal.rule.value
    kept = {
        "device": device,
        "topic": refusal.topic,
        "rule": rule,
        "problem": refusal.problem.model_dump_json(),
        "excerpt": refusal.excerpt,
        "at": at,
    }
    connection.execute(insert(_rejections), kept)
    counted = insert_or(_refusal_counts).values(device=device, rule=rule, count=1)
    connection.execute(
        counted.on_conflict_do_update(index_elements=["device", "rule"], set_={"count": _refusal_counts.c.count + 1})
    )
    of_device = _rejections.c.device == device
    newest = select(_rejections.c.id).where(of_device).order_by(_rejections.c.id.desc()).limit(KEPT_REFUSALS)
    connection.execute(
        delete(_rejections).where(
            of_device, _rejections.c.id < newest.offset(KEPT_REFUSALS - 1).limit(1).scalar_subquery()
        )
    )


def _of(vendor: str, table: Table) -> Any:  # noqa: ANN401 - SQLAlchemy's expressions
    return table.c.device.startswith(f"{vendor}/", autoescape=True)


def _values(row: Row) -> dict[str, Any]:
    return {
        "seq": row.seq,
        "at": row.at,
        "kind": row.kind.value,
        "type": row.type,
        "key": row.key,
        "case": row.case,
        "cause": row.cause,
        "body": row.body,
        "hash": row.hash,
    }


def _row(line: Any) -> Row:  # noqa: ANN401 - a line of the ledger
    seq, at, kind, name, key, case, cause, body, seal = line
    return Row(seq, at, Kind(kind), name, key, case, cause, body, seal)


def _kept(line: Any) -> KeptRefusal:  # noqa: ANN401 - a line of the rejections
    problem = Problem.model_validate_json(line.problem)
    return KeptRefusal(line.device or None, line.topic, line.rule, problem, line.excerpt, line.at)


def _durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    """Survive a crash of the machine: write-ahead log, and every commit on disk before it is called one."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {setting}")


def _lock(path: Path) -> IO[str]:
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        message = f"another service runs on {path.parent}: stop it, or give this one its own folder with --dir"
        raise JournalRefused(message) from None
    return lock


def _check_version(engine: Engine) -> None:
    with engine.begin() as connection:
        _meta.create(connection, checkfirst=True)
        found = connection.scalar(select(_meta.c.value).where(_meta.c.name == "schema_version"))
        if found not in {None, SCHEMA_VERSION}:
            message = (
                f"the store {engine.url.database} has schema version {found}, this service writes {SCHEMA_VERSION}: "
                "use the service that made it, or another folder with --dir"
            )
            raise JournalRefused(message)
        _tables.create_all(connection)  # those it lacks: newer services keep more
        if found is None:
            connection.execute(insert(_meta), {"name": "schema_version", "value": SCHEMA_VERSION})
