"""What will be due, and what of it may fail before it fails: from what devices paid, what is there, and what is agreed. Pure.

The rule [fit]: the same device paid the same payee for the same at least three times, and no gap between two of them is further
than a quarter from the median gap; or twice the same sum, 27 to 32 days apart, as subscriptions are. It is due a median gap after
the last time, by the median sum; who has missed that by a quarter of a gap is expected no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal, NamedTuple

from dispatch.core.purse.given import Given
from dispatch.core.purse.mandate import Category
from dispatch.core.purse.periods import window

DAY_S = 86_400.0
AHEAD_S = 7 * DAY_S
"""So far it is told what will be due."""
LEAST_TIMES = 3
STRAYS = 0.25
"""By so much of the median gap a gap may differ from it."""
LEAST_GAP_S = 0.75 * DAY_S
"""What is paid several times a day is no bill."""
MONTH_S = (27 * DAY_S, 32 * DAY_S)


class Paid(NamedTuple):
    """A payment that was made. ``at``: POSIX seconds; ``amount``: minor units."""

    device: str
    payee: str
    category: Category
    currency: str
    amount: int
    at: float


class ExpectedPayment(NamedTuple):
    """A payment that will be due."""

    device: str
    payee: str
    category: Category
    currency: str
    amount: int
    """Minor units."""
    at: float
    """POSIX seconds."""
    every_s: float


@dataclass(frozen=True, slots=True)
class Due:
    """What will be due, and whether it may fail."""

    expected: ExpectedPayment
    fails: Literal["", "purse", "limit", "mandate"]
    """``purse``: there will not be enough; ``limit``: more than is agreed; ``mandate``: none holds by then."""
    short: int = 0
    """What is missing in the purse, minor units."""


def expected(paid: Iterable[Paid], now: float, until: float) -> list[ExpectedPayment]:
    """Return what will be due by ``until``, the first first: each regular payment as often as it comes."""
    kinds: dict[tuple[str, str, Category, str], list[Paid]] = {}
    for one in paid:
        kinds.setdefault((one.device, one.payee, one.category, one.currency), []).append(one)
    found = [due for mine in kinds.values() for due in _due(sorted(mine, key=lambda one: one.at), now, until)]
    return sorted(found, key=lambda one: (one.at, one.device, one.payee))


def _due(mine: list[Paid], now: float, until: float) -> Iterator[ExpectedPayment]:
    gap = _gap([after.at - before.at for before, after in pairwise(mine)], {one.amount for one in mine})
    if gap is None:
        return
    last = mine[-1]
    at, amount = last.at + gap, round(median(one.amount for one in mine))
    if at + STRAYS * gap < now:
        return
    at = max(at, now)
    while at <= until:
        yield ExpectedPayment(last.device, last.payee, last.category, last.currency, amount, at, gap)
        at += gap


def _gap(gaps: list[float], sums: set[int]) -> float | None:
    """Return every how many seconds something is paid; ``None``: it is not regular."""
    if not gaps:
        return None
    usual = median(gaps)
    if len(gaps) + 1 < LEAST_TIMES:
        return usual if len(sums) == 1 and MONTH_S[0] <= usual <= MONTH_S[1] else None
    regular = usual >= LEAST_GAP_S and all(abs(one - usual) <= STRAYS * usual for one in gaps)
    return usual if regular else None


def due(coming: Iterable[ExpectedPayment], given: Iterable[Given], balances: dict[str, int]) -> list[Due]:
    """Say of each payment that will be due whether it may fail, one after the other: what one takes, the next has not.

    ``balances``: of each currency what can be spent. Where a mandate lets the house top up, a purse does not run dry.
    """
    mandates, left = [*given], dict(balances)
    topping = [one for one in mandates if one.mandate.category == "top_up"]
    planned: dict[tuple[str, int, float], int] = {}
    return [_judged(one, mandates, left, topping, planned) for one in coming]


def _judged(
    one: ExpectedPayment,
    mandates: list[Given],
    left: dict[str, int],
    topping: list[Given],
    planned: dict[tuple[str, int, float], int],
) -> Due:
    fitting = [given for given in mandates if _fits(given, one)]
    if not fitting:
        return Due(one, "mandate")
    within = next((given for given in fitting if _within(given, one, planned)), None)
    if within is None:
        return Due(one, "limit")
    has = left.get(one.currency, 0)
    left[one.currency] = has - one.amount
    topped = any(given.mandate.currency == one.currency and given.holds(one.at) for given in topping)
    return Due(one, "purse", one.amount - has) if has < one.amount and not topped else Due(one, "")


def _fits(given: Given, one: ExpectedPayment) -> bool:
    mandate = given.mandate
    same = (mandate.device, mandate.category, mandate.currency) == (one.device, one.category, one.currency)
    return same and given.holds(one.at) and mandate.lets(one.payee)


def _within(given: Given, one: ExpectedPayment, planned: dict[tuple[str, int, float], int]) -> bool:
    """Tell whether a payment is within the limits of its periods, and count it there."""
    mandate = given.mandate
    begins = [window(limit, mandate.valid_from, mandate.zone, one.at).begin for limit in mandate.limits]
    keys = [(mandate.mandate, number, begin) for number, begin in enumerate(begins)]
    lefts = [left for _, left in given.left(one.at)]
    if one.amount > mandate.per_payment or any(
        one.amount > left - planned.get(key, 0) for key, left in zip(keys, lefts, strict=True)
    ):
        return False
    for key in keys:
        planned[key] = planned.get(key, 0) + one.amount
    return True
