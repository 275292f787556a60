"""What banks know of a payer and a payee, and what one payment asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Instrument = Literal["account", "card", "wallet"]


@dataclass(slots=True)
class Card:
    """A payment card, never its number."""

    expires: tuple[int, int]
    """Year and month; the last in which it is valid."""
    drawn_in: tuple[int, int]
    """The month of the story."""
    is_known: bool = True
    is_stopped: bool = False


@dataclass(slots=True)
class Account:
    """An account, as the bank that keeps it sees it."""

    iban: str
    bank: str
    """BIC."""
    balance: Decimal = Decimal(2_500)
    day_limit: Decimal = Decimal(20_000)
    currencies: frozenset[str] = frozenset({"EUR"})
    exists: bool = True
    is_closed: bool = False
    is_blocked: bool = False
    takes_everything: bool = True
    """A savings account forbids card payments and debits."""
    holder_lives: bool = True
    holder_is_suspect: bool = False
    """Payments look like a thief's."""
    listed: bool = False
    """Sanctions or missing papers."""
    debits: Literal["allowed", "never", "no_more"] = "allowed"
    card: Card | None = None
    spent: Decimal = field(default=Decimal(0))


@dataclass(slots=True)
class Order:
    """One payment, however often it is tried."""

    id: str
    amount: Decimal
    currency: str
    payer: Account
    payee: Account | None
    """``None``: to a shop whose account the phone does not know."""
    payee_iban: str
    """As typed."""
    instrument: Instrument
    payee_bank: str = ""
    """BIC as routed; empty: taken from the account."""
    is_debit: bool = False
    """Drawn by the payee under a mandate."""
    is_signed: bool = True
    """Strong customer authentication was given."""
    is_readable: bool = True
    name_fits: bool = True
    payer_agrees: bool = True
    verification: Literal["MTCH", "CMTC", "NMTC", "NOAP"] | None = None
    """What the payee's bank said of the name before a transfer."""
