"""Quiet hours: when nobody is rung who need not know at once. By the clock of one place, summer time included. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.errors import OperatorError

_FORM = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)@(\S+)")


class BadQuietHours(OperatorError, ValueError):  # noqa: N818 - says what is wrong
    """The operator's fault: not two hours and a place."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begins`` to ``ends``, over midnight or not, by the clock of ``zone`` (IANA), or of a customer's own."""

    begins: time
    ends: time
    zone: str

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Read ``22:00-07:00@Europe/Riga``. Raises ``BadQuietHours``."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise BadQuietHours(f"--quiet-hours {text!r}: write from, to and where, as 22:00-07:00@Europe/Riga")
        hours = [int(part) for part in found.groups()[:4]]
        try:
            begins, ends = time(hours[0], hours[1]), time(hours[2], hours[3])
        except ValueError as error:
            raise BadQuietHours(f"--quiet-hours {text!r}: {error}") from None
        try:
            ZoneInfo(found[5])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadQuietHours(f"--quiet-hours {text!r}: no place {found[5]!r} in the time zone database") from None
        if begins == ends:
            raise BadQuietHours(f"--quiet-hours {text!r}: they begin when they end")
        return cls(begins, ends, found[5])

    def __str__(self) -> str:
        """Return them as they are written."""
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}@{self.zone}"

    def over(self, at: float, zone: str = "") -> float:
        """Return when somebody may be rung: ``at`` itself, or the end of the quiet hours it falls in. POSIX seconds.

        ``zone``: the customer's own; empty, or unknown to this system: the house's.
        """
        local = datetime.fromtimestamp(at, _clock_of(zone) or ZoneInfo(self.zone))
        clock = local.time()
        over_midnight = self.begins > self.ends
        quiet = (clock >= self.begins or clock < self.ends) if over_midnight else self.begins <= clock < self.ends
        if not quiet:
            return at
        day = local.date() + timedelta(days=over_midnight and clock >= self.begins)
        return datetime.combine(day, self.ends, local.tzinfo).timestamp()


@cache
def _clock_of(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None  # a ledger of another machine, that knew it
