"""What devices paid in a week: which week, what it came to, and when its customer is told. Pure.

A week goes from Monday to Monday of the customer's clock, and is told on the Monday that ends it, at nine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dispatch.core.purse.mandate import Category, is_zone
from dispatch.core.purse.payments import Payment, PaymentState

TOLD_AT = time(9)
_PAID = {PaymentState.SETTLED, PaymentState.DISPUTED, PaymentState.UPHELD}


@dataclass(frozen=True, slots=True)
class Week:
    """A week of a customer's. Times are POSIX seconds."""

    name: str
    """ISO 8601, ``2026-W49``."""
    begin: float
    end: float
    told_at: float


@dataclass(frozen=True, slots=True)
class WeekDue:
    """When a customer is told of a week (POSIX seconds), and the payment that was the first in it."""

    due: float
    payment: str


@dataclass(slots=True)
class WeekSums:
    """What was paid in one currency, minor units."""

    count: int = 0
    amount: int = 0
    by_category: dict[Category, int] = field(default_factory=dict)


def clock_of(zone: str) -> ZoneInfo:
    """Return a customer's clock. One that nobody knows is UTC."""
    return ZoneInfo(zone if zone and is_zone(zone) else "UTC")


def week_of(at: float, zone: str) -> Week:
    """Return the week that an hour is in. A clock that nobody knows is UTC."""
    clock = clock_of(zone)
    day = datetime.fromtimestamp(at, clock).date()
    monday = day - timedelta(days=day.weekday())
    year, number, _ = monday.isocalendar()
    after = monday + timedelta(days=7)
    begin, end = (datetime.combine(one, time.min, clock).timestamp() for one in (monday, after))
    return Week(f"{year}-W{number:02d}", begin, end, datetime.combine(after, TOLD_AT, clock).timestamp())


def spent(payments: Iterable[Payment], week: Week) -> dict[str, WeekSums]:
    """Return by currency what was paid in a week: what came back since is none of it."""
    found: dict[str, WeekSums] = {}
    for one in payments:
        if one.state in _PAID and week.begin <= one.settled_at < week.end:
            sums = found.setdefault(one.currency, WeekSums())
            sums.count += 1
            sums.amount += one.amount
            sums.by_category[one.category] = sums.by_category.get(one.category, 0) + one.amount
    return found
