"""What will be due, and what of it may fail before it fails: from what devices paid, what is there, and what is agreed. Pure.

What is under way is due, too: an order that came with a day, which is set aside already, and a collection from the customer's bank,
which fills the purse. What a customer lets us collect fills it as far as that mandate reaches, and no further.

The rule [fit]: the same device paid the same payee for the same at least three times, and no gap between two of them is further
than a quarter from the median gap; or twice the same sum, 27 to 32 days apart, as subscriptions are. It is due a median gap after
the last time, by the median sum; who has missed that by a quarter of a gap is expected no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
COLLECTED_S = 2 * DAY_S
"""A direct debit is announced to the bank so long before, and in the purse then."""
WARNED_S = 3 * DAY_S
"""So long before it is due somebody is told what may fail: a transfer to their purse takes a banking day [fit]; of what comes
oftener, half of its gap."""
Planned = dict[tuple[str, int, float], int]
"""Mandate, number of the limit, begin of the period → what is planned of it, minor units."""


class Paid(NamedTuple):
    """A payment that was made. ``at``: POSIX seconds; ``amount``: minor units."""

    device: str
    payee: str
    category: Category
    currency: str
    amount: int
    at: float


Source = Literal["habit", "order", "collection"]
"""It is paid again and again; the house ordered it, and the money is set aside; it is being collected from the customer's bank."""


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
    """0: it comes once."""
    source: Source = "habit"


@dataclass(frozen=True, slots=True)
class Due:
    """What will be due, and whether it may fail."""

    expected: ExpectedPayment
    fails: Literal["", "purse", "limit", "mandate"]
    """``purse``: there will not be enough; ``limit``: more than is agreed; ``mandate``: none holds by then."""
    short: int = 0
    """What is missing in the purse, minor units."""


def of_what(one: Paid | ExpectedPayment) -> tuple[str, str, Category, str]:
    """Return what payments of one kind have in common: device, payee, purpose, currency."""
    return one.device, one.payee, one.category, one.currency


def expected(paid: Iterable[Paid], now: float, until: float) -> list[ExpectedPayment]:
    """Return what will be due by ``until``, the first first: each regular payment as often as it comes."""
    kinds: dict[tuple[str, str, Category, str], list[Paid]] = {}
    for one in paid:
        kinds.setdefault(of_what(one), []).append(one)
    found = [due for mine in kinds.values() for due in _due(sorted(mine, key=lambda one: one.at), now, until)]
    return sorted(found, key=lambda one: (one.at, one.device, one.payee))


def following(mine: Sequence[Paid]) -> ExpectedPayment | None:
    """Return what is due next of payments of one kind, which stand in the order of time; ``None``: they are not regular."""
    gap = _gap([after.at - before.at for before, after in pairwise(mine)], {one.amount for one in mine})
    if gap is None:
        return None
    last, amount = mine[-1], round(median(one.amount for one in mine))
    return ExpectedPayment(*of_what(last), amount, last.at + gap, gap)


def _due(mine: list[Paid], now: float, until: float) -> Iterator[ExpectedPayment]:
    first = following(mine)
    if first is None or first.at + STRAYS * first.every_s < now:
        return
    at = max(first.at, now)
    while at <= until:
        yield first._replace(at=at)
        at += first.every_s


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

    ``balances``: of each currency what can be spent.
    """
    outlook = _Outlook([*given], dict(balances), {})
    return [outlook.judged(one) for one in coming]


class _Outlook(NamedTuple):
    """What is agreed, what is left of it, and what was planned of each period, as one payment after the other is due."""

    mandates: list[Given]
    left: dict[str, int]
    planned: Planned

    def judged(self, one: ExpectedPayment) -> Due:
        if one.source != "habit":
            self.left[one.currency] = self.left.get(one.currency, 0) + (one.amount if one.source == "collection" else 0)
            return Due(one, "")
        fitting = [given for given in self.mandates if _fits(given, one)]
        if not fitting:
            return Due(one, "mandate")
        if not any(_within(given, one, self.planned) for given in fitting):
            return Due(one, "limit")
        self._top_up(one)
        has = self.left.get(one.currency, 0)
        if has < one.amount:
            return Due(one, "purse", one.amount - has)
        self.left[one.currency] = has - one.amount
        return Due(one, "")

    def _top_up(self, one: ExpectedPayment) -> None:
        """Collect as much as the payment needs and the mandate for it lets us."""
        for given in self.mandates:
            rule = given.mandate
            if (rule.category, rule.currency) != ("top_up", one.currency) or not given.holds(one.at):
                continue
            collected = one._replace(amount=rule.per_payment)
            while self.left.get(one.currency, 0) < one.amount and _within(given, collected, self.planned):
                self.left[one.currency] = self.left.get(one.currency, 0) + rule.per_payment


def _fits(given: Given, one: ExpectedPayment) -> bool:
    mandate = given.mandate
    same = (mandate.device, mandate.category, mandate.currency) == (one.device, one.category, one.currency)
    return same and given.holds(one.at) and mandate.lets(one.payee)


def _within(given: Given, one: ExpectedPayment, planned: Planned) -> bool:
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
