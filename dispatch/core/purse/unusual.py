"""What is unusual about a payment, or about what a device pays for long: by how often, how much, where, and for what use. Pure.

Each rule is a statistic that the field knows, with a prior for whoever has paid little so far; what is told is the two numbers that
differ, and never more than the ledger knows. What the customer said is fine is not found again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

from dispatch.core.distance import roughly
from dispatch.core.purse.habits import Habit, Habits, Ratio, Was
from dispatch.core.purse.mandate import Category
from dispatch.core.purse.money import said
from gateway.finding import PaymentAsk, Place

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
What = Literal["daily_orders", "amount", "place", "price_drift", "unused", "two_payees"]
FORGETS_S: dict[What, float] = {
    "daily_orders": 60 * DAY_S, "amount": 0.0, "place": 30 * DAY_S, "price_drift": 180 * DAY_S, "unused": 180 * DAY_S,
}  # fmt: skip
"""So long what the customer said is fine is not asked again [fit]; what is not among them, never. An amount that is paid is among
those that the next is compared with, and needs no more."""


@dataclass(frozen=True, slots=True)
class Odd:
    """What is unusual: what was found, and what is usual, in numbers that every language reads alike."""

    what: What
    payee: str
    found: str
    usual: str

    @property
    def name(self) -> str:
        """What the customer calls fine, where it is."""
        return f"{self.what}/{self.payee}"


class Usual(NamedTuple):
    """What is known of a category before a device has paid for it."""

    a_week: float
    """Payments of a device to one payee or all: twelve a month where it drives, four in a kitchen, three of a screen [fit]."""
    bursts: float
    """By how much their number varies beyond chance, from home to home and week to week: the relative variance [fit]."""
    spread: float
    """Of the logarithm of the amount, one standard deviation [fit]."""
    least_spread: float = 0.0
    """What one chooses to buy is now and then far more, however alike it was so far [fit]."""
    shared: bool = False
    """Have all homes their share of a season?"""


USUAL: dict[Category, Usual] = {
    "charging": Usual(1.0, 1.5, 0.5, 0.45),
    "parking": Usual(1.5, 1.5, 0.6, 0.6),
    "toll": Usual(0.5, 3.0, 0.5, 0.5),
    "tow": Usual(0.01, 1.0, 0.6, 0.6),
    "groceries": Usual(0.9, 0.1, 0.45, 0.55),
    "media": Usual(0.7, 1.0, 0.4, 0.4),
    "energy": Usual(0.25, 0.3, 0.25, shared=True),
    "water": Usual(0.25, 0.3, 0.25, shared=True),
    "subscription": Usual(0.25, 0.3, 0.12),
    "other": Usual(0.5, 2.0, 0.8, 0.8),
    "top_up": Usual(0.25, 1.0, 0.5),
}

# --- how often -------------------------------------------------------------------------------------------------------

RATE_SHAPE = 2.0
"""How much the category's rate counts: as two payments [fit]."""
OFTEN_P, OFTEN_TIMES = 1e-3, 2.5
"""Once in a thousand such times by chance, and two and a half times as often as usual [fit]."""
OFTEN_WITHIN = ((1, 4), (2, 9))
"""Weeks, and on how many days of them: what lasts is seen where one week alone says too little, as with who pays often anyway."""


def weekly_rate(payments: int, weeks: float, usual: Usual) -> tuple[float, float]:
    """Return mean and size of the negative binomial of a week: a Gamma rate, shrunk to the category's and no less, and bursts.

    Whom nobody was paid before is paid as often as anybody is: who comes to another town, or to another job, does that.
    """
    shape, weeks = RATE_SHAPE + payments, RATE_SHAPE / usual.a_week + max(0.0, weeks)
    return max(shape / weeks, usual.a_week), 1.0 / (1.0 / shape + usual.bursts)


def at_least(count: int, mean: float, size: float) -> float:
    """Return P(a negative binomial is ``count`` or more)."""
    if count <= 0:
        return 1.0
    share = mean / (size + mean)
    term = math.exp(
        math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        + size * math.log1p(-share) + count * math.log(share)
    )  # fmt: skip
    total = 0.0
    while term > total * 1e-15:
        total += term
        term *= (count + size) / (count + 1) * share
        count += 1
    return min(1.0, total)


def too_often(habit: Habit, payee: str, now: float) -> Odd | None:
    """Find that somebody is paid far more often than usual, day after day."""
    paid = [one.at for one in habit.of(payee)]
    found = (_often(habit, payee, paid, now, within) for within in OFTEN_WITHIN)
    return next((one for one in found if one is not None), None)


def _often(habit: Habit, payee: str, paid: Sequence[float], now: float, within: tuple[int, int]) -> Odd | None:
    weeks, on_days = within
    lately = [at for at in paid if now - weeks * WEEK_S < at <= now] + [now]
    if len({int((now - at) / DAY_S) for at in lately}) < on_days:
        return None
    known_s = now - weeks * WEEK_S - habit.last[0].at  # some of them are behind us
    mean, size = weekly_rate(len(paid) + 1 - len(lately), known_s / WEEK_S, USUAL[habit.category])
    usual = mean * weeks
    if len(lately) < OFTEN_TIMES * usual or at_least(len(lately), usual, size) >= OFTEN_P:
        return None
    return Odd("daily_orders", payee, str(round(len(lately) / weeks)), f"{mean:.1f}")


# --- how much --------------------------------------------------------------------------------------------------------

SPREAD_WEIGHS = 4.0
"""How much the category's spread counts: as four payments [fit]."""
AMOUNTS, AMOUNTS_NEEDED, OF_ALL_NEEDED = 12, 4, 8
"""The last payments to somebody; fewer say nothing, and then all for the same thing do, where they are so many."""
LATELY = 3
"""Where a season moves what is paid, the middle of so many is where it stands."""
FAR, FAR_TIMES, BEYOND_ALL = 3.5, 1.6, 1.3
"""So many standard deviations, so many times the median, and beyond the largest so far [fit]."""
FAR_SHARED, SHARED_TIMES = 3.0, 2.2
"""The same of what a season moves: what is billed strays less, and a winter may double it [fit]."""
_MAD_TO_SIGMA, _TENTH_TO_SIGMA = 1.4826, 1.2816
COMMON_S, COMMON_NEEDED, SELDOM_S = 35 * DAY_S, 8, 20 * DAY_S


class UsualAmount(NamedTuple):
    """Logarithms of amounts: their middle and their spread, which few outliers move."""

    middle: float
    spread: float


def level(amounts: Sequence[int], usual: Usual) -> UsualAmount:
    """Return median and spread: of the median deviation and the upper tenth the wider, shrunk to the category's."""
    if usual.shared:
        return _moving(amounts, usual)
    logs = sorted(math.log(one) for one in amounts)
    middle = median(logs)
    deviation = _MAD_TO_SIGMA * median(abs(one - middle) for one in logs)
    upper = (logs[math.ceil(0.9 * (len(logs) - 1))] - middle) / _TENTH_TO_SIGMA
    return UsualAmount(middle, max(_shrunk(max(deviation, upper), len(logs), usual), usual.least_spread))


def _moving(amounts: Sequence[int], usual: Usual) -> UsualAmount:
    """Return the same of what a season moves: where it stands, and how far it goes otherwise than it goes anyway."""
    logs = [math.log(one) for one in amounts]
    steps = [after - before for before, after in pairwise(logs)]
    anyway = median(steps)
    deviation = _MAD_TO_SIGMA * median(abs(one - anyway) for one in steps)
    return UsualAmount(median(logs[-LATELY:]), _shrunk(deviation, len(steps), usual))


def _shrunk(own: float, count: int, usual: Usual) -> float:
    """Return a spread, shrunk to the category's."""
    return math.sqrt((SPREAD_WEIGHS * usual.spread**2 + count * own**2) / (SPREAD_WEIGHS + count))


def too_much(habit: Habit, payee: str, amount: int, common: float = 0.0) -> Odd | None:
    """Find that a payment is far larger than usual. ``common``: the logarithm of how much more all pay just now."""
    amounts = _compared(habit, payee)
    if not amounts:
        return None
    usual = level(amounts, USUAL[habit.category])
    over = math.log(amount) - usual.middle - common
    beyond = math.log(amount / max(amounts)) - max(0.0, common)
    far, times = (FAR_SHARED, SHARED_TIMES) if USUAL[habit.category].shared else (FAR, FAR_TIMES)
    if over < max(far * usual.spread, math.log(times)) or beyond < math.log(BEYOND_ALL):
        return None
    typical = round(math.exp(usual.middle))
    return Odd("amount", payee, said(amount, habit.currency), said(typical, habit.currency))


def _compared(habit: Habit, payee: str) -> list[int]:
    """Return with what an amount is compared: none where too little is known."""
    mine = _lately(habit, payee)
    if len(mine) >= AMOUNTS_NEEDED:
        return mine
    all_of_it = [one.amount for one in habit.last][-2 * AMOUNTS :]
    return all_of_it if len(all_of_it) >= OF_ALL_NEEDED else []


def _lately(habit: Habit, payee: str) -> list[int]:
    return [one.amount for one in habit.of(payee)][-AMOUNTS:]


def common_share(habits: Habits, habit: Habit, payee: str, now: float) -> float:
    """Return how much more than usual the others pay for it just now, as a logarithm; 0: nobody knows."""
    if not USUAL[habit.category].shared:
        return 0.0
    others = habits.ratios(_kind(habit, payee), habit.customer, now - COMMON_S)
    return median(others) if len(others) >= COMMON_NEEDED else 0.0


def compare(habits: Habits, habit: Habit, one: Was) -> None:
    """Let others know how much more than usual was paid, where all have their share of that. Call it before it is remembered."""
    mine = _lately(habit, one.payee)
    if USUAL[habit.category].shared and len(mine) >= AMOUNTS_NEEDED:
        ratio = math.log(one.amount / median(mine[-LATELY:]))
        habits.compare(_kind(habit, one.payee), Ratio(habit.customer, one.at, ratio))


def _kind(habit: Habit, payee: str) -> str:
    """Return with whom a home is compared: who pays for the same in the same currency, weekly or at longer intervals."""
    times = [one.at for one in habit.of(payee)]
    seldom = median(after - before for before, after in pairwise(times)) > SELDOM_S if len(times) > 1 else False
    return f"{habit.category}/{habit.currency}/{'seldom' if seldom else 'often'}"


# --- where -----------------------------------------------------------------------------------------------------------

NEAR_M, SPEED_MPS, ACCURACIES = 3_000.0, 30.0, 3.0
"""What a place may be off, how fast a car goes since its fix, and how many times its 68% accuracy it may be away [fit]."""
TOLD_LATE_S, FIX_KEPT_S = 300.0, 6 * 3_600.0
"""An ask that comes later has another place behind it; an older fix says nothing any more."""


def elsewhere(habits: Habits, habit: Habit, ask: PaymentAsk, now: float) -> Odd | None:
    """Find that a device pays where it is not: farther from the payee than it can have come since it told where it is."""
    site = habits.site(ask.payee)
    if site is None:
        return None
    at = (site.latitude, site.longitude)
    away = [*_from_fix(ask, at), *_from_last(habits, habit, ask, at, now)]
    off = [metres for metres, may in away if metres > may + NEAR_M + site.spread_m]
    return Odd("place", ask.payee, f"{max(off) / 1000:.0f} km", "0 km") if off else None


def _from_fix(ask: PaymentAsk, site: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Yield how far the device is from the payee by its own fix, and how far it may be, metres."""
    fix: Place | None = ask.place
    age = ask.at - fix.fix_time if fix is not None else -1.0
    if fix is not None and 0.0 <= age <= FIX_KEPT_S:
        metres = roughly((fix.latitude, fix.longitude), site)
        yield metres, ACCURACIES * fix.accuracy_m + SPEED_MPS * age


def _from_last(
    habits: Habits, habit: Habit, ask: PaymentAsk, site: tuple[float, float], now: float
) -> Iterator[tuple[float, float]]:
    """Yield how far the last payee is that has a place, and how far one comes from there meanwhile, metres."""
    before = habit.last[-1] if habit.last else None
    last = habits.site(before.payee) if before is not None else None
    if before is not None and last is not None and abs(now - ask.at) <= TOLD_LATE_S:
        metres = roughly((last.latitude, last.longitude), site)
        yield metres, SPEED_MPS * (now - before.at + TOLD_LATE_S) + last.spread_m


# --- for long --------------------------------------------------------------------------------------------------------

DRIFT_SLACK, DRIFT_BOUND, DRIFT_LEAST = 0.5, 5.0, 0.12
"""CUSUM: the slack and the bound in standard deviations; and by so much the price has risen [fit]."""
PRICED: frozenset[Category] = frozenset({"subscription", "media", "toll", "parking"})
"""What has a price; of the others one pays as much as one takes."""
FIRST_PRICES, PRICES_NEEDED = 3, 6
STEEPEST, FALLS = 0.25, 0.1
"""A price creeps by steps up to so much, and falls by so little of what it rises; what goes up and down is consumption [fit]."""
PRICE_NOISE = 0.03
"""A price moves so much for nothing [fit]."""


def cusum(values: Sequence[float], slack: float) -> float:
    """Return how far values have drifted up, as Page has it: the sum of what is beyond the slack, never below nothing."""
    total = 0.0
    for one in values:
        total = max(0.0, total + one - slack)
    return total


def drifting(habit: Habit, payee: str) -> Odd | None:
    """Find that a price has crept up."""
    if habit.category not in PRICED:
        return None
    since = habit.fine.get(f"price_drift/{payee}", -math.inf)
    prices = [one.amount for one in habit.of(payee) if one.at >= since]
    if len(prices) < PRICES_NEEDED:
        return None
    first, now = median(prices[:FIRST_PRICES]), median(prices[-2:])
    if not _creeps(prices) or math.log(now / first) < DRIFT_LEAST:
        return None
    beyond = [math.log(one / first) / PRICE_NOISE for one in prices[FIRST_PRICES:]]
    if cusum(beyond, DRIFT_SLACK) < DRIFT_BOUND:
        return None
    return Odd("price_drift", payee, said(round(now), habit.currency), said(round(first), habit.currency))


def _creeps(prices: Sequence[int]) -> bool:
    """Does it go by small steps, and all but never down?"""
    steps = [math.log(after / before) for before, after in pairwise(prices)]
    up, down = sum(max(0.0, one) for one in steps), sum(max(0.0, -one) for one in steps)
    return max(map(abs, steps)) <= STEEPEST and down <= FALLS * up


FOR_USE: frozenset[Category] = frozenset({"subscription", "media"})
UNUSED_S = 50 * DAY_S
"""So long nothing was used: a holiday is over by then [fit]."""
UNUSED_TIMES = 2


def unused(habit: Habit, payee: str, used_at: float | None, now: float) -> Odd | None:
    """Find that something is paid again and again though its device tells no use. ``used_at``: ``None``, it tells nothing of it."""
    if used_at is None or habit.category not in FOR_USE:
        return None
    since = max(used_at, habit.begun_at)
    times = sum(one.at > since for one in habit.of(payee))
    if now - since < UNUSED_S or times < UNUSED_TIMES:
        return None
    return Odd("unused", payee, str(times), f"{(now - since) / DAY_S:.0f}")


ONE_PAYEE: frozenset[Category] = frozenset({"energy", "water"})
NEWER_S, STILL_S, ALIKE = 60 * DAY_S, 45 * DAY_S, 1.6


def twice_paid(habit: Habit, payee: str, now: float) -> Odd | None:
    """Find that two are paid for one thing: one came much later, and the one of before is paid on and on."""
    if habit.category not in ONE_PAYEE:
        return None
    mine = habit.of(payee)
    for other in {one.payee: one for one in habit.last if one.payee != payee}:
        older, newer = sorted((habit.of(other), mine), key=lambda paid: paid[0].at if paid else now)
        since = newer[0].at if newer else now
        both = sum(one.at > since for one in older)
        if (
            since - habit.begun_at >= NEWER_S
            and both >= UNUSED_TIMES
            and now - older[-1].at <= STILL_S
            and _alike(older, newer)
        ):
            return Odd("two_payees", payee, str(both), other)
    return None


def _alike(older: Sequence[Was], newer: Sequence[Was]) -> bool:
    """Are they paid about as much? Who is paid otherwise does something else."""
    sums = [median(one.amount for one in paid) for paid in (older[-len(newer) :], newer)]
    return max(sums) <= ALIKE * min(sums)


# --- asked -----------------------------------------------------------------------------------------------------------


def before_paying(habits: Habits, ask: PaymentAsk, now: float) -> Odd | None:
    """Find what is unusual about a payment before it is made: the first thing that is, and that the customer did not call fine.

    An amount that is set aside at most says nothing of what will be paid.
    """
    known = habits.get(ask.customer, ask.device, ask.category, ask.currency)
    habit = known or Habit(ask.customer, ask.device, ask.category, ask.currency, now)
    found = (
        elsewhere(habits, habit, ask, now),
        None if ask.at_most else too_much(habit, ask.payee, ask.amount, common_share(habits, habit, ask.payee, now)),
        too_often(habit, ask.payee, now),
    )
    return next((one for one in found if one is not None and not is_fine(habit, one, now)), None)


def afterwards(habit: Habit, payee: str, used_at: float | None, now: float) -> Iterator[Odd]:
    """Yield what is unusual about what a device pays for long, and the customer did not call fine."""
    for one in (drifting(habit, payee), unused(habit, payee, used_at, now), twice_paid(habit, payee, now)):
        if one is not None and not is_fine(habit, one, now):
            yield one


def is_fine(habit: Habit, odd: Odd, now: float) -> bool:
    """Has the customer said that it is fine, and does that still hold?"""
    said_at = habit.fine.get(odd.name)
    return said_at is not None and now - said_at < FORGETS_S.get(odd.what, math.inf)
