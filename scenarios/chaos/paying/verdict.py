"""The verdict on a ledger's money: over a limit, twice, open, unbalanced, untold. Pure.

A ledger is reckoned anew from its rows (``scenarios.score.money``), and held against the desk's books, the bank's, and what devices
were told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dispatch.channels.bank.names import short_name
from dispatch.core.ids import instruction_id, payment_id
from dispatch.core.purse.actions import EscalatePayment, PaymentTold, RefusePayment, RepeatStatus
from dispatch.core.purse.book import Book
from dispatch.core.purse.events import PaymentAsked
from dispatch.ledger.rows import Row, read
from dispatch.outgoing.payment_status import status_of
from gateway.contract.payments import REASONS
from scenarios.chaos.paying.record import MoneyRecord
from scenarios.score.money import MoneyFacts, money_facts

Stands = dict[str, tuple[str, str]]
"""Payment → status and reason, as a device is to know it."""


@dataclass(frozen=True, slots=True)
class MoneyVerdict:
    """What a ledger's money comes to, in sentences; empty where all is well."""

    asked: int
    settled: int
    refused: int
    over_limit: tuple[str, ...]
    """More than a mandate lets be paid, or by one that rests."""
    twice: tuple[str, ...]
    """Also at the bank, and what a purse did not have."""
    lost: tuple[str, ...]
    """Asks that the broker acknowledged and that nobody decided about."""
    unfinished: tuple[str, ...]
    """Reservations and questions without an end."""
    untold: tuple[str, ...]
    """Devices that know it otherwise, and refusals without a reason of ISO 20022."""
    unbalanced: int
    """Debits minus credits, and what differs from the desk's books and from the bank's, minor units."""


def judge_money(rows: Sequence[Row], book: Book, record: MoneyRecord) -> MoneyVerdict:
    """Hold a ledger against the books and the world."""
    facts, stands = money_facts(rows), stands_in(rows)
    return MoneyVerdict(
        asked=len(stands),
        settled=len(facts.settled),
        refused=sum(status == "RJCT" for status, _ in stands.values()),
        over_limit=tuple(f"{one} is more than its mandate lets be paid" for one in (*facts.over_limit, *facts.not_let)),
        twice=(*facts.twice, *_overdrawn(facts), *(f"the bank had {one} otherwise before" for one in record.otherwise)),
        lost=tuple(_lost(rows, record)),
        unfinished=tuple(_open(facts, stands)),
        untold=(*_known_otherwise(stands, record), *_without_reason(rows)),
        unbalanced=facts.differs(book) + facts.otherwise(_not_excused(rows, facts, record)),
    )


def _not_excused(rows: Sequence[Row], facts: MoneyFacts, record: MoneyRecord) -> dict[str, int]:
    """Return the bank's books without what it denied before it owned up to it, where a person was told of that: theirs to book."""
    puzzles = [said for row in rows for said in [read(row)] if isinstance(said, EscalatePayment)]
    told = {short_name(instruction_id(one.payment)) for one in puzzles if one.reason == "contradiction"}
    excused = (told & record.contradicted) - facts.booked().keys()
    return {name: amount for name, amount in record.executed.items() if name not in excused}


def stands_in(rows: Sequence[Row]) -> Stands:
    """Return how every payment that a device asked for stands."""
    found: Stands = {}
    for row in rows:
        said = read(row)
        if isinstance(said, PaymentTold) and said.device and not isinstance(said, RepeatStatus):
            told = status_of(said)
            if told.event_id is None:
                found[payment_id(said.device, told.end_to_end_id)] = (told.status, told.reason or "")
    return found


def _overdrawn(facts: MoneyFacts) -> Iterator[str]:
    yield from (f"the purse had not enough for {one}" for one in facts.overdrawn)


def _lost(rows: Sequence[Row], record: MoneyRecord) -> Iterator[str]:
    answered = {row.cause for row in rows}
    heard = {said.ask.key: row.seq for row in rows for said in [read(row)] if isinstance(said, PaymentAsked)}
    for event in record.acknowledged:
        if event not in heard:
            yield f"{event}, an ask, was acknowledged and never found"
        elif heard[event] not in answered:
            yield f"{event}, an ask, was found and nobody decided about it"


def _open(facts: MoneyFacts, stands: Stands) -> Iterator[str]:
    yield from (f"{one} is reserved and has no end" for one in facts.open)
    yield from (f"{one} waits for its customer" for one, (status, _) in stands.items() if status == "PDNG")


def _known_otherwise(stands: Stands, record: MoneyRecord) -> Iterator[str]:
    for payment, stand in stands.items():
        if record.told.get(payment) != stand:
            yield f"{payment} is {' '.join(stand)}, and its device was told {record.told.get(payment)}"


def _without_reason(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        said = read(row)
        if isinstance(said, RefusePayment) and said.reason not in REASONS:
            yield f"{said.payment} is refused for {said.reason!r}, which is no reason of ISO 20022"
