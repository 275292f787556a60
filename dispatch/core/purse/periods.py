"""Periods of limits, as UK Open Banking's variable recurring payments 4.0.1 have them. Pure.

A period begins and ends with a day of the customer's clock: the hour of the consent does not count. Aligned with the consent,
it begins on the day of the month on which the mandate begins, or on the month's last where there is no such day (31 August,
30 September, 31 October … 28 February). Aligned with the calendar, it begins on Monday, the first of the month, of January or
July, of January; the first one is cut short by the mandate's first day, and its limit with it, as the data dictionary of the VRP
consent has it: where ``PeriodAlignment`` is ``Calendar``, the limit is pro-rated in the first period to its remaining days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dispatch.core.purse.mandate import Alignment, Period, PeriodicLimit
from gateway.errors import SenderError

_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.FORTNIGHT: 14}
_MONTHS = {Period.MONTH: 1, Period.HALF_YEAR: 6, Period.YEAR: 12}


class BadPeriod(SenderError):  # noqa: N818 - says what is wrong
    """There are no such periods."""


class Days(NamedTuple):
    """A period: from the beginning of one day to the beginning of another, which is the first that is not in it."""

    begin: date
    end: date


@dataclass(frozen=True, slots=True)
class Periods:
    """All periods of one kind from a mandate's first day on."""

    period: Period
    alignment: Alignment
    first: date
    """The mandate's first day."""

    def __post_init__(self) -> None:
        """Raise ``BadPeriod`` for a fortnight of the calendar: no calendar says where one begins."""
        if self.period is Period.FORTNIGHT and self.alignment is Alignment.CALENDAR:
            raise BadPeriod("a fortnight is aligned with the consent: no calendar says where one begins")

    def at(self, day: date) -> Days:
        """Return the period that a day is in. A day before the first is in none: raises ``ValueError``."""
        if day < self.first:
            message = f"{day} is before the first day, {self.first}"
            raise ValueError(message)
        number = self._number(day)
        return Days(max(self.first, self._begin(number)), self._begin(number + 1))

    def __iter__(self) -> Iterator[Days]:
        """Yield one after the other, as long as there are dates."""
        number = self._number(self.first)
        while True:
            yield Days(max(self.first, self._begin(number)), self._begin(number + 1))
            number += 1

    def share(self, days: Days) -> tuple[int, int]:
        """Return how many days of how many of a whole one a period has: fewer only where it is the calendar's first."""
        number = self._number(days.begin)
        return (days.end - days.begin).days, (days.end - self._begin(number)).days

    def _number(self, day: date) -> int:
        """Count the periods since the first one's whole length."""
        if self.period in _DAYS:
            return (day - self._anchor()).days // _DAYS[self.period]
        anchor, length = self._anchor(), _MONTHS[self.period]
        number = ((day.year - anchor.year) * 12 + day.month - anchor.month) // length
        return number if self._begin(number) <= day else number - 1

    def _begin(self, number: int) -> date:
        anchor = self._anchor()
        if self.period in _DAYS:
            return anchor + timedelta(days=number * _DAYS[self.period])
        return _months_on(anchor, number * _MONTHS[self.period])

    def _anchor(self) -> date:
        """Return where the first period would begin, were it whole."""
        first = self.first
        if self.alignment is Alignment.CONSENT or self.period is Period.DAY:
            return first
        if self.period is Period.WEEK:
            return first - timedelta(days=first.weekday())
        months = _MONTHS[self.period]
        return date(first.year, first.month - (first.month - 1) % months, 1)


def _months_on(day: date, months: int) -> date:
    """Return the same day so many months on, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def day_of(at: float, zone: str) -> date:
    """Return which day it is by a clock at ``at``, POSIX seconds."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def begin_of(day: date, zone: str) -> float:
    """Return when a day begins by a clock, POSIX seconds: at midnight, or, where the clock skips it, at the first hour there is."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).timestamp()


class Window(NamedTuple):
    """A period in POSIX seconds, and how much may be paid in it, minor units."""

    begin: float
    end: float
    amount: int


def window(limit: PeriodicLimit, valid_from: float, zone: str, at: float) -> Window:
    """Return the period that ``at`` (POSIX seconds, not before ``valid_from``) is in."""
    periods = Periods(limit.period, limit.alignment, day_of(valid_from, zone))
    days = periods.at(day_of(at, zone))
    have, whole = periods.share(days)
    return Window(begin_of(days.begin, zone), begin_of(days.end, zone), limit.amount * have // whole)
