"""What devices pay for, when, how much and where: drawn from their kinds' habits, each home with its own sizes and places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from firmware_sim.device.habit import PayingHabit
from scenarios.story.payers import Payers
from scenarios.world.addresses import account_of
from scenarios.world.homes import Home
from scenarios.world.payers.kind import PayerKind
from scenarios.world.town import Point, metres
from scenarios.world.world import World

MONTH_S, DAY_S = 30 * 86_400.0, 86_400.0
TO_95 = 1.645
"""Standard deviations to the point that one in twenty is beyond."""
EVEN = 3.0
"""Shape of the gamma between two payments: more even than chance [fit]."""
OF_HOME, OF_PAYMENT = 0.85, 0.527
"""How far homes differ from each other, and one home's payments, of the spread over all: their squares make one [fit]."""
STEADY: Mapping[str, float] = {"subscription": 0.0, "water": 0.1, "energy": 0.12}
"""Of what is paid by a price or a meter: the spread of one home's payments [fit]."""
WAKES_H, AWAKE_H = 7.0, 15.0
NEARBY = 3
"""So many places near home one goes to."""
PREPAID_A_MONTH, PREPAID_EVEN, PREPAID_SPREAD = 9.0, 20.0, 0.18
"""A meter that is paid in advance is filled up every three days or so, by what was used: more even than any other habit [fit]."""
TOLD = 0.85
"""How often a device tells where it is as it pays there: a garage hides the sky [fit]."""
MOST_TIMES, LEAST_TIMES = 5.0, 2.5


class DrawnPayment(NamedTuple):
    """One payment as it will be asked for."""

    at: float
    amount: int
    """Cents."""
    payee: str
    site: Point | None
    """Where it is paid, where the device tells that."""
    elsewhere: bool
    twice: bool


@dataclass(frozen=True, slots=True)
class Pays:
    """One thing that a device pays for, in one home."""

    habit: PayingHabit
    every_s: float
    """Between two payments, on average."""
    size: float
    """Median of what is paid at a time, cents."""
    spread: float
    payees: tuple[str, ...]
    """Whom the mandate names."""
    sites: Mapping[str, Point]
    """Of those: where they are, nearest to home first; empty: nowhere."""
    story: Payers
    dice: np.random.Generator
    midnight: float
    even: float = EVEN
    times: float = 1.0
    """By how much a wrong tariff is too much."""

    def moments(self, start: float, until: float) -> Iterator[DrawnPayment]:
        """Yield one payment after the other, by day."""
        at = start + self.every_s * float(self.dice.random())
        while (moment := max(start, self._by_day(at))) < until:
            yield self._wish(moment)
            at += self.every_s * float(self.dice.gamma(self.even)) / self.even

    def _by_day(self, at: float) -> float:
        days, within = divmod(at - self.midnight, DAY_S)
        return self.midnight + days * DAY_S + 3600 * (WAKES_H + AWAKE_H * within / DAY_S)

    def _wish(self, at: float) -> DrawnPayment:
        noise = float(self.dice.standard_normal())
        which, told, elsewhere, twice = (float(one) for one in self.dice.random(4))
        near = list(self.sites)[:NEARBY]
        payee = near[int(which * len(near))] if near else self.payees[0]
        site = self.sites.get(payee) if told < TOLD else None
        amount = max(1, round(self.size * math.exp(self.spread * noise)))
        return DrawnPayment(at, amount, payee, site, elsewhere < self.story.elsewhere, twice < self.story.asks_twice)


@dataclass(slots=True)
class Draws:
    """Draws what devices pay for."""

    world: World
    story: Payers
    sites: dict[str, dict[str, Point]] = field(default_factory=dict)
    """Creditor → where one pays them, each place a payee."""

    def of(self, home: Home, kind: PayerKind, device: str) -> tuple[Pays, ...]:
        """Draw what a device pays for."""
        return tuple(self._pays(home, kind, device, habit) for habit in kind.habits)

    def _pays(self, home: Home, kind: PayerKind, device: str, habit: PayingHabit) -> Pays:
        dice = self.world.streams.keyed("pays", device, habit.category)
        luck, prepaid, times = float(dice.standard_normal()), float(dice.random()), float(dice.random())
        a_month, sigma = habit.a_month * self.story.often, math.log(habit.most / habit.least) / (2 * TO_95)
        size = 100 * math.sqrt(habit.least * habit.most) * math.exp(OF_HOME * sigma * luck)
        spread = STEADY.get(habit.category, OF_PAYMENT * sigma)
        there = self._near(habit.creditor, home.point) if habit.category in kind.on_the_spot else {}
        midnight = self.world.story.start.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        usual = Pays(
            habit,
            MONTH_S / a_month,
            size,
            spread,
            tuple(there) or (account_of(habit.creditor),),
            there,
            self.story,
            dice,
            midnight,
        )
        if habit.category != kind.metered or prepaid >= self.story.prepaid:
            return usual
        return replace(
            usual, every_s=MONTH_S / PREPAID_A_MONTH, size=size * a_month / PREPAID_A_MONTH, spread=PREPAID_SPREAD,
            even=PREPAID_EVEN, times=LEAST_TIMES + (MOST_TIMES - LEAST_TIMES) * times,
        )  # fmt: skip

    def _near(self, creditor: str, home: Point) -> dict[str, Point]:
        """Return where one pays somebody, the nearest to a home first."""
        if creditor not in self.sites:
            dice, town = self.world.streams.keyed("sites", creditor), self.world.plan.town
            numbers = range(1, self.story.sites + 1)
            self.sites[creditor] = {account_of(f"{creditor}-{number:02d}"): town.somewhere(dice) for number in numbers}
        sites = self.sites[creditor]
        return {name: sites[name] for name in sorted(sites, key=lambda name: metres(sites[name], home))}
