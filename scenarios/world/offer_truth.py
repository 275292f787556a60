"""Which offers were made and how they were taken, in truth, for the scorecard alone: the service never sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfferTruth:
    """One offer that was made, in truth. ``at``: POSIX seconds."""

    call: str
    customer: str
    offer: str
    at: float
    answer: str
    forbidden: str
    """Why it should not have been made; empty: it was right to."""
