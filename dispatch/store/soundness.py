"""What the database itself can tell of a store's soundness, without any row coming here: keys, outbox, snapshots, the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sqlalchemy import Connection, text

from dispatch.ledger.audit.flaw import Flaw, Law
from dispatch.store.batch import PUSHED, TOLD

_TOLD = 100
"""Lines told of each kind, at most."""
_KEYS = (
    "SELECT key, min(seq) AS seq FROM ledger {past_the_index} WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1"
)
_LOST = (
    "SELECT outbox.key, outbox.seq FROM outbox LEFT JOIN ledger ON ledger.seq = outbox.seq AND ledger.key = outbox.key "
    "WHERE ledger.seq IS NULL"
)
_MISSING = (
    "SELECT ledger.key, ledger.seq FROM ledger LEFT JOIN outbox ON outbox.key = ledger.key "
    "WHERE outbox.key IS NULL AND (ledger.type IN ({pushed}) OR (ledger.type IN ({told}) AND "
    "ledger.seq > (SELECT min(seq) FROM outbox WHERE partner IS NOT NULL)))"
)
"""What partners are told stands there since stores of version 0003."""
_SNAPSHOTS = (
    "SELECT snapshots.seq AS key, snapshots.seq FROM snapshots LEFT JOIN ledger ON ledger.seq = snapshots.seq "
    "WHERE ledger.seq IS NULL OR ledger.hash <> snapshots.hash"
)


def store_flaws(connection: Connection) -> Iterator[Flaw]:
    """Yield what is wrong with a store, as its database sees it. It sorts on its own disk."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:  # PostgreSQL checks its own pages as it reads them
        yield from _file(connection)
    asked: Mapping[str, tuple[Law, Callable[[str], str]]] = {
        _KEYS.format(past_the_index="NOT INDEXED" if sqlite else ""): (Law.KEY, "the key {} stands twice".format),
        _LOST: (Law.OUTBOX, "{} is in the outbox, and no such row is in the ledger".format),
        _MISSING.format(pushed=_listed(PUSHED), told=_listed(TOLD)): (
            Law.OUTBOX,
            "{} is to be carried out, and is not in the outbox".format,
        ),
        _SNAPSHOTS: (Law.SNAPSHOT, "the snapshot behind row {} is of another ledger".format),
    }
    for query, (law, told) in asked.items():
        lines = connection.execute(text(f"{query} ORDER BY 2 LIMIT {_TOLD}"))
        yield from (Flaw(law, told(line.key), line.seq) for line in lines)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _file(connection: Connection) -> Iterator[Flaw]:
    for line in connection.execute(text("PRAGMA quick_check")):
        if line[0] != "ok":
            yield Flaw(Law.FILE, f"SQLite says: {line[0]}")
