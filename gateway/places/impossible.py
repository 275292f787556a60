"""Fixes that cannot be: a receiver without satellites, coordinates that changed places, a week counter that rolled over. Pure.

Such a fix is no place, and the next best source is asked. One that is merely unlikely is another matter
(``location.is_believed``): a second fix may confirm it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.finding import Place
from gateway.places.location import apart

NULL_DEG = 0.01
"""A receiver that knows nothing says 0, 0. The sea there is 4 km deep."""
OLD_S = 30 * 86_400.0
"""A fix so much older than the event it comes with was taken by a clock that is wrong, or of another journey."""
WEEKS_S = 1_024 * 7 * 86_400.0
"""After so long a time GPS' week counter begins again."""
ROLLED_S = 2 * 86_400.0
"""A fix is that of a counter that rolled over, if it is off by whole rounds to within so much."""
NEAR_DEG = 5.0
"""Latitudes so near did not change places with longitudes that lie elsewhere."""
HERE_M, ELSEWHERE_M = 200_000.0, 1_000_000.0
"""Coordinates have changed places, if their device lies elsewhere as they stand, and here the other way round."""


def why_impossible(fix: Place, made_at: float, seen: Iterable[Place]) -> str | None:
    """Return what is wrong with a fix of an event made at ``made_at`` (POSIX seconds); ``None``: it may be.

    ``seen``: where its device is known to have been, or who belongs to it to be.
    """
    if abs(fix.latitude) < NULL_DEG and abs(fix.longitude) < NULL_DEG:
        return "0, 0 is what a receiver says that has no fix; leave the position out until it has one"
    if made_at - fix.fix_time > OLD_S:
        return _says_old(made_at - fix.fix_time)
    if _has_changed_places(fix, seen):
        return "latitude and longitude have changed places: latitude is north or south, from -90 to 90"
    return None


def _says_old(age_s: float) -> str:
    rounds = round(age_s / WEEKS_S)
    if rounds and abs(age_s - rounds * WEEKS_S) < ROLLED_S:
        return "the fix is 1,024 weeks old, or a multiple: the week counter of the receiver's GPS has rolled over"
    return f"the fix is {age_s / 86_400:.0f} days older than the event; send when it was taken, or leave it out"


def _has_changed_places(fix: Place, seen: Iterable[Place]) -> bool:
    elsewhere = [one for one in seen if abs(fix.latitude - one.latitude) >= NEAR_DEG]  # nearly always none
    if not elsewhere or abs(fix.longitude) > 90:  # noqa: PLR2004 - no latitude
        return False
    turned = replace(fix, latitude=fix.longitude, longitude=fix.latitude)
    return any(apart(fix, one) > ELSEWHERE_M and apart(turned, one) < HERE_M for one in elsewhere)
