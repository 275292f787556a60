"""An hour of the past, told again from the ledger for one who watches: the same picture, as it stood then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dispatch.ledger.rows import Row
from dispatch.projection.follower import new_book, standing_before
from dispatch.projection.live import LivePicture, Said
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook
from dispatch.views.picture.picture import Picture

FASTEST = 600.0
"""Seconds told in one."""


@dataclass(slots=True)
class Hour:
    """Where the telling is: at ``at``, POSIX seconds; ``rate`` seconds of it in one; 0: it stands still."""

    at: float
    rate: float = 0.0


class Replay:
    """Build it in a thread: it reads the ledger from the newest snapshot before that hour. Raises ``JournalFailed``."""

    def __init__(self, journal: Journal, live: LivePicture, at: float) -> None:
        self.hour = Hour(at)
        self._journal, self._live = journal, live
        self._book = _before(journal, at)
        self._picture = Picture(live.policy, live.names.of)
        self._rows: Iterator[Row] = iter(())
        self._next: Row | None = None
        self._go_on()
        self._tell_until(at)

    def whole(self) -> Said:
        """Return how everything stood."""
        self._picture.draw(self._book)
        totals = {"totals": self._picture.totals, "seq": self._book.last_seq, "row_at": self._book.last_at}
        return self._head() | {"whole": True, "zone": self._live.zone} | self._picture.parts | totals

    def advance(self, real_s: float) -> Said:
        """Let so many seconds of the wall pass, and return what changed meanwhile."""
        self.hour.at += real_s * self.hour.rate
        self._tell_until(self.hour.at)
        changes = self._picture.draw(self._book)
        return self._head() | changes | {"totals": self._picture.totals, "seq": self._book.last_seq}

    def details(self, name: str) -> Said | None:
        """Return what was known of a case then."""
        case = self._book.cases.get(name)
        return None if case is None else self._live.details_of(case, self._book, self.hour.at)

    def _head(self) -> Said:
        return {"replay": {"at": self.hour.at, "rate": self.hour.rate}, "now": self.hour.at, "rate": self.hour.rate}

    def _go_on(self) -> None:
        self._rows = self._journal.ledger.rows(after=self._book.last_seq)
        self._next = next(self._rows, None)

    def _tell_until(self, at: float) -> None:
        if self._next is None:
            self._go_on()
        while self._next is not None and self._next.at <= at:
            self._book.feed(self._next)
            self._next = next(self._rows, None)


def _before(journal: Journal, at: float) -> Casebook:
    return next(standing_before(journal, journal.ledger.last_before(at)), None) or new_book(journal)
