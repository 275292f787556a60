"""What a customer lets a device pay: to whom, how much at once, how much in a period, until when, with which key. Pure.

The control parameters of UK Open Banking's variable recurring payments 4.0.1. Money is whole minor units, never a fraction.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from gateway.finding import Provenance

Category = Literal[
    "charging",
    "parking",
    "toll",
    "tow",
    "groceries",
    "media",
    "energy",
    "water",
    "subscription",
    "other",
    "top_up",
]
"""What is paid for. ``top_up``: what the house may collect from the customer's bank, ``per_payment`` at a time, when their purse
runs low."""


class Period(StrEnum):
    """How long a limit holds before it begins anew (VRP ``PeriodType``)."""

    DAY = "Day"
    WEEK = "Week"
    FORTNIGHT = "Fortnight"
    MONTH = "Month"
    HALF_YEAR = "Half-year"
    YEAR = "Year"


class Alignment(StrEnum):
    """Where periods begin (VRP ``PeriodAlignment``)."""

    CONSENT = "Consent"
    """With the day on which the mandate begins."""
    CALENDAR = "Calendar"
    """With the day, Monday, the first of the month, of the half-year, of the year."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Who may be paid: an IBAN, or a partner's id."""

    payee: str
    name: Annotated[str, Field(exclude_if=operator.not_)] = ""


@dataclass(frozen=True, slots=True)
class PeriodicLimit:
    """So much in each period, minor units. A fortnight is always aligned with the consent."""

    period: Period
    alignment: Alignment
    amount: int


@dataclass(frozen=True, slots=True)
class Mandate:
    """What one device may pay for one customer."""

    mandate: str
    customer: str
    device: str
    """``vendor/device``; empty: the house itself, for the customer."""
    payees: tuple[Payee, ...]
    """Empty: whoever does what it is for."""
    category: Category
    currency: str
    per_payment: int
    """At once, minor units."""
    limits: tuple[PeriodicLimit, ...]
    valid_from: float
    """POSIX seconds."""
    valid_to: float | None
    """POSIX seconds; ``None``: until it is revoked."""
    zone: str
    """By whose clock days begin, IANA."""
    key: str
    """Thumbprint of the device's key that asks are signed with; empty: none is asked for."""
    provenance: Provenance

    def names(self, payee: str) -> bool:
        """Is somebody on the customer's own list?"""
        return any(one.payee == payee for one in self.payees)

    def lets(self, payee: str) -> bool:
        """May somebody be paid by it?"""
        return not self.payees or self.names(payee)


MandateState = Literal["active", "suspended", "revoked"]
"""As the customer wants it; that it has run out, its hours say."""


def flaw(mandate: Mandate) -> str | None:
    """Say why a mandate makes no sense; ``None``: it does."""
    if mandate.per_payment < 1:
        return "a payment of nothing needs no mandate: the amount a payment has to be 1 at least, in minor units"
    if mandate.valid_to is not None and mandate.valid_to <= mandate.valid_from:
        return "it ends before it begins"
    if any(one.amount < 1 for one in mandate.limits):
        return "a limit of nothing lets nothing be paid: it has to be 1 at least, in minor units"
    if any(one.period is Period.FORTNIGHT and one.alignment is Alignment.CALENDAR for one in mandate.limits):
        return "a fortnight is aligned with the consent: no calendar says where one begins"
    if len({(one.period, one.alignment) for one in mandate.limits}) != len(mandate.limits):
        return "two limits of one period: only the lower would hold"
    return None if is_zone(mandate.zone) else f"{mandate.zone!r} is no time zone of the IANA database"


@lru_cache(maxsize=1_024)
def is_zone(name: str) -> bool:
    """Is that a clock that we know?"""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True
