"""Money as text and as whole minor units: never a binary fraction. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from gateway.contract.payments import decimals_of
from gateway.errors import SenderError

_DECIMAL = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
"""As XML and JSON have it: no sign, no exponent, no blanks, no digits of another script; sums that fit in 64 bits, nearly."""


class BadAmount(SenderError):  # noqa: N818 - says what is wrong
    """That is no amount of that currency."""


def in_minor_units(text: str, currency: str) -> int:
    """Return a decimal string in minor units of its currency. Raises ``BadAmount``."""
    if _DECIMAL.fullmatch(text) is None:
        raise BadAmount(f"{text[:40]!r} is no amount of money")
    try:
        places = decimals_of(currency)
    except KeyError:
        raise BadAmount(f"{text!r} {currency} is no amount of money") from None
    minor = Decimal(text).scaleb(places)
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
