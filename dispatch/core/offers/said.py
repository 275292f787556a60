"""What is said of an offer, in a language. Pure."""

from __future__ import annotations

from typing import Protocol

from dispatch.core.purse.money import as_text
from dispatch.words import say
from dispatch.words.amounts import amount_in, number_in


class Offered(Protocol):
    """What an offer is and brings."""

    @property
    def offer(self) -> str: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def rate_held(self) -> str: ...  # noqa: D102
    @property
    def rate(self) -> str: ...  # noqa: D102
    @property
    def price(self) -> int: ...  # noqa: D102
    @property
    def gain(self) -> int: ...  # noqa: D102


def sentence(one: Offered, language: str) -> str:
    """Return the sentence in which it is offered."""
    return _said(f"offer_{one.offer}", one, language)


def terms(one: Offered, language: str) -> str:
    """Return its terms, as they are written to who took it."""
    return _said(f"offer_terms_{one.offer}", one, language)


def _said(key: str, one: Offered, language: str) -> str:
    def amount(minor: int) -> str:
        return amount_in(as_text(minor, one.currency), one.currency, language)

    rates = {"rate_held": number_in(one.rate_held or "0", language), "rate": number_in(one.rate or "0", language)}
    return say(key, language, **rates, price=amount(one.price), gain=amount(one.gain))
