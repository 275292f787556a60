"""Money as text and as whole minor units: never a binary fraction. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from gateway.contract.payments import decimals_of
from gateway.errors import SenderError

LONGEST, DIGITS = 32, 18
"""Of an amount as text: characters, and digits in minor units, as many as ISO 20022 has room for."""
_PLAIN = re.compile(r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
"""As XML Schema writes a decimal that is not negative: without exponents, underscores and other scripts' digits."""


class BadAmount(SenderError):  # noqa: N818 - says what is wrong
    """That is no amount of that currency."""


def in_minor_units(text: str, currency: str) -> int:
    """Return a decimal string in minor units of its currency. Raises ``BadAmount``."""
    if len(text) > LONGEST or _PLAIN.fullmatch(text) is None:
        raise BadAmount(f"{text[:LONGEST]!r} is no amount of money: digits with a point, {LONGEST} characters at most")
    try:
        minor = Decimal(text).scaleb(decimals_of(currency))
    except KeyError:
        raise BadAmount(f"{text!r} {currency} is no amount of money") from None
    if minor.adjusted() >= DIGITS:
        raise BadAmount(f"{text!r} {currency} is more than there is room for: {DIGITS} digits (ISO 20022)")
    if minor != int(minor):
        raise BadAmount(f"{text!r} has more decimal places than {currency} has: {decimals_of(currency)}")
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
