"""Homes as they live, and what their devices ask for month after month: food, parking, charging, bills, television."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from gateway.finding import PayFor, Place
from scenarios.bench.unusual.town import Spot, Streets

DAY_S = 86_400.0
START = 1_788_220_800.0
"""1 September 2026."""
DAYS = 240


class Wish(NamedTuple):
    """A payment that a device will ask for. ``at``: POSIX seconds."""

    at: float
    home: int
    device: str
    payee: str
    amount: int
    """Minor units."""
    category: PayFor
    place: Place | None = None
    fault: str = ""
    """The fault that makes it, as ``home/fault``; empty: all is well."""


@dataclass(slots=True)
class Household:
    """One home as it lives."""

    number: int
    dice: Random
    town: Streets
    trips: list[tuple[float, float]] = field(default_factory=list)
    """From and until when nobody is at home, POSIX seconds."""
    guests: list[tuple[float, float]] = field(default_factory=list)
    job: tuple[float, Spot | None] = (0.0, None)
    """From when on they park at work, and where."""
    used_tv: list[float] = field(default_factory=list)
    """When the television set was on, POSIX seconds, oldest first."""

    @property
    def customer(self) -> str:
        """Their id."""
        return f"h-{self.number}"

    def away(self, at: float) -> bool:
        """Are they on a trip?"""
        return any(begin <= at < end for begin, end in self.trips)


def drawn_household(number: int, dice: Random, town: Streets) -> Household:
    """Draw how they live."""
    home = Household(number, dice, town)
    for _ in range(dice.choice((0, 1, 1, 2))):
        begin = START + dice.uniform(10, DAYS - 20) * DAY_S
        home.trips.append((begin, begin + dice.choice((3, 7, 10, 14, 21)) * DAY_S))
    for _ in range(dice.choice((0, 1, 2))):
        begin = START + dice.uniform(5, DAYS - 10) * DAY_S
        home.guests.append((begin, begin + dice.uniform(2, 9) * DAY_S))
    if dice.random() < 0.4:  # noqa: PLR2004 - a share
        begins = START if dice.random() < 0.7 else START + dice.uniform(40, DAYS) * DAY_S  # noqa: PLR2004
        home.job = (begins, dice.choice(town.parking))
    return home


def _days() -> Iterator[float]:
    for day in range(DAYS):
        yield START + day * DAY_S


def hour(dice: Random, mean: float = 13.0) -> float:
    """Draw when in a day, seconds since midnight; ``mean``: the hour."""
    return 3600 * min(23.5, max(0.2, dice.gauss(mean, 3.0)))


def _season(at: float) -> float:
    """How much more heating takes than in summer: the middle of January is the coldest."""
    return 1.0 + 1.6 * max(0.0, math.cos(2 * math.pi * (at - START - 137 * DAY_S) / (365 * DAY_S)))


def groceries(home: Household) -> Iterator[Wish]:
    """Food is ordered about weekly; now and then a big shop; guests eat; some shop oftener; nothing while nobody is there."""
    dice = home.dice
    every, basket = dice.uniform(4.5, 10.0), dice.lognormvariate(math.log(42), 0.35)
    inflation, payee = dice.uniform(0.0, 0.05), f"grocer-{dice.randrange(4)}"
    at = START + dice.uniform(0, every) * DAY_S
    while at < START + DAYS * DAY_S:
        guests = any(begin <= at < end for begin, end in home.guests)
        christmas = 108 <= (at - START) / DAY_S < 122  # noqa: PLR2004 - the last weeks of December
        size = dice.lognormvariate(0, 0.3) * (1.5 if guests else 1) * (1.5 if christmas else 1)
        size *= 2.3 if dice.random() < 0.08 else 1.0  # noqa: PLR2004 - a share
        if not home.away(at):
            amount = round(100 * basket * size * (1 + inflation * (at - START) / (365 * DAY_S)))
            yield Wish(at + hour(dice), home.number, "larder", payee, amount, "groceries")
        step = every * dice.lognormvariate(0, 0.25) * (0.5 if guests or christmas else 1.0)
        at += max(0.6, step) * DAY_S


def driving(home: Household) -> Iterator[Wish]:
    """A car parks and charges: by habit at a few places, at work day after day, elsewhere on trips; tolls only there."""
    dice, town = home.dice, home.town
    mine = dice.sample(town.parking, 3), dice.sample(town.chargers, 2)
    parks, charges = dice.uniform(0.05, 0.35), dice.uniform(0.08, 0.25)
    app = "easy-parking" if dice.random() < 0.2 else ""  # noqa: PLR2004 - some park by an app that is good everywhere
    far = dice.sample(town.far, 4)
    for day in _days():
        away, works = home.away(day), home.job[1] is not None and day >= home.job[0]
        weekday = int(day / DAY_S + 3) % 7 < 5  # noqa: PLR2004 - 1 January 1970 was a Thursday
        if works and weekday and not away and dice.random() < 0.8 and home.job[1] is not None:  # noqa: PLR2004
            yield _park(home, day, home.job[1], app, mean=8.5)
        if dice.random() < (0.6 if away else parks):
            yield _park(home, day, dice.choice(far if away else mine[0]), app)
        if dice.random() < (0.5 if away else charges):
            spot = dice.choice(far if away else mine[1])
            kwh = dice.uniform(12, 55)
            yield Wish(
                day + hour(dice, 17), home.number, "car", f"charge-{spot.payee}", round(kwh * dice.choice((29, 45, 59))),
                "charging", measured(dice, spot),
            )  # fmt: skip
        if away and dice.random() < 0.4:  # noqa: PLR2004 - a share
            yield Wish(day + hour(dice), home.number, "car", "motorway", dice.choice((350, 480, 1250)), "toll")


def _park(home: Household, day: float, spot: Spot, payee: str = "", mean: float = 14.0) -> Wish:
    dice = home.dice
    at = day + hour(dice, mean)
    return Wish(
        at,
        home.number,
        "car",
        payee or spot.payee,
        dice.choice((150, 200, 300, 450, 600, 900)),
        "parking",
        measured(dice, spot),
    )


def measured(dice: Random, spot: Spot, told: float = 0.85) -> Place | None:
    """A place as the car measured it: some tell none, some an older one. ``fix_time``: its age, until somebody asks."""
    if dice.random() > told:
        return None
    off = dice.expovariate(1 / 30.0) / 111_320
    turn = dice.uniform(0, 2 * math.pi)
    age = dice.choice((5.0, 30.0, 60.0, 240.0, 1500.0))
    return Place(
        spot.latitude + off * math.cos(turn), spot.longitude + off * math.sin(turn), dice.choice((6.0, 12.0, 40.0)),
        age, "gnss",
    )  # fmt: skip


def bills(home: Household) -> Iterator[Wish]:
    """A home pays energy weekly or monthly by what it takes, more in winter; water every month; some pay gas beside."""
    dice = home.dice
    every = dice.choice((7.0, 30.4))
    size, phase = dice.lognormvariate(math.log(4.2 * every), 0.3), dice.uniform(0, every)
    rise = 1 + (dice.uniform(0.02, 0.06) if dice.random() < 0.4 else 0.0)  # noqa: PLR2004 - a share
    rises = START + dice.uniform(60, DAYS) * DAY_S
    for count in range(int(DAYS / every)):
        at = START + (phase + count * every) * DAY_S
        amount = size * _season(at) * dice.lognormvariate(0, 0.12) * (rise if at > rises else 1.0)
        amount *= 0.6 if home.away(at) else 1.0
        yield Wish(at + 6 * 3600, home.number, "home", "power", round(100 * amount), "energy")
    gas, waters = dice.random() < 0.25, dice.uniform(18, 40)  # noqa: PLR2004 - a share
    for count in range(int(DAYS / 30.4)):
        at = START + (2.0 + count * 30.4) * DAY_S
        yield Wish(at, home.number, "home", "waterworks", round(100 * waters * dice.lognormvariate(0, 0.1)), "water")
        if gas:
            amount = 25 * _season(at) * dice.lognormvariate(0, 0.15)
            yield Wish(at + 3600, home.number, "home", "gas", round(100 * amount), "energy")


def watching(home: Household) -> Iterator[Wish]:
    """A television set's subscriptions each month, and a film now and then; it is on most evenings, but for trips and summers."""
    dice = home.dice
    keen = dice.uniform(0.15, 0.95)
    home.used_tv = [day + 20 * 3600 for day in _days() if dice.random() < keen and not home.away(day)]
    for number in range(dice.choice((1, 1, 2))):
        price, phase = dice.choice((799, 999, 1299, 1799)), dice.uniform(0, 30)
        rises = START + dice.uniform(30, DAYS) * DAY_S if dice.random() < 0.3 else math.inf  # noqa: PLR2004
        rise = dice.uniform(1.02, 1.08)
        for count in range(int(DAYS / 30.4)):
            at = START + (phase + count * 30.4) * DAY_S
            paid = round(price * rise) if at > rises else price
            yield Wish(at, home.number, "tv", f"stream-{number}", paid, "subscription")
    for at in home.used_tv:
        if dice.random() < 0.06:  # noqa: PLR2004 - a share
            yield Wish(at, home.number, "tv", "films", dice.choice((299, 399, 499, 999)), "media")
