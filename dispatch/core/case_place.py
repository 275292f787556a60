"""Which place a case goes by when it is told another: one rule for devices and people, whatever state help is in. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.distance import roughly
from gateway.finding import Place

REDIRECTS_M = 100.0
"""A truck that was sent further off than this is sent on; crews see a car from nearer."""
RESTS_M = 25.0
"""A crew that was sent while the car still drove is told where it came to rest, if that is further off than this."""
EXACT_M = 25.0
"""A fix of this accuracy or better, taken at rest, says where a car stands."""
FRESH_S = 5 * 60.0
"""So old at the most a device's fix is held against what its customer says."""
CONTRADICTS = 3.0
"""Apart by more than this times both accuracies, two places are not the same."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a case goes by from now on."""

    place: Place
    overruled: Place | None = None
    """The other one, where the customer and the device contradict each other."""


def choose(known: Place | None, told: Place, now: float) -> Choice:
    """Return the better of what a case went by and what it is told ``now`` (POSIX seconds)."""
    if known is None:
        return Choice(told)
    if told.source == "customer" and known.source != "customer":
        return _between(device=known, customer=told, now=now)
    if told.source != "customer" and known.source == "customer":
        return _between(device=told, customer=known, now=now)
    return Choice(told if told.fix_time > known.fix_time else known)


def _between(device: Place, customer: Place, now: float) -> Choice:
    """The device's fresh fix at rest wins, and so does one that the customer's words fit; else the customer's word does."""
    contradict = apart(device, customer) > CONTRADICTS * (device.accuracy_m + customer.accuracy_m)
    fresh = now - device.fix_time <= FRESH_S
    right = not device.moving and device.accuracy_m <= EXACT_M and (fresh or not contradict)
    chosen, other = (device, customer) if right else (customer, device)
    return Choice(chosen, other if contradict else None)


def judged_at(place: Place | None, asked_at: float, now: float) -> float:
    """Return as of when a place is judged that nobody asked for in a talk, POSIX seconds.

    An agent is told what to ask at ``asked_at`` (0: none was). What was known well enough then is so ``now``: the customer spoke
    with us all the while. A car that drove is somewhere else by now.
    """
    return asked_at if asked_at and place is not None and not place.moving else now


def apart(one: Place, other: Place) -> float:
    """Return how far apart two places are, metres."""
    return roughly((one.latitude, one.longitude), (other.latitude, other.longitude))


def sent_on(sent_to: Place, place: Place) -> float:
    """Return how far a truck sent to one place has to be sent on to the other, metres; 0: not at all.

    Nobody chases a car that drives. Where it still drove when the truck was sent, the crew is told where it came to rest.
    """
    off = round(apart(sent_to, place), 1)
    return off if not place.moving and off > (RESTS_M if sent_to.moving else REDIRECTS_M) else 0.0


def is_redirected(metres: float) -> bool:
    """Tell whether a truck that is sent on so far takes another way: its ETA is reckoned anew, and its customer told."""
    return metres > REDIRECTS_M


def same_spot(one: Place | None, other: Place) -> bool:
    """Tell whether two places say the same: they differ in nothing but when and how the device saw them."""
    return one is not None and _spot(one) == _spot(other)


def _spot(place: Place) -> tuple[float, float, float, bool]:
    return place.latitude, place.longitude, place.accuracy_m, place.source == "customer"
