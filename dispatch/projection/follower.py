"""Follows the ledger row by row, from the newest snapshot that fits: what is read from it, and whose rows were new."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from dispatch.core.events import PrivacyEvent
from dispatch.ledger.rows import Row, read
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook
from dispatch.views.snapshot import take_up_casebook

log = logging.getLogger(__name__)

CLOSED_KEPT = 1_000
"""So many closed cases are at hand, as where it is decided."""


class Follower:
    """``catch_up`` brings ``book`` to where the ledger ends. Both raise ``JournalFailed``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.book = _begun(journal)

    def catch_up(self) -> tuple[int, bool]:
        """Read what was committed since; return how many rows that were, and whether somebody's data went with them."""
        count, erased = 0, False
        for row in self._journal.ledger.rows(after=self.book.last_seq):
            count += 1
            erased |= self._feed(row)
        return count, erased

    def _feed(self, row: Row) -> bool:
        erases = isinstance(read(row), PrivacyEvent)
        if erases:
            self._journal.person_keys.forget()
        self.book.feed(row)
        return erases


def new_book(journal: Journal) -> Casebook:
    """Return a casebook to be fed with this store's rows from the first on."""
    return Casebook(most_closed=CLOSED_KEPT, row_of=journal.ledger.numbered)


def standing_before(journal: Journal, last: int | None = None) -> Iterator[Casebook]:
    """Yield casebooks as snapshots have them, the newest first, none behind row ``last``."""
    for kept in journal.snapshots.newest_first():
        if last is not None and kept.seq > last:
            continue
        fits = [row.hash for row in journal.ledger.numbered([kept.seq])] == [kept.hash]
        book = new_book(journal)
        if fits and take_up_casebook(kept, book):
            yield book


def _begun(journal: Journal) -> Casebook:
    book = next(standing_before(journal), None) or new_book(journal)
    log.info("read from the ledger behind row %d", book.last_seq)
    return book
