"""What a batch of turns writes, made ready where the twins cannot change meanwhile, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from pydantic import TypeAdapter
from sqlalchemy import Connection

from dispatch.core.actions import DeviceCommand, MessageAction, RequestAction
from dispatch.core.consent import Purpose
from dispatch.core.events import ConsentChanged
from dispatch.core.purse.actions import InstructBank
from dispatch.core.verification.events import VoiceEnrolled, VoicePrintDeleted
from dispatch.ledger.pipeline import Erased, Expired, Turn
from dispatch.ledger.rows import Row, read
from dispatch.outgoing.door_messages import leaves_by
from dispatch.outgoing.partner_messages import partner_of
from dispatch.registers.customers import Customer
from dispatch.store import erasing, inbox_rows, refused_messages, tables
from dispatch.store.bulk import Line, write_lines
from dispatch.store.inbox_rows import InboxRow
from dispatch.store.kept_twins import KeptTwins
from dispatch.store.voice_print_rows import forget_prints_of
from gateway.intake.intake import Refusal

PUSHED = frozenset(cls.__name__ for cls in get_args(DeviceCommand))
"""The actions that are sent to a device."""
TOLD = frozenset(cls.__name__ for cls in get_args(RequestAction))
"""The actions that a partner is told. All others are fetched by agents."""

ORDERED = frozenset({InstructBank.__name__})
"""The actions that the bank is told."""

BANK = "bank"
"""As which partner the bank stands in the outbox."""
_CUSTOMER = TypeAdapter(Customer)


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines ready to be written. ``at``: POSIX seconds."""

    ledger: list[Line]
    outbox: list[Line]
    twins: list[Line]
    customers: list[Line]
    refusals: list[Refusal]
    inbox: InboxRow | None
    covered: int
    """Up to this row the inbox is let go: all of it is in the twins; 0: nothing is."""
    erased: list[Erased]
    expired: list[Expired]
    at: float
    prints_of: list[tuple[str, str]] = field(default_factory=list)
    """Whose prints of voices go, and which of them stays."""

    def __bool__(self) -> bool:
        return bool(self.ledger or self.twins or self.refusals or self.inbox or self.covered)

    def write(self, connection: Connection, sealed: bytes | None = None) -> None:
        """Write everything, in the caller's transaction; ``sealed``: the row of the inbox, as it is kept."""
        write_lines(connection, tables.ledger, self.ledger)
        write_lines(connection, tables.outbox, self.outbox)
        write_lines(connection, tables.twins, self.twins, replace="id")
        write_lines(connection, tables.customers, self.customers, replace="id")
        refused_messages.keep(connection, self.refusals, self.at)
        if self.covered:
            inbox_rows.let_go(connection, self.covered)
        if self.inbox is not None and sealed is not None:
            inbox_rows.keep(connection, self.inbox.seq, sealed)
        if self.forgets:
            inbox_rows.destroy_key(connection)
        for one in self.erased:
            erasing.erase(connection, one)
        for expired in self.expired:
            erasing.expire(connection, expired)
        for customer, stays in self.prints_of:
            forget_prints_of(connection, customer, stays)

    @property
    def forgets(self) -> bool:
        """Is something erased by it that may be known by heart?"""
        return bool(self.erased or self.expired)


def rewritten(batch: Batch, turns: Sequence[Turn]) -> Batch:
    """Return the batch with its rows as they are in ``turns`` now; the twins stay as they were then."""
    rows = [row for turn in turns for row in turn.rows]
    outbox = [line for turn in turns for line in _outgoing(turn)]
    return replace(batch, ledger=[_line(row) for row in rows], outbox=outbox)


def batch_of(turns: Sequence[Turn], at: float, kept: KeptTwins | None = None) -> Batch:
    """Make turns ready to be written, and of the twins what ``kept`` says."""
    kept = kept or KeptTwins()
    rows = [row for turn in turns for row in turn.rows]
    customers = {one.customer: one for turn in turns for one in turn.customers}
    return Batch(
        [_line(row) for row in rows],
        [line for turn in turns for line in _outgoing(turn)],
        list(kept.twins),
        [(one.customer, _CUSTOMER.dump_json(one).decode()) for one in customers.values()],
        [turn.refusal for turn in turns if turn.refusal],
        kept.row,
        kept.covered,
        [turn.erased for turn in turns if turn.erased],
        [turn.expired for turn in turns if turn.expired],
        at,
        [gone for row in rows if (gone := _prints_gone(row)) is not None],
    )


def _outgoing(turn: Turn) -> Iterator[Line]:
    """Yield a line of the outbox for each action that leaves us."""
    for row in turn.rows:
        said = read(row)
        if isinstance(said, DeviceCommand | RequestAction):
            partner = partner_of(said) if isinstance(said, RequestAction) else None
            yield (row.key, row.seq, None, None, partner, 0, None, None, None)
        elif isinstance(said, MessageAction) and (door := leaves_by(said)) is not None:
            yield (row.key, row.seq, None, None, str(door), 0, None, None, None)
        elif isinstance(said, InstructBank):
            yield (row.key, row.seq, None, None, BANK, 0, None, None, None)


def _prints_gone(row: Row) -> tuple[str, str] | None:
    """Return whose prints a row deletes, and which it keeps; ``None``: nobody's."""
    said = read(row)
    if isinstance(said, VoiceEnrolled):
        return said.customer, said.voice_print
    if isinstance(said, ConsentChanged) and said.purpose is Purpose.VOICE_PRINT and not said.given:
        return said.customer, ""
    return (said.customer, "") if isinstance(said, VoicePrintDeleted) else None


def _line(row: Row) -> Line:
    return (row.seq, row.at, row.kind.value, row.type, row.key, row.case, row.cause, row.body, row.hash)
