"""Telephone numbers as exchanges and people write them, and whether two mean the same line. Pure.

Numbers are registered in E.164. What is dialled within a country is not made into one here, which would need to know the
country: it is compared with the registered ones, of which it is the end.
"""

from __future__ import annotations

import re
from unicodedata import decimal

_SCHEME = re.compile(r"^(tel|sips?):", re.IGNORECASE)
_BEHIND = re.compile(r"[;,@?].*$|(?i:\s*(ext|x)\.?\s*\d+)$", re.DOTALL)
"""A host, an extension, parameters of an address."""
_TRUNK = re.compile(r"\(0\)")
_BEGINS_ABROAD = re.compile(r"[^0-9]*\+")
_ABROAD = re.compile(r"^(00|011)(?=[1-9])")
"""What is dialled before the number of another country: ITU's prefix, and North America's."""
_NO_DIGIT = re.compile(r"[^0-9]")
_NUMBER = re.compile(r"[0-9+().\-/\s\u2010-\u2015\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]*")
"""How people write one, also copied from a page that turns the direction of the text."""
NATIONAL = 7
"""Digits from which on the end of a number is a number."""


def dialled(text: str) -> str:
    """Return ``+`` and the digits of a number written with its country; the digits alone, as they are, where it has none.

    Empty where there is anything else in it: of a name, an address or a code no number is made.
    """
    number = _BEHIND.sub("", _TRUNK.sub("", _SCHEME.sub("", _with_our_digits(text.strip()))))
    if not _NUMBER.fullmatch(number):
        return ""
    digits = _NO_DIGIT.sub("", number)
    if _BEGINS_ABROAD.match(number):
        return f"+{digits}"
    abroad = _ABROAD.sub("+", digits)
    return abroad if abroad.startswith("+") else digits


def _with_our_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9: a number in Persian ones is the same number."""
    return text if text.isascii() else "".join(str(decimal(char)) if char.isdecimal() else char for char in text)


def means(registered: str, number: str) -> bool:
    """Tell whether a ``dialled`` number is that of a registered one, in E.164."""
    if number.startswith("+"):
        return registered == number
    national = number.removeprefix("0")
    return len(national) >= NATIONAL and registered.endswith(national)
