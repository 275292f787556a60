"""Numbers of bank accounts (ISO 13616): written in any way, kept in one, and refused where a digit is wrong. Pure."""

from __future__ import annotations

import re

from gateway.errors import SenderError

_SEPA = (
    "AD24 AL28 AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GI23 GR27 HR21 HU28 IE22 IS26 IT27 LI21 "
    "LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 NL18 NO15 PL28 PT25 RO24 RS22 SE24 SI19 SK24 SM27 VA22"
)
LENGTHS = {one[:2]: int(one[2:]) for one in _SEPA.split()}
"""Country → characters, of the countries that SEPA reaches."""
LONGEST = 34
_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{1,30}")
_BLANKS = str.maketrans("", "", " \t\u00a0-")


class BadIban(SenderError, ValueError):  # noqa: N818 - says what is wrong
    """That is no number of an account which SEPA reaches; the message says why, and never the number itself."""


def iban_of(text: str) -> str:
    """Return an IBAN as it is kept: capitals, without blanks. Raises ``BadIban``."""
    found = text.translate(_BLANKS).upper() if len(text) <= LONGEST * 2 else ""
    if _SHAPE.fullmatch(found) is None or not found.isascii():
        raise BadIban("is no IBAN: two letters, two digits, and letters and digits")
    if LENGTHS.get(found[:2]) is None:
        raise BadIban(f"{found[:2]} is no country that SEPA reaches")
    if len(found) != LENGTHS[found[:2]]:
        raise BadIban(f"an IBAN of {found[:2]} has {LENGTHS[found[:2]]} characters, not {len(found)}")
    if _rest(found) != 1:
        raise BadIban("the check digits of the IBAN are wrong")
    return found


def is_iban(text: str) -> bool:
    """Tell whether a text is an IBAN."""
    try:
        iban_of(text)
    except BadIban:
        return False
    return True


def with_check_digits(country: str, account: str) -> str:
    """Return the IBAN of a country's account: for accounts that nobody has."""
    return f"{country}{98 - _rest(f'{country}00{account}'):02d}{account}"


def _rest(iban: str) -> int:
    """Return what is left when the number is divided by 97, as ISO 7064 has it."""
    return int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97
