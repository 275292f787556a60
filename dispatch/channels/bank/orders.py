"""What stands in a file for the bank, before it is XML."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from gateway.errors import InternalError, OperatorError

Scheme = Literal["SCT", "INST", "CORE"]
"""SEPA credit transfer, the same within seconds, and direct debit."""
Sequence = Literal["FRST", "RCUR"]
"""The first collection by a mandate, and those behind it."""


class BadFile(InternalError):  # noqa: N818 - says what it is
    """Our own fault: what we would send the bank breaks its schema."""


class CannotOrder(OperatorError):  # noqa: N818 - says what happened
    """What was decided cannot be an order to this bank; the message says why."""

    def __init__(self, reason: str, why: str) -> None:
        """``reason``: ISO 20022 external status reason code."""
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CollectedBy:
    """A direct debit's mandate."""

    mandate: str
    """Identification, at most 35 characters."""
    signed: date
    sequence: Sequence


@dataclass(frozen=True, slots=True)
class Order:
    """One payment or collection."""

    end_to_end: str
    scheme: Scheme
    name: str
    """Of the payee, or of whom it is collected from."""
    iban: str
    amount: int
    """Cents."""
    day: date
    """When it is to be carried out, at the earliest."""
    words: str
    """What both sides read on their statements."""
    by: CollectedBy | None = None
    """Of a collection."""

    @property
    def kind(self) -> OrderKind:
        """With which others it may stand in one file."""
        return OrderKind(self.scheme, self.day, self.by.sequence if self.by is not None else "")


class OrderKind(NamedTuple):
    """What orders of one file have in common; SEPA has one currency, the euro."""

    scheme: Scheme
    day: date
    sequence: str
