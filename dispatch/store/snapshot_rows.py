"""Snapshots in the store, the newest two: the one before serves where the last should not do."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from dispatch.store.bulk import write_lines
from dispatch.store.database import Database
from dispatch.store.tables import snapshots
from dispatch.views.snapshot_kept import Snapshot

KEPT_SNAPSHOTS = 2


class SnapshotRows:
    """How the desk and what is read from the ledger stood behind some row. Every method raises ``JournalFailed``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest_first(self) -> list[Snapshot]:
        """Return the snapshots that are kept."""
        with self._database.reading() as connection:
            found = connection.execute(select(snapshots).order_by(snapshots.c.seq.desc()))
            return [Snapshot(line.seq, line.hash, line.written_by, line.body) for line in found]

    def keep(self, kept: Snapshot) -> None:
        """Keep a snapshot, and the one before."""

        def change(connection: Connection) -> None:
            write_lines(connection, snapshots, [(kept.seq, kept.hash, kept.form, kept.body)], replace="seq")
            older = select(snapshots.c.seq).order_by(snapshots.c.seq.desc()).offset(KEPT_SNAPSHOTS)
            connection.execute(delete(snapshots).where(snapshots.c.seq.in_(older)))

        self._database.write(change)

    def forget_all(self) -> None:
        """Have the next restart read the whole ledger."""
        self._database.write(lambda connection: connection.execute(delete(snapshots)))
