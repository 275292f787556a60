"""What a device of a kind pays for, and how often: filled in by each kind in ``habits.py`` of its folder."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.payments.messages import PayFor


@dataclass(frozen=True, slots=True)
class PayingHabit:
    """One thing that a device pays for."""

    category: PayFor
    a_month: float
    """Payments in a home and month, on average."""
    least: float
    """Euros: one payment in twenty is smaller."""
    most: float
    """Euros: one payment in twenty is larger."""
    creditor: str
    """Who is paid: a partner's id."""
    name: str
    words: str
    """What for, as the customer reads it."""
    session_min: float = 0.0
    """So many minutes it lasts on average; paid as it ends, by what was used: an amount at most is set aside until then. 0: at
    once."""
