"""Payments in the words of ISO 20022: amounts, ISO 4217 currencies, status reason codes, IBANs."""

from __future__ import annotations

from typing import Annotated

import iso4217
from pydantic import AfterValidator, Field, StringConstraints

Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9]\d{0,12})(\.\d{1,5})?$")]
"""A decimal string, never a binary fraction."""

_DECIMALS: dict[str, int] = {
    str(money.code): money.exponent for money in iso4217.Currency if money.exponent is not None
}
"""Of each ISO 4217 currency that money is kept in (not of metals, funds' units and test codes): its decimal places."""


def _currency(code: str) -> str:
    if code not in _DECIMALS:
        message = "is no currency of ISO 4217"
        raise ValueError(message)
    return code


Currency = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{3}$"),
    AfterValidator(_currency),
    Field(description="ISO 4217 alphabetic code of a currency in use."),
]

ReasonCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z0-9]{4}$"),
    Field(description="ISO 20022 ExternalStatusReason1Code. The list is external and grows: unknown codes are taken."),
]

REASONS: dict[str, str] = {
    "AB05": "timeout at the payee's bank",
    "AB06": "timeout at a bank on the way",
    "AB07": "a bank on the way is not online",
    "AB08": "the payee's bank is not online",
    "AB09": "error at the payee's bank",
    "AB10": "error at a bank on the way",
    "AB11": "timeout at the payer's bank",
    "AC01": "account number wrong or missing",
    "AC02": "payer's account number wrong or missing",
    "AC03": "payee's account number wrong or missing",
    "AC04": "account closed",
    "AC05": "payer's account closed",
    "AC06": "account blocked",
    "AC07": "payee's account closed",
    "AC16": "card number wrong",
    "AG01": "not allowed on this kind of account",
    "AM02": "amount above what is allowed",
    "AM04": "not enough on the account",
    "AM05": "the same payment twice",
    "AM14": "amount above what was agreed",
    "DS02": "cancelled by somebody entitled to",
    "DT01": "date wrong or missing",
    "ED05": "settlement failed",
    "FF01": "file format wrong",
    "MD01": "no mandate",
    "MD02": "mandate incomplete",
    "MD07": "payer has died",
    "MS02": "refused by the payer, no reason given",
    "MS03": "refused by the bank, no reason given",
    "NARR": "reason given as text elsewhere",
    "RC01": "bank code wrong",
    "RR04": "regulation",
    "TM01": "after the cut-off time",
}
"""The reasons that diagnosis knows, in our words."""

Iban = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$"),
    Field(description="ISO 13616 account number without spaces. A wrong check digit is taken: it may be the fault."),
]


def iban_holds(iban: str) -> bool:
    """Tell whether the check digits of an IBAN are right (ISO 13616-1, ISO/IEC 7064 MOD 97-10)."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def decimals_of(currency: str) -> int:
    """Return how many decimal places an amount of this currency may have (ISO 4217)."""
    return _DECIMALS[currency]
