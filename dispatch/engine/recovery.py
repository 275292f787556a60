"""Back to where the store ends: the newest snapshot that fits, and the rows behind it. A journal is read; nothing is written."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from dispatch.core.decisions import DECISIONS_VERSION, not_compared
from dispatch.core.desk import Desk
from dispatch.core.policy import Policy
from dispatch.engine.checkpoint import Checkpoint
from dispatch.ledger.replay import Drift, restore
from dispatch.ledger.rows import Row
from dispatch.store.inbox_rows import TakenMessage
from dispatch.store.journal import Journal
from dispatch.views.casebook import Casebook
from dispatch.views.partner_requests import Requests
from dispatch.views.snapshot import take_up
from dispatch.views.snapshot_kept import Snapshot
from gateway.intake.intake import Intake

log = logging.getLogger("callahead")

CLOSED_KEPT = 1_000
"""So many closed cases are at hand; the ledger has the others."""


@dataclass(slots=True)
class Restored:
    """Everything that is built from the ledger, as it stood."""

    desk: Desk
    casebook: Casebook
    requests: Requests
    drift: Drift
    from_seq: int = 0
    """Behind which row the ledger was told again."""
    versions: set[int] = field(default_factory=set)
    """Whose decisions the rows hold that were told again (``dispatch.core.decisions``)."""

    @property
    def of_another_version(self) -> int | None:
        """The newest other version that decided what was told again; ``None``: all of it was decided by this one."""
        return max(self.versions - {DECISIONS_VERSION}, default=None)


def restored(journal: Journal, closed_kept: int | None = CLOSED_KEPT, policy: Policy | None = None) -> Restored:
    """Build it from the newest snapshot that fits the ledger and this version; without one, from the whole ledger."""
    for kept in journal.snapshots.newest_first():
        found = Restored(Desk(policy), _casebook(journal, closed_kept), Requests(), Drift(), kept.seq)
        if not _fits(journal, kept):
            log.error("the snapshot behind row %d does not fit the ledger; it is passed over", kept.seq)
        elif take_up(kept, found.desk, found.casebook, found.requests):
            return _told_the_rest(journal, found)
        else:
            log.info("the snapshot behind row %d is of another version; it is passed over", kept.seq)
    return _told_the_rest(journal, Restored(Desk(policy), _casebook(journal, closed_kept), Requests(), Drift()))


def heard_again(journal: Journal, intake: Intake) -> Checkpoint:
    """Take the messages again that stored twins do not have; nothing is decided by them, for that is in the ledger.

    Return which twins the store does not have as they are.
    """
    began, count, last = time.monotonic(), 0, 0
    behind: dict[str, tuple[int, float]] = {}
    for last, messages, lost in journal.inbox.rows():
        if lost:
            log.error("row %d of the inbox: %s", last, _says_lost(lost), extra={"row": last})
        for heard in messages:
            device = intake.sender_of(heard.topic)
            twin = intake.twins.get(device) if device else None
            if device is None or (twin is not None and twin.as_of >= last):
                continue
            _hear(intake, heard)
            behind.setdefault(device, (last, heard.at))
            count += 1
    checkpoint = Checkpoint(intake.twins, last)
    for device, (row, since) in behind.items():
        checkpoint.is_behind(intake.twin(device), row, since)
    if count:
        told = {"messages": count, "devices": len(behind), "seconds": round(time.monotonic() - began, 3)}
        log.info("twins have what was said last", extra=told)
    return checkpoint


def _hear(intake: Intake, heard: TakenMessage) -> None:
    if heard.glanced and intake.skim(heard.topic, heard.payload, heard.at) is not None:
        return
    intake.receive(heard.topic, heard.payload, heard.at, content_type=heard.content_type, properties=heard.properties)


def _says_lost(lost: int) -> str:
    what = "it cannot be read" if lost < 0 else f"{lost} of its messages cannot be read"
    return f"{what}; what its devices said then is not in their twins. They tell it again with their next status"


def _told_the_rest(journal: Journal, found: Restored) -> Restored:
    began = time.monotonic()
    erased = journal.erasures.last_seq()  # what was said before can be read no more, and is taken as it stands
    found.drift = restore(_fed(journal, found), found.desk, found.casebook.decisions_version, taken_before=erased)
    if last := found.casebook.last_seq:
        took = round(time.monotonic() - began, 3)
        told = {"seq": last, "rows": last - found.from_seq, "seconds": took, "drift": found.drift.count}
        log.info("back to where the ledger ends", extra=told)
    other = found.of_another_version
    if other is not None:
        log.info("the ledger was %s; what was done stands", not_compared(other))
    if found.drift:
        drift = found.drift
        log.warning(
            "this version decides otherwise than the one before: %d actions in other words, %d not, %d more; what was done "
            "stands and nothing is done again. The first: %s",
            drift.otherwise,
            drift.not_now,
            drift.only_now,
            "; ".join(drift.examples),
        )
    return found


def _fed(journal: Journal, found: Restored) -> Iterator[Row]:
    for row in journal.ledger.rows(after=found.from_seq):
        found.casebook.feed(row)
        found.requests.feed(row)
        found.versions.add(found.casebook.decisions_version)
        yield row


def _casebook(journal: Journal, closed_kept: int | None) -> Casebook:
    return Casebook(most_closed=closed_kept, row_of=journal.ledger.numbered)


def _fits(journal: Journal, kept: Snapshot) -> bool:
    return [row.hash for row in journal.ledger.numbered([kept.seq])] == [kept.hash]
