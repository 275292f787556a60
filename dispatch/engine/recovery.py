"""Back to where the store ends: the newest snapshot that fits, and the rows behind it. A journal is read; nothing is written."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from dispatch.core.decisions import DECISIONS_VERSION, not_compared
from dispatch.core.desk import Desk
from dispatch.core.policy import Policy
from dispatch.engine.checkpoint import Checkpoint
from dispatch.ledger.pipeline import ControlRoom
from dispatch.ledger.replay import Drift, restore
from dispatch.ledger.rows import Row
from dispatch.store.inbox_rows import TakenMessage
from dispatch.store.journal import Journal
from dispatch.store.twin_rows import says_unreadable
from dispatch.views.casebook import Casebook
from dispatch.views.partner_requests import Requests
from dispatch.views.snapshot import take_up
from dispatch.views.snapshot_kept import Snapshot
from gateway.intake.intake import Verdict

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


@dataclass(frozen=True, slots=True)
class HeardAgain:
    """What was made of the inbox."""

    checkpoint: Checkpoint
    """Which twins the store does not have as they are."""
    lost: tuple[str, ...] = ()
    """What could not be read, in words."""
    undecided: list[TakenMessage] = field(default_factory=list)
    """To be delivered once more, before anything else: something follows that the ledger does not have."""


_Where = tuple[int, int]
"""Row of the inbox, and place in it."""


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


def heard_again(journal: Journal, room: ControlRoom) -> HeardAgain:
    """Take the messages again that stored twins do not have. Nothing is decided by them: what followed is in the ledger."""
    began = time.monotonic()
    hearing = InboxHearing(journal, room)
    for _ in hearing.steps():
        pass
    room.intake.heard.begin_anew()
    for sentence in hearing.lost():
        log.error("%s", sentence)
    if hearing.count:
        told = {"messages": hearing.count, "seconds": round(time.monotonic() - began, 3)}
        log.info("twins have what was said last", extra={**told, "devices": len(hearing.checkpoint)})
    if hearing.undecided:
        what = "%d messages of %d devices mean something now that they did not when they came; it is decided now"
        log.warning(what, len(hearing.undecided), len(hearing.kept_out))
    twins = list(journal.twins.unreadable)
    lost = (*hearing.lost(), *([says_unreadable(twins)] if twins else []))
    return HeardAgain(hearing.checkpoint, lost, hearing.undecided)


class InboxHearing:
    """Goes through the inbox. Of a device, something may follow now that did not then: in a newer version, or with a row lost.

    Then it stands as it did before that message; that one, and what came behind it, are left to be decided.
    ``only`` looks at some devices, whose twins are to be as they are stored; ``None``: at all.
    """

    def __init__(self, journal: Journal, room: ControlRoom, only: Collection[str] | None = None) -> None:
        self.checkpoint = Checkpoint(room.intake.twins, journal.inbox.last(), journal.inbox.sizes())
        self.undecided: list[TakenMessage] = []
        self.kept_out: dict[str, _Where] = {}
        """Device → its first message that is left to be decided."""
        self.count = 0
        self._lost: dict[int, int] = {}
        """Row → how many of its messages cannot be read; -1: none can."""
        self._senders: dict[str, tuple[str, int] | None] = {}
        self._journal, self._room, self._intake, self._only = journal, room, room.intake, only

    def steps(self) -> Iterator[None]:
        """Take every message that is not in its twin, one with each step."""
        for where, device, heard in self._missing():
            if device in self.kept_out or self._room.is_undecided(self._hear(where, device, heard)):
                self.kept_out.setdefault(device, where)
                self.undecided.append(heard)
            yield
        for device, (row, _) in self.kept_out.items():
            self._intake.put_back(device, self._journal.twins.one(device))
            self.checkpoint.is_behind(self._intake.twin(device), row, 0.0)
        if self.kept_out:
            for where, device, heard in self._missing():
                if device in self.kept_out and where < self.kept_out[device]:
                    self._hear(where, device, heard)

    def lost(self) -> list[str]:
        """Tell what could not be read, if anything: in one sentence, however many rows it is."""
        if not self._lost:
            return []
        first, count = next(iter(self._lost.items()))
        if len(self._lost) > 1:
            what = f"{len(self._lost)} rows of the inbox from row {first} on cannot be read, or not whole"
        else:
            what = f"row {first} of the inbox: {'it' if count < 0 else f'{count} of its messages'} cannot be read"
        return [f"{what}; what was said then is not in the devices' twins. They tell it again with their next status"]

    def _missing(self) -> Iterator[tuple[_Where, str, TakenMessage]]:
        """Yield messages that twins do not have, oldest first: where it lies, whose it is, itself."""
        for row, messages, lost in self._journal.inbox.rows():
            if lost:
                self._lost[row] = lost
            self._know_senders({heard.topic for heard in messages} - self._senders.keys())
            for number, heard in enumerate(messages):
                sender = self._senders[heard.topic]
                if sender is not None and sender[1] < row and (self._only is None or sender[0] in self._only):
                    yield (row, number), sender[0], heard

    def _know_senders(self, topics: Collection[str]) -> None:
        """Load the twins of a row at once, where they are not at hand."""
        twins = self._intake.twins
        missing = twins.missing(device for topic in topics for device in self._intake.devices_of(topic))
        if missing and not twins.whole:
            twins.bring(missing, self._journal.twins.of(missing))
        for topic in topics:
            self._senders[topic] = sender = self._sender(topic)
            if sender is not None:
                self._intake.resume(sender[0])

    def _sender(self, topic: str) -> tuple[str, int] | None:
        """Return whose topic it is, and up to which row of the inbox the stored twin is; ``None``: nobody's any more."""
        device = self._intake.sender_of(topic)
        twin = self._intake.twins.get(device) if device else None
        return (device, 0 if twin is None else twin.as_of) if device else None

    def _hear(self, where: _Where, device: str, heard: TakenMessage) -> Verdict:
        """Take a message, and have the twins that it changes held until they are written."""
        overtaking = self._intake.overtaking
        if heard.overtook:
            overtaking.note_again(device, heard.overtook, heard.at)
        if heard.glanced:
            overtaking.note([heard.payload], heard.at)
            verdict = Verdict(twins=(self._intake.twin(device),))
        else:
            verdict = self._intake.receive(
                heard.topic, heard.payload, heard.at, content_type=heard.content_type, properties=heard.properties
            )
        for twin in verdict.twins:
            self.checkpoint.is_behind(twin, where[0], heard.at)
        self.count += 1
        return verdict


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
