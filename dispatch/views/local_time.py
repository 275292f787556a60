"""Hours as the customer's clock shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispatch.views.durations import UNKNOWN_HOUR, moment
from dispatch.words import say
from gateway.contract.bounds import LAST_MOMENT
from gateway.finding import Place
from gateway.places.place_names import gazetteer


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A clock on the customer's wall."""

    zone: tzinfo
    known: bool
    """``False``: it is the operator's clock, and every hour says so."""

    def hour(self, at: float, now: float) -> str:
        """Return the hour with its zone, for who sits elsewhere: ``15:14 EET``; with the day where it is another."""
        then, today = moment(at, self.zone), moment(now, self.zone)
        if then is None or today is None:
            return UNKNOWN_HOUR
        return then.strftime("%H:%M %Z" if then.date() == today.date() else "%H:%M %Z on %Y-%m-%d")

    def when(self, at: float, now: float, language: str) -> str:
        """Return the hour as it stands inside a sentence: ``at 15:14``, ``tomorrow at 10:00``; the day where it is another."""
        then, today = (moment(one, self.zone) or datetime.fromtimestamp(LAST_MOMENT, self.zone) for one in (at, now))
        time = then.strftime("%H:%M" if self.known else "%H:%M %Z")
        if then.date() == today.date():
            return say("at_today", language, time=time)
        if then.date() == today.date() + timedelta(days=1):
            return say("at_tomorrow", language, time=time)
        day = {"day": f"{then:%d}", "month": f"{then:%m}", "year": f"{then:%Y}"}
        return say("at_date", language, time=time, **day)


def local_time(zone: str | None, place: Place | None) -> LocalTime:
    """Return the customer's clock: their own zone (IANA), that of the place, or the operator's, which is UTC."""
    for name in (zone, _zone_of(place) if zone is None else None):
        if name:
            try:
                return LocalTime(ZoneInfo(name), known=True)
            except (ZoneInfoNotFoundError, ValueError):
                continue  # a system without that zone: the operator's clock says so
    return LocalTime(UTC, known=False)


def _zone_of(place: Place | None) -> str | None:
    """Return the zone of the nearest place that has a name; none so near: ``None``."""
    nearest = gazetteer().nearest(place.latitude, place.longitude) if place is not None else None
    return nearest.time_zone if nearest is not None else None
