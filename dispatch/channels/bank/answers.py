"""What the bank says, as the desk is told it: by the instructions that its orders are known under.

What it says of orders that are none of ours is told as well, under a name that no instruction has: a person looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from dispatch.channels.bank.reports import BadReport, BankReport, Booked, OrderStatus
from dispatch.core.ids import unknown_instruction_id
from dispatch.core.purse.events import BankAnswered, BankEvent, BankStatus, CollectionReturned, MoneyArrived
from dispatch.core.purse.money import BadAmount, in_minor_units
from dispatch.registers.bank_orders import BankOrder
from gateway.finding import Provenance

BY = "service/bank"
_STANDS: dict[str, BankStatus] = {
    "ACSC": "ACSC", "ACCC": "ACSC",
    "ACCP": "ACSP", "ACFC": "ACSP", "ACSP": "ACSP", "ACTC": "ACSP", "ACWC": "ACSP", "ACWP": "ACSP", "RCVD": "ACSP",
    "PDNG": "PDNG",
    "RJCT": "RJCT", "CANC": "RJCT",
}  # fmt: skip
"""External payment status code → what it means for us."""
_HAS_IT = {"AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL"}
"""Rejected as a duplicate: the bank has it already, and nothing must be set free."""
_NO_REASON = "MS03"


class KnownOrders(Protocol):
    """What the bank was asked for, by its own names for it."""

    def orders(self, end_to_ends: list[str]) -> Mapping[str, BankOrder]:
        """Return those that there are."""

    def in_file(self, message: str) -> list[str]:
        """Return the end-to-end identifications of a file; empty: it is not known, or kept no longer."""


@dataclass(frozen=True, slots=True)
class BankAnswers:
    """What one report comes to."""

    events: tuple[BankEvent, ...]
    ended: tuple[BankOrder, ...] = ()
    """Orders of which the bank has now said something for good, with it."""


@dataclass(slots=True)
class _Answering:
    orders: Mapping[str, BankOrder]
    provenance: Provenance
    ended: dict[str, BankOrder] = field(default_factory=dict)

    def end(self, order: BankOrder, status: BankStatus) -> None:
        """Note that the bank has said something for good; the first word counts, as it does for the desk."""
        self.ended.setdefault(order.end_to_end, replace(order, answered=order.answered or status))

    def known(self, end_to_end: str) -> BankOrder | None:
        """Return an order of ours; one of the simulated world is no order of a real bank's."""
        found = self.orders.get(end_to_end)
        return found if found is not None and found.provenance == self.provenance else None


def answers_of(report: BankReport, asked: KnownOrders, provenance: Provenance) -> BankAnswers:
    """Return what a report means. ``provenance``: of the door that it came through. Raises ``BadReport``."""
    statuses = list(_single(report.statuses, asked))
    names = {one.end_to_end for one in statuses} | {one.end_to_end for one in report.booked}
    answering = _Answering(asked.orders(sorted(names - {""})), provenance)
    try:
        events = [
            *(_status(one, answering) for one in statuses),
            *(_booked(one, number, report.name, answering) for number, one in enumerate(report.booked, 1)),
        ]
    except BadAmount as error:
        raise BadReport(str(error)) from None
    return BankAnswers(tuple(events), tuple(answering.ended.values()))


def _single(said: Iterable[OrderStatus], asked: KnownOrders) -> Iterator[OrderStatus]:
    """Yield what is said of each order: what is said of it alone holds, and for the others what is said of all."""
    spoken: set[str] = set()
    for one in said:
        if one.end_to_end:
            spoken.add(one.end_to_end)
            yield one
            continue
        members = asked.in_file(one.message)
        for name in members:
            if name not in spoken:
                spoken.add(name)
                yield OrderStatus(one.message, name, one.status, one.reason, one.reference)
        if not members and not spoken:
            yield one


def _status(said: OrderStatus, answering: _Answering) -> BankAnswered:
    status = _STANDS.get(said.status)
    if status is None:
        raise BadReport(f"{said.status or 'nothing'} is no status of a payment that is known here")
    if status == "RJCT" and said.reason in _HAS_IT:
        status = "PDNG"
    order = answering.known(said.end_to_end)
    if order is None:
        return _of_nobody(said.end_to_end or said.message, status, said.reason, said.reference, answering.provenance)
    return _answered(order, status, said.reason, said.reference, answering)


def _answered(order: BankOrder, status: BankStatus, reason: str, reference: str, answering: _Answering) -> BankAnswered:
    why = (reason or _NO_REASON) if status == "RJCT" else reason
    if status in {"ACSC", "RJCT"}:
        answering.end(order, status)
    return BankAnswered(order.instruction, order.attempt, status, order.provenance, why, reference, by=BY)


def _booked(said: Booked, number: int, report: str, answering: _Answering) -> BankEvent:
    amount = in_minor_units(said.amount, said.currency)
    reference = said.reference or f"{report}/{number}"
    order = answering.known(said.end_to_end)
    if order is None:
        if said.direction == "out":
            return _of_nobody(said.end_to_end or reference, "ACSC", said.reason, reference, answering.provenance)
        named = unknown_instruction_id(said.end_to_end or reference)
        return MoneyArrived("", amount, said.currency, reference, answering.provenance, named, by=BY)
    if order.method == "TRF":
        return _paid(order, said, amount, reference, answering)
    if said.direction == "out" and answering.ended.get(order.end_to_end, order).answered == "ACSC":
        why = said.reason or _NO_REASON
        return CollectionReturned(order.instruction, amount, said.currency, why, reference, order.provenance, by=BY)
    if said.direction == "out":
        return _answered(order, "RJCT", said.reason, reference, answering)
    answering.end(order, "ACSC")
    return _arrived(order, amount, said.currency, reference)


def _paid(order: BankOrder, said: Booked, amount: int, reference: str, answering: _Answering) -> BankEvent:
    """A payment was booked, or came back; where another sum was booked, a person looks at it."""
    if said.direction == "in":
        return _answered(order, "RJCT", said.reason, reference, answering)
    if (amount, said.currency) != (order.amount, order.currency):
        return _arrived(order, amount, said.currency, reference)
    return _answered(order, "ACSC", "", reference, answering)


def _arrived(order: BankOrder, amount: int, currency: str, reference: str) -> MoneyArrived:
    return MoneyArrived(order.customer, amount, currency, reference, order.provenance, order.instruction, by=BY)


def _of_nobody(named: str, status: BankStatus, reason: str, reference: str, provenance: Provenance) -> BankAnswered:
    return BankAnswered(unknown_instruction_id(named), 1, status, provenance, reason, reference, by=BY)
