"""What a customer holds and owns, as far as an offer hangs on it, and what the house has to offer. Pure.

Sums are whole minor units; rates are decimal text, percent a year, and never a binary fraction.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal

from pydantic import Field

from gateway.finding import Domain

ProductKind = Literal["current_account", "savings_account", "card", "cover", "check", "warranty"]
Segment = Literal["saver", "payer", "owner"]
"""``saver``: has so much on accounts that another rate shows; ``payer``: an account, and less; ``owner``: no account of ours."""
SAVES_FROM = 1_000_00
"""Minor units on one's accounts, from which on somebody is a saver [fit]."""
Empty = Field(exclude_if=operator.not_)


@dataclass(frozen=True, slots=True)
class HeldProduct:
    """A product that a customer holds."""

    product: str
    """As the house knows it: an account, a policy."""
    kind: ProductKind
    rate: Annotated[str, Empty] = ""
    """Percent a year; empty: it bears none."""
    balance: Annotated[int, Empty] = 0
    """Minor units."""
    currency: Annotated[str, Empty] = ""
    device: Annotated[str, Empty] = ""
    """What it covers."""
    until: Annotated[float, Empty] = 0.0
    """POSIX seconds; 0: with no end."""

    def holds(self, now: float) -> bool:
        """Is it running at ``now``, POSIX seconds?"""
        return not self.until or self.until > now


@dataclass(frozen=True, slots=True)
class OwnedDevice:
    """A device of a customer's."""

    device: str
    domain: Domain
    built: Annotated[int, Empty] = 0
    """The year; 0: not known."""


@dataclass(frozen=True, slots=True)
class HouseOffer:
    """Something that the house has to offer: to whom it may be, whom it suits, and what it is worth to the house."""

    offer: str
    """Its name in the catalogue; what is said of it stands under ``offer_{name}``."""
    gives: ProductKind
    provider: str
    """Who carries it out, once somebody wants it."""
    value: int
    """Worth to the house where it is taken, minor units."""
    currency: str
    holds: tuple[ProductKind, ...] = ()
    """Eligible is who holds one of these; empty: whoever."""
    owns: Domain | None = None
    """Eligible is who owns something of this domain that is not covered so far."""
    older_than: int = 0
    """And that is so many years old."""
    rate: str = ""
    """Percent a year that it bears."""
    price: int = 0
    """A year, or once; minor units."""
    least_gain: int = 0
    """Suitable is what brings the customer so much a year, minor units."""
    least_balance: int = 0
    """Suitable for who has so much on their accounts, where any account of theirs is known; minor units."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """An offer that fits a customer."""

    offer: HouseOffer
    about: str = ""
    """The product that it betters, or the device that it is for."""
    rate_held: str = ""
    gain: int = 0
    """What it brings the customer a year, minor units."""


def gain_a_year(balance: int, rate_held: str, rate_offered: str) -> int:
    """Return what a sum bears more in a year at another rate, minor units, exactly, and never more than is true.

    ``balance``: minor units; rates: percent a year.
    """
    more = Decimal(rate_offered) - Decimal(rate_held or "0")
    return int((Decimal(balance) * more / 100).to_integral_value(ROUND_DOWN))


def segment_of(held: Sequence[HeldProduct]) -> Segment:
    """Return which customers are alike, as far as it is learned what they take."""
    accounts = [one for one in held if one.kind in {"current_account", "savings_account"}]
    if not accounts:
        return "owner"
    return "saver" if sum(one.balance for one in accounts) >= SAVES_FROM else "payer"


def fitting(
    catalogue: Sequence[HouseOffer], held: Sequence[HeldProduct], owns: Sequence[OwnedDevice], year: int
) -> list[Fitting]:
    """Return what of a catalogue a customer may have and what suits them, by name; ``held``: what runs, ``year``: this one."""
    found = (_fits(one, held, owns, year) for one in catalogue)
    return sorted((one for one in found if one is not None), key=lambda one: one.offer.offer)


def _fits(one: HouseOffer, held: Sequence[HeldProduct], owns: Sequence[OwnedDevice], year: int) -> Fitting | None:
    if one.holds and not any(product.kind in one.holds for product in held):
        return None
    if not _can_pay(one, held):
        return None
    if one.rate:
        return _betters(one, held)
    if one.owns is not None:
        return _covers(one, held, owns, year)
    return None if any(product.kind == one.gives for product in held) else Fitting(one)


def _can_pay(one: HouseOffer, held: Sequence[HeldProduct]) -> bool:
    balances = [product.balance for product in held if product.currency == one.currency]
    return not balances or sum(balances) >= one.least_balance


def _betters(one: HouseOffer, held: Sequence[HeldProduct]) -> Fitting | None:
    """Of the accounts that it would better the one by which most is gained."""
    found = [
        Fitting(one, product.product, product.rate or "0", gain_a_year(product.balance, product.rate, one.rate))
        for product in held
        if product.kind in one.holds and product.currency == one.currency
    ]
    best = max(found, key=lambda fits: fits.gain, default=None)
    return best if best is not None and best.gain >= max(1, one.least_gain) else None


def _covers(one: HouseOffer, held: Sequence[HeldProduct], owns: Sequence[OwnedDevice], year: int) -> Fitting | None:
    covered = {product.device for product in held if product.kind == one.gives}
    for device in owns:
        old = not one.older_than or (device.built and year - device.built >= one.older_than)
        if device.domain is one.owns and device.device not in covered and "" not in covered and old:
            return Fitting(one, device.device)
    return None
