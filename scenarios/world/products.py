"""What people hold with the house, and whether they agreed to be offered things: drawn by name, the same for all policies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from dispatch.core.offers.products import ProductKind
from dispatch.registers.customers import Customer
from dispatch.registers.products import ProductRecord
from scenarios.story.offers import Offers
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.world.homes import SIMULATED

SPREAD = 1.0
"""Sigma of what lies on accounts, log-normal [fit]."""
WEAK_RATES = ("0.1", "0.5", "1.0", "2.5")
"""That savings bear, as likely each [fit]."""


def with_wishes(customer: Customer, story: Story, streams: Streams) -> Customer:
    """Return a customer as they are registered, where the story has offers."""
    if story.offers is None:
        return customer
    wishes = wishes_of(customer.customer, story.offers, streams)
    return replace(customer, may_offers=wishes.agrees, vulnerable=wishes.vulnerable)


class OfferWishes(NamedTuple):
    """Whether somebody may be offered anything, in truth."""

    agrees: bool
    vulnerable: bool


def wishes_of(name: str, habits: Offers, streams: Streams) -> OfferWishes:
    """Return whether they agreed to offers, and are to be treated with particular care."""
    agrees, care = streams.uniforms("offers", name)
    return OfferWishes(agrees < habits.agrees, care < habits.vulnerable)


def products_of(name: str, habits: Offers, streams: Streams) -> Iterator[ProductRecord]:
    """Yield what a customer holds."""
    dice = streams.hashed("products", name)
    has, saves, rate = dice.random(3)
    current, savings = dice.lognormal(math.log(900), SPREAD), dice.lognormal(math.log(habits.savings), SPREAD)
    if has < habits.accounts:
        yield _account(name, "current_account", "", current)
    if has < habits.accounts and saves < 0.5:  # noqa: PLR2004 - half of them, as the story says
        yield _account(name, "savings_account", WEAK_RATES[int(rate * len(WEAK_RATES))], savings)


def _account(name: str, kind: ProductKind, rate: str, units: float) -> ProductRecord:
    return ProductRecord(
        name, f"{kind}-{name}", kind, SIMULATED, provider="bank", rate=rate, balance=int(units * 100),
        currency="EUR",
    )  # fmt: skip
