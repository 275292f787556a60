"""What the house has decided about money. Times in seconds, money in minor units. Part of ``policy``. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class LowValue:
    """Up to which sums a payment needs no strong authentication, in one currency, minor units."""

    currency: str
    single: int
    together: int
    """Since the last authentication."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """By which of the two rules of Article 16 payments of low value are counted: chosen once."""

    counting: Literal["sum", "count"] = "sum"
    count: int = 5
    """So many since the last authentication."""
    low_values: tuple[LowValue, ...] = (LowValue("EUR", 30_00, 100_00),)
    """In a currency that is not among them every payment is authenticated."""


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """How devices pay, and the house for them."""

    exemption: Exemption = field(default_factory=Exemption)
    ask_s: float = 300.0
    """A customer who has not said yes by then has not agreed [fit]."""
    hold_s: float = 7 * 86_400.0
    """What is set aside at most, and its device tells nothing of, is free again so much later: as card schemes hold an estimate."""
    bank_s: float = 30.0
    """A bank that has said nothing by then is asked again: SEPA Instant settles in 10 s, and says so in 20 at most."""
    collect_s: float = 5 * 86_400.0
    """A collection of which the bank has said nothing by then is asked for again: SEPA direct debits settle a banking day or two
    after they are announced, and are rejected or returned within five."""
    bank_pending_s: float = 3_600.0
    """One that said that it is at it is asked again so much later [fit]."""
    bank_attempts: int = 5
    """Asked so often, it is a person's to ask [fit]."""
    top_up_below: float = 0.5
    """A purse is topped up when it has less than this share of what its mandate lets us collect at once [fit]."""
    top_up_rests_s: float = 86_400.0
    """After the bank collected nothing, it is asked for the next top-up so much later [fit]."""
    kept_s: float = 56 * 86_400.0
    """So long after it ended a payment is remembered, to be disputed and told from a repeat: eight weeks, as SEPA direct debits
    are given back without a reason."""
    unusual_a_day: int = 3
    """So many unusual payments a day a customer is asked about; whatever is unusual beyond them is refused, and tells nobody more:
    who has stolen a key cannot have them asked until they say yes [fit]."""
    unanswered_a_day: int = 5
    """So many payments a day a customer is asked about, for whatever reason, without having said yes to one since; what is more
    is refused: a device gone mad, or who has stolen its key, fills nobody's telephone [fit]."""
    gather_s: float = 6 * 3_600.0
    """What is odd about what devices pay for long is gathered so long, and asked in one message [fit]."""
    ask_again_s: float = 7 * 86_400.0
    """So long after such a message a customer is left in peace [fit]."""
    pays_for_cases: bool = False
    """Are supply orders and tows paid from the customers' purses?"""
    tow_fee: int = 0
    """For a truck that came."""
    tow_currency: str = "EUR"
    house: str = "house"
    """As whom the house itself is paid."""
