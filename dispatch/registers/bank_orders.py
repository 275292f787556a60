"""What the bank was asked for: under which names, so that its answers find their way back, and with which file."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.purse.actions import Method
from gateway.finding import Provenance


@dataclass(frozen=True, slots=True)
class BankOrder:
    """One instruction, as the bank knows it. Nothing of it is personal but the customer's id."""

    end_to_end: str
    """ISO 20022 end-to-end identification."""
    instruction: str
    attempt: int
    """How often the desk had asked when it was last sent."""
    method: Method
    customer: str
    amount: int
    """Minor units."""
    currency: str
    message: str
    """ISO 20022 message identification of the file that it is in: it is in no other."""
    at: float
    """When it was put into it, POSIX seconds."""
    provenance: Provenance
    answered: str = ""
    """What the bank said for good, ``ACSC`` or ``RJCT``."""


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file for the bank, kept until it has answered for good: sent again, it is the same to the byte."""

    message: str
    content: str
    customers: tuple[str, ...]
    """Whose names and accounts stand in it: with one of them erased, it is kept no longer."""
    orders: tuple[str, ...]
    """Their end-to-end identifications."""
    delivered_at: float | None = None
    """When it was last taken from us, POSIX seconds; ``None``: it may have been, and nothing says so."""
