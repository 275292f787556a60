"""Where a device is: the best of its own fix, its owner's phone, and where it was seen last. Pure.

A fix gets worse with its age: a car that moved when it was taken may be anywhere its speed allows, one that stood is
likely to stand there still. The accuracy told is the one a truck has to reckon with now, not the one of the fix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, hypot, radians
from operator import itemgetter

from gateway.finding import Place

PHONE_AGE_S = 900.0
"""An older position of the owner's phone says nothing about where the car is: people walk away."""
PHONE_APART_M = 150.0
"""How far a phone is from its car while they belong together: parking to front door [fit]."""
DRIVES_MPS = 14.0
"""50 km/h: how fast the place of a moving car gets lost."""
FRESH_S = 30.0
"""A younger fix is one of now: receivers and queues take their time."""
FARTHEST_M = 100_000.0
"""Beyond this a place says nothing."""
WALKS_MPS = 1.4
"""How fast the place of a phone's owner, away from the car, gets lost."""

APART_M = 25.0
"""Nearer than this to where it was told to be, a car is seen from there."""
FASTEST_MPS = 70.0
"""250 km/h: what would have to be faster than this between two fixes has not been driven."""
NEAR_DEG = 0.003
"""A step of less, in latitude and in longitude, is 330 m at most and plausible within a few seconds."""
METRES_PER_DEGREE = 111_320.0
"""Of latitude."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place and whether what was seen there moved."""

    place: Place
    moving: bool


def best(own: Sighting | None, phone: Place | None, last: Sighting | None, now: float) -> Place | None:
    """Return the best place known at ``now``, POSIX seconds; ``None`` where nobody knows.

    ``own``: of the event itself; ``phone``: its owner's phone; ``last``: the newest fix before the event.
    """
    choices: list[tuple[float, float, Place, str, bool]] = []
    if own is not None:
        blurred = _blurred(own, now)
        if last is not None and own.place.fix_time < last.place.fix_time:
            blurred += (now - own.place.fix_time) / 60  # overtaken: of two as good, the fresher
        choices.append((blurred, blurred, own.place, own.place.source, own.moving))
    if phone is not None and now - phone.fix_time <= PHONE_AGE_S:
        blurred = max(phone.accuracy_m, PHONE_APART_M) + WALKS_MPS * max(0.0, now - phone.fix_time)
        choices.append((blurred, blurred, phone, "phone", phone.moving))
    if last is not None:
        blurred, age = _blurred(last, now), max(0.0, now - last.place.fix_time)
        choices.append((blurred + age / 60, blurred, last.place, "last_known", last.moving))  # likewise
    if not choices:
        return None
    _, blurred, seen, source, moving = min(choices, key=itemgetter(0))
    return Place(seen.latitude, seen.longitude, round(blurred, 1), seen.fix_time, source, moving)


def _blurred(seen: Sighting, now: float) -> float:
    """Return how well the place is known now, metres, 68%."""
    age = now - seen.place.fix_time
    moved = DRIVES_MPS * (age - FRESH_S) if seen.moving and age > FRESH_S else 0.0
    return min(seen.place.accuracy_m + moved, FARTHEST_M)


def is_news(told: Place | None, stands: Place) -> bool:
    """Tell whether dispatch has to hear where a device stands, having been told that it is at ``told``.

    It is further than one sees and than the fix is vague, or what was told was a good deal vaguer, or the device still drove
    then. A place that is a good deal vaguer itself, or not newer, is no news.
    """
    if told is None:
        return True
    sees = max(APART_M, told.accuracy_m)
    if stands.fix_time <= told.fix_time or stands.accuracy_m > 2 * sees:
        return False
    if told.moving and not stands.moving:
        return True
    return apart(told, stands) > max(APART_M, 2 * stands.accuracy_m) or sees > 2 * max(APART_M, stands.accuracy_m)


def is_believed(before: Place | None, fix: Place) -> bool:
    """Tell whether a car can have come from ``before`` to ``fix`` in the time between; both are as vague as they say."""
    if before is None:
        return True
    if abs(fix.latitude - before.latitude) < NEAR_DEG and abs(fix.longitude - before.longitude) < NEAR_DEG:
        return True
    way = apart(before, fix) - before.accuracy_m - fix.accuracy_m
    return way <= FASTEST_MPS * max(1.0, abs(fix.fix_time - before.fix_time)) + NEAR_DEG * METRES_PER_DEGREE


def confirmed(said: Place, last: Sighting | None) -> Place:
    """Return where a car is that told nothing, by its customer's word: where it was left, if that is what they describe.

    Two radii of 68% hold the place that was meant in more than 99 of 100 cases.
    """
    if last is None or last.moving or last.place.accuracy_m > said.accuracy_m:
        return said
    if apart(said, last.place) > 2 * said.accuracy_m + last.place.accuracy_m:
        return said
    return replace(last.place, fix_time=said.fix_time, source="last_known", moving=False)


def apart(one: Place, other: Place) -> float:
    """Return how far apart two places are, metres, good to 0.5% within 100 km."""
    narrowing = cos(radians((one.latitude + other.latitude) / 2))
    east = (other.longitude - one.longitude + 180) % 360 - 180
    return METRES_PER_DEGREE * hypot(other.latitude - one.latitude, east * narrowing)
