"""Where a device is: the best of its own fix, its owner's phone, and where it was seen last. Pure.

A fix gets worse with its age: a car that moved when it was taken may be anywhere its speed allows, one that stood is
likely to stand there still. The accuracy told is the one a truck has to reckon with now, not the one of the fix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place and whether what was seen there moved."""

    place: Place
    moving: bool


def best(own: Sighting | None, phone: Place | None, last: Sighting | None, now: float) -> Place | None:
    """Return the best place known at ``now``, POSIX seconds; ``None`` where nobody knows.

    ``own``: of the event itself; ``phone``: its owner's phone; ``last``: the newest fix before the event.
    """
    choices: list[tuple[float, Place]] = []
    if own is not None:
        blurred = _blurred(own, now)
        choices.append((blurred, replace(own.place, accuracy_m=round(blurred, 1))))
    if phone is not None and now - phone.fix_time <= PHONE_AGE_S:
        blurred = max(phone.accuracy_m, PHONE_APART_M) + WALKS_MPS * max(0.0, now - phone.fix_time)
        choices.append((blurred, replace(phone, accuracy_m=round(blurred, 1), source="phone")))
    if last is not None:
        blurred, age = _blurred(last, now), max(0.0, now - last.place.fix_time)
        seen = replace(last.place, accuracy_m=round(blurred, 1), source="last_known")
        choices.append((blurred + age / 60, seen))  # of two as good, the fresher
    return min(choices, key=lambda choice: choice[0])[1] if choices else None


def _blurred(seen: Sighting, now: float) -> float:
    """Return how well the place is known now, metres, 68%."""
    age = now - seen.place.fix_time
    moved = DRIVES_MPS * (age - FRESH_S) if seen.moving and age > FRESH_S else 0.0
    return min(seen.place.accuracy_m + moved, FARTHEST_M)
