"""The tables of the store, the same on SQLite and PostgreSQL. A change here goes with a migration (``migrations/versions``)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

_Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows only in a column that is called INTEGER."""

tables = MetaData()
ledger = Table(
    "ledger",
    tables,
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", String, nullable=False),
    Column("type", String, nullable=False),
    Column("key", String, unique=True),
    Column("case", String),
    Column("cause", _Number),
    Column("body", Text, nullable=False),
    Column("hash", String, nullable=False),
)
outbox = Table(
    "outbox",
    tables,
    Column("key", String, primary_key=True),
    Column("seq", _Number, nullable=False),
    Column("done_at", Double),
    Column("dead", String),
    Column("partner", String),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Double),
    Column("outcome", String),
    Column("trouble", String),
    Index(
        "ix_outbox_waiting",
        "seq",
        sqlite_where=text("done_at IS NULL AND dead IS NULL"),
        postgresql_where=text("done_at IS NULL AND dead IS NULL"),
    ),
    Index(
        "ix_outbox_dead",
        "seq",
        sqlite_where=text("dead IS NOT NULL"),
        postgresql_where=text("dead IS NOT NULL"),
    ),
)
"""Every action that leaves us. It waits while neither ``done_at`` nor ``dead`` (the reason) is set; ``partner`` is NULL for
commands to devices, the channel for messages to customers, ``bank`` for the bank; ``attempts`` is written before each try,
``trouble`` says why the last one failed, ``outcome`` how it ended."""


def _records(name: str) -> Table:
    return Table(name, tables, Column("id", String, primary_key=True), Column("body", Text, nullable=False))


strangers, sent_messages = _records("strangers"), _records("sent_messages")
bank_orders, bank_files = _records("bank_orders"), _records("bank_files")
products = _records("products")
"""What customers hold, by ``{customer}/{product}``."""
twins, devices, customers, vendors, credentials, revoked, partners, accounts, api_keys, sessions, access_links = (
    _records(name)
    for name in (
        "twins",
        "devices",
        "customers",
        "vendors",
        "credentials",
        "revoked_certificates",
        "partners",
        "accounts",
        "api_keys",
        "sessions",
        "access_links",
    )
)
person_keys = Table(
    "person_keys",
    tables,
    Column("id", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("week", Integer, nullable=False),
    Column("key", String, nullable=False),
    Index("ix_person_keys_person", "person"),
)
"""What personal members of rows are sealed with (``dispatch.store.person_keys``)."""
voice_messages = Table(
    "voice_messages",
    tables,
    Column("id", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("sha256", String, nullable=False),
    Column("key", String, nullable=False),
    Column("sealed", Text, nullable=False),
    Index("ix_voice_messages_person", "person", "at"),
)
"""What customers said into their page, by the name of the message: each sealed with a key of its own (``person_keys``)."""
voice_prints = Table(
    "voice_prints",
    tables,
    Column("id", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("key", String, nullable=False),
    Column("sealed", Text, nullable=False),
    Index("ix_voice_prints_person", "person"),
)
"""What customers' voices are compared with: each sealed with a key of its own (``person_keys``)."""
erasures = Table(
    "erasures",
    tables,
    Column("id", String, primary_key=True),
    Column("at", Double, nullable=False),
    Column("seq", _Number, nullable=False),
)
"""Who was erased when, by which row of the ledger: behind it, what they said can be read no more, and is folded as it stands."""
inbox = Table(
    "inbox",
    tables,
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""What devices said and is not in ``twins`` yet (``dispatch.store.inbox_rows``)."""
rejections = Table(
    "rejections",
    tables,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("device", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("problem", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("ix_rejections_device", "device"),
)
refusal_counts = Table(
    "refusal_counts",
    tables,
    Column("device", String, primary_key=True),
    Column("rule", String, primary_key=True),
    Column("count", Integer, nullable=False),
)
meta = Table("meta", tables, Column("name", String, primary_key=True), Column("value", String, nullable=False))
snapshots = Table(
    "snapshots",
    tables,
    Column("seq", _Number, primary_key=True, autoincrement=False),
    Column("hash", String, nullable=False),
    Column("written_by", String, nullable=False),
    Column("body", Text, nullable=False),
)
"""How the desk and what is read from the ledger stood behind row ``seq``."""
