"""Money as text and as whole minor units: never a binary fraction. Pure."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from gateway.contract.payments import decimals_of
from gateway.errors import SenderError


class BadAmount(SenderError):  # noqa: N818 - says what is wrong
    """That is no amount of that currency."""


def in_minor_units(text: str, currency: str) -> int:
    """Return a decimal string in minor units of its currency. Raises ``BadAmount``."""
    try:
        amount, places = Decimal(text), decimals_of(currency)
    except (InvalidOperation, KeyError):
        raise BadAmount(f"{text!r} {currency} is no amount of money") from None
    if not amount.is_finite() or amount < 0:
        raise BadAmount(f"{text!r} is no amount of money")
    minor = amount.scaleb(places)
    if minor != int(minor):
        raise BadAmount(f"{text!r} has more decimal places than {currency} has: {places}")
    return int(minor)


def as_text(amount: int, currency: str) -> str:
    """Return minor units of a currency as a decimal string: 1240 in EUR is ``12.40``; of one that there is none of, as they are."""
    try:
        places = decimals_of(currency)
    except KeyError:
        return str(amount)
    return str(Decimal(amount).scaleb(-places)) if places else str(amount)


def said(amount: int, currency: str) -> str:
    """Return an amount with its currency, to be read."""
    return f"{as_text(amount, currency)} {currency}"
