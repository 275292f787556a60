"""What is remembered of what devices paid, of each for little: its last payments, what its customer said is fine, where payees are.

Learned from what was paid alone; what is refused, voided or given back is no habit. Memory is bounded everywhere. Pure.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Annotated, NamedTuple

from pydantic import Field

from dispatch.core.distance import roughly
from dispatch.core.purse.mandate import Category
from gateway.finding import Place

KEPT_PAYMENTS = 48
"""Of each habit, the last."""
KEPT_S = 400 * 86_400.0
"""What is older is no habit any more."""
KEPT_SIGHTINGS, OF_ONE_DEVICE = 24, 4
"""Of each payee, the last: of one device so many."""
KEPT_PAYEES = 20_000
KEPT_RATIOS = 64
SIGHTINGS_NEEDED, DEVICES_NEEDED = 5, 3
SITE_M = 1_000.0
"""A payee is at one place where nine in ten of its sightings are so near to their middle [fit]."""
FRESH_S = 1_800.0
"""A fix that is older tells nothing of where the payee is."""
_NEARLY_ALL = 0.9
Left = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class Was:
    """One payment that was made. ``at``: POSIX seconds by our clock, whatever the device's says; ``amount``: minor units."""

    payment: str
    payee: str
    amount: int
    at: float
    mandate: str = ""


@dataclass(slots=True)
class Habit:
    """What one device of a customer pays for one thing, in one currency."""

    customer: str
    device: str
    category: Category
    currency: str
    begun_at: float
    """When it paid for that first, POSIX seconds."""
    last: list[Was] = field(default_factory=list)
    """Oldest first."""
    fine: dict[str, float] = field(default_factory=dict)
    """What of it the customer said is fine, and whom it was paid: when they said so, POSIX seconds."""

    def of(self, payee: str) -> list[Was]:
        """Return what a payee was paid, oldest first."""
        return [one for one in self.last if one.payee == payee]

    def add(self, one: Was) -> None:
        """Remember a payment; what is long ago is forgotten."""
        self.last.append(one)
        self.last = [old for old in self.last[-KEPT_PAYMENTS:] if one.at - old.at <= KEPT_S]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a device was when it paid somebody."""

    customer: str
    device: str
    latitude: float
    longitude: float


class Site(NamedTuple):
    """Where a payee is, WGS 84 degrees, and how far from there it was paid, metres."""

    latitude: float
    longitude: float
    spread_m: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much more a home paid than it usually does: the logarithm. Of seasons and tariffs, all have their share."""

    customer: str
    at: float
    log: float


@dataclass(frozen=True, slots=True)
class HabitsStanding:
    """Habits written down."""

    habits: list[Habit] = field(default_factory=list)
    sightings: Annotated[dict[str, list[Sighting]], Left] = field(default_factory=dict)
    ratios: Annotated[dict[str, list[Ratio]], Left] = field(default_factory=dict)


Name = tuple[str, str, str, str]
"""Customer, device, category, currency."""


class Habits:
    """What all devices usually pay."""

    def __init__(self) -> None:
        self._habits: dict[Name, Habit] = {}
        self._sightings: dict[str, list[Sighting]] = {}
        """Payee → where it was paid; who was paid longest ago stands first."""
        self._ratios: dict[str, list[Ratio]] = {}

    def get(self, customer: str, device: str, category: str, currency: str) -> Habit | None:
        """Return what a device usually pays for something; ``None``: it never did."""
        return self._habits.get((customer, device, category, currency))

    def of_customer(self, customer: str) -> Iterator[Habit]:
        """Yield the habits of a customer's devices, in the order they began."""
        return (one for one in self._habits.values() if one.customer == customer)

    def began(self, customer: str, device: str, category: Category, currency: str, at: float) -> Habit:
        """Return a habit; one that begins where there is none."""
        name = (customer, device, category, currency)
        if name not in self._habits:
            self._habits[name] = Habit(customer, device, category, currency, at)
        return self._habits[name]

    def given_back(self, payment: str, name: Name) -> None:
        """Take a payment that came back out of its habit."""
        habit = self._habits.get(name)
        if habit is not None:
            habit.last = [one for one in habit.last if one.payment != payment]

    def forget(self, customer: str) -> None:
        """Know nothing of a customer any more."""
        self._habits = {name: one for name, one in self._habits.items() if one.customer != customer}
        for payee, seen in list(self._sightings.items()):
            self._sightings[payee] = [one for one in seen if one.customer != customer]
        for kind, ratios in list(self._ratios.items()):
            self._ratios[kind] = [one for one in ratios if one.customer != customer]

    # --- where payees are --------------------------------------------------------------------------------------------

    def saw(self, payee: str, habit: Habit, place: Place | None, at: float) -> None:
        """Note where a device was when it paid somebody; ``at``: by the device's clock, as the fix is."""
        if place is None or not 0.0 <= at - place.fix_time <= FRESH_S or place.accuracy_m > SITE_M:
            return
        seen = [*self._sightings.pop(payee, []), _sighting(habit, place)]
        mine = [one for one in seen if one.device == habit.device]
        if len(mine) > OF_ONE_DEVICE:
            seen.remove(mine[0])
        self._sightings[payee] = seen[-KEPT_SIGHTINGS:]
        while len(self._sightings) > KEPT_PAYEES:
            del self._sightings[next(iter(self._sightings))]

    def site(self, payee: str) -> Site | None:
        """Return where a payee is; ``None``: at many places, or it is not known."""
        seen = self._sightings.get(payee, [])
        if len(seen) < SIGHTINGS_NEEDED or len({one.device for one in seen}) < DEVICES_NEEDED:
            return None
        middle = (median(one.latitude for one in seen), median(one.longitude for one in seen))
        away = sorted(roughly(middle, (one.latitude, one.longitude)) for one in seen)
        spread = away[int(_NEARLY_ALL * (len(away) - 1))]
        return Site(*middle, spread) if spread <= SITE_M else None

    # --- what all have in common -------------------------------------------------------------------------------------

    def compare(self, kind: str, ratio: Ratio) -> None:
        """Note how much more than usual somebody paid for something of which all have their share."""
        others = [one for one in self._ratios.get(kind, []) if one.customer != ratio.customer]
        self._ratios[kind] = [*others, ratio][-KEPT_RATIOS:]

    def ratios(self, kind: str, but: str, since: float) -> list[float]:
        """Return how much more than usual the others paid since a moment, each once."""
        return [one.log for one in self._ratios.get(kind, []) if one.customer != but and one.at >= since]

    # --- written down ------------------------------------------------------------------------------------------------

    def standing(self) -> HabitsStanding:
        """Return it written down."""
        habits = [replace(one, last=list(one.last), fine=dict(one.fine)) for one in self._habits.values()]
        sightings = {payee: list(seen) for payee, seen in self._sightings.items() if seen}
        return HabitsStanding(habits, sightings, {kind: list(all_) for kind, all_ in self._ratios.items() if all_})

    def stand(self, standing: HabitsStanding) -> None:
        """Take up what was written down."""
        self._habits = {_name(one): one for one in standing.habits}
        self._sightings = dict(standing.sightings)
        self._ratios = dict(standing.ratios)


def _name(habit: Habit) -> Name:
    return habit.customer, habit.device, habit.category, habit.currency


def _sighting(habit: Habit, place: Place) -> Sighting:
    return Sighting(habit.customer, habit.device, place.latitude, place.longitude)
