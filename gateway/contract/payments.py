"""Payments in the words of ISO 20022 and ISO 8583: amounts, ISO 4217 currencies, reasons, IBANs, BICs."""

from __future__ import annotations

import string
from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway.errors import SenderError


class IsoReasonError(SenderError, ValueError):
    """A value is no part of a payment. Raised within a model, where pydantic makes a complaint of it."""

    def __init__(self, reason: str, says: str) -> None:
        """``reason``: ISO 20022 status reason."""
        super().__init__(says)
        self.reason = reason


REQUEST_LASTS_S = 86_400
"""A request to pay that was made longer ago pays nothing: whoever stood there has paid otherwise. Far less than payments are
remembered, so that none is replayed once it is forgotten."""
Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,5})?$")]
"""A decimal string, never a binary fraction."""


@cache
def _decimals() -> dict[str, int]:
    """Return of each ISO 4217 currency that money is kept in (not of metals, funds' units and test codes) its decimal places."""
    import iso4217  # noqa: PLC0415 - it reads a whole list as XML: for who names a currency

    return {str(money.code): money.exponent for money in iso4217.Currency if money.exponent is not None}


def _currency(code: str) -> str:
    if code not in _decimals():
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
    "AB01": "timeout in clearing",
    "AB02": "fatal error in clearing",
    "AB03": "timeout in settlement",
    "AB04": "fatal error in settlement",
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
    "AC08": "branch code wrong or missing",
    "AC09": "currency of the account wrong or missing",
    "AC10": "currency of the payer's account wrong or missing",
    "AC11": "currency of the payee's account wrong or missing",
    "AC12": "kind of account wrong or missing",
    "AC13": "kind of the payer's account wrong or missing",
    "AC14": "kind of the payee's account wrong or missing",
    "AC15": "the other side's account has changed",
    "AC16": "card number wrong",
    "AG01": "not allowed on this kind of account",
    "AG02": "operation code not valid for the receiver",
    "AG03": "kind of transaction not allowed on this account",
    "AG07": "payer's account cannot be debited, no reason given",
    "AG08": "user or access right wrong or missing",
    "AG10": "a bank is suspended from real-time payments",
    "AG11": "the payee's bank is suspended from real-time payments",
    "AG12": "transfer within one bank not allowed",
    "AG13": "return of a return not allowed",
    "AGNT": "a bank on the way is wrong",
    "ALAC": "request to pay already accepted",
    "AM01": "amount is zero",
    "AM02": "amount above what is allowed",
    "AM03": "currency cannot be processed under the agreement",
    "AM04": "not enough on the account",
    "AM05": "the same payment twice",
    "AM06": "amount below the agreed minimum",
    "AM07": "amount blocked by an authority",
    "AM09": "amount not as agreed",
    "AM10": "sum differs from the control sum",
    "AM11": "currency wrong or missing",
    "AM12": "amount wrong or missing",
    "AM13": "amount above the clearing system's limit",
    "AM14": "amount above what was agreed",
    "AM15": "amount below the clearing system's minimum",
    "AM16": "control sum of the group wrong",
    "AM17": "control sum of the payment block wrong",
    "AM18": "number of transactions wrong or missing",
    "AM19": "number of transactions of the group wrong or missing",
    "AM20": "number of transactions of the payment block wrong",
    "AM21": "amount above the limit agreed with the bank",
    "AM22": "zero amount cannot be booked on this account",
    "AM23": "amount above the settlement limit",
    "APAR": "request to pay already paid",
    "ARFR": "request to pay already refused by the payer",
    "ARJR": "request to pay already rejected",
    "BE01": "name does not belong to the account",
    "BE04": "payee's address missing or wrong",
    "BE05": "payer does not know who asks for the money",
    "BE06": "account holder not known at that bank",
    "BE07": "payer's address missing or wrong",
    "BE08": "payer's name missing",
    "BE19": "code for who bears the charges wrong",
    "BE20": "name too long",
    "BE21": "name wrong or missing",
    "BE22": "payee's name missing",
    "BE23": "phone number or alias that stands for an account unknown",
    "CH03": "date asked for too far ahead",
    "CH04": "date asked for too far back",
    "CH07": "an element stands at the wrong level",
    "CH10": "details of a changed mandate missing",
    "CH11": "creditor identifier wrong",
    "CH15": "remittance information too long",
    "CH16": "content wrong",
    "CH17": "an element is not allowed",
    "CH19": "moved to the next bank day",
    "CH20": "too many decimal places for the currency",
    "CH21": "a required element is missing",
    "CH22": "two direct debit schemes in one message",
    "CN01": "authorisation cancelled",
    "CNOR": "payee's bank not registered with the clearing system",
    "CURR": "currency of the payment wrong",
    "CUST": "cancelled by the payer",
    "DNOR": "payer's bank not registered with the clearing system",
    "DS02": "cancelled by somebody entitled to",
    "DS04": "order rejected by the bank for its content",
    "DS08": "file could not be unpacked",
    "DS09": "file could not be decrypted",
    "DS0A": "signature missing",
    "DS0B": "signature missing or of a wrong form",
    "DS0H": "signer may not sign for this account",
    "DS15": "the same signature came before",
    "DS18": "signature could not be checked",
    "DS19": "signer's rights not enough",
    "DS24": "order lapsed while it waited to be completed",
    "DT01": "date wrong or missing",
    "DT02": "date of the message wrong",
    "DT03": "no bank day",
    "DT04": "date ahead not taken",
    "DT05": "after the cut-off date",
    "DT06": "execution date moved by the bank",
    "DU01": "message identifier used before",
    "DU02": "payment block identifier used before",
    "DU03": "the same transaction came before",
    "DU04": "end-to-end identifier used before",
    "DU05": "instruction identifier used before",
    "DUPL": "the same payment or charge twice",
    "ED03": "details for the balance of payments missing",
    "ED05": "settlement failed",
    "ED06": "settlement system between banks not available",
    "EDNA": "execution date not accepted",
    "EOL1": "authorisation lapsed for want of use",
    "FF01": "file format wrong",
    "FF02": "message cannot be parsed",
    "FF03": "payment type wrong or missing",
    "FF04": "service level wrong or missing",
    "FF05": "local instrument wrong or missing",
    "FF06": "category purpose wrong or missing",
    "FF07": "purpose wrong or missing",
    "FF08": "end-to-end identifier wrong or missing",
    "FF10": "technical trouble at the bank",
    "FR01": "returned because of fraud",
    "FRAD": "fraud reported",
    "INDT": "details not valid for this field",
    "MD01": "no mandate",
    "MD02": "mandate incomplete",
    "MD05": "should not have been collected",
    "MD06": "payer asked for the money back",
    "MD07": "payer has died",
    "MINF": "required details missing",
    "MS02": "refused by the payer, no reason given",
    "MS03": "refused by the bank, no reason given",
    "NARR": "reason given as text elsewhere",
    "NOAS": "no answer from the payee",
    "NOCM": "account not in order with regulation",
    "RC01": "bank code wrong",
    "RC02": "bank code wrong or missing",
    "RC03": "code of the payer's bank wrong or missing",
    "RC04": "code of the payee's bank wrong or missing",
    "RC05": "BIC wrong or missing",
    "RC06": "BIC of the payer's bank wrong or missing",
    "RC07": "BIC of the payee's bank wrong or missing",
    "RC08": "clearing code of a bank wrong or missing",
    "RC09": "clearing code of the payer's bank wrong or missing",
    "RC10": "clearing code of the payee's bank wrong or missing",
    "RC11": "bank in between wrong or missing",
    "RC12": "creditor scheme identifier wrong or missing",
    "RF01": "transaction reference used before",
    "RQNR": "payer does not recognise the request",
    "RR01": "regulation: payer's account or identification missing",
    "RR02": "regulation: payer's name or address missing",
    "RR03": "regulation: payee's name or address missing",
    "RR04": "regulation",
    "RR05": "regulation: report to the central bank missing or wrong",
    "RR06": "tax details missing or wrong",
    "RR07": "remittance information not as the rules want it",
    "RR08": "remittance information cut short",
    "RR09": "structured reference wrong or missing",
    "RR10": "characters not allowed for this country or payment",
    "RR11": "identification of the bank's service wrong or missing",
    "RR12": "identification that the country asks for wrong or missing",
    "SL01": "a service of the payer's bank stopped it",
    "SL11": "payee is not on the payer's list of allowed ones",
    "SL12": "payee is on the payer's list of blocked ones",
    "SL13": "payer's limit on the number of direct debits reached",
    "SL14": "payer's limit on the amount of direct debits reached",
    "SL15": "limit on the number of credits reached",
    "SL16": "limit on the sum of credits reached",
    "SL17": "payer is not on the list of allowed ones",
    "SL18": "payer is on the list of blocked ones",
    "TA01": "transmission aborted",
    "TD01": "nothing to fetch",
    "TD02": "file cannot be read",
    "TD03": "file incomplete or of a wrong form",
    "TK01": "token not valid",
    "TK02": "payer's token does not exist",
    "TK03": "payee's token does not exist",
    "TK09": "token missing",
    "TKCM": "token belongs to somebody else",
    "TKSG": "one-time token already used",
    "TKSP": "token suspended",
    "TKVE": "amount above the token's limit",
    "TKXP": "token expired",
    "TM01": "after the cut-off time",
    "UCRD": "payee unknown",
    "UPAY": "payer says the payment is not justified",
}
"""The reasons that diagnosis knows, in our words."""

RESPONSES: dict[str, str] = {
    "01": "ask the card's bank",
    "03": "merchant not valid",
    "04": "keep the card",
    "05": "not honoured, no reason given",
    "06": "error",
    "07": "keep the card, special condition",
    "12": "transaction not valid",
    "13": "amount not valid",
    "14": "no such card number",
    "15": "no such card bank",
    "17": "cancelled by the customer",
    "19": "enter it again",
    "30": "message of a wrong form",
    "41": "card lost",
    "43": "card stolen",
    "46": "account closed",
    "51": "not enough on the account",
    "54": "card expired",
    "55": "PIN wrong",
    "57": "not permitted to this cardholder",
    "58": "not permitted at this terminal",
    "59": "fraud suspected",
    "61": "amount above the card's limit",
    "62": "card restricted",
    "63": "security violation",
    "64": "against the rules on money laundering",
    "65": "used too often, or the holder must be authenticated",
    "68": "answer came too late",
    "75": "PIN wrong too often",
    "78": "card or account blocked",
    "91": "card's bank cannot be reached",
    "92": "no way to the card's bank",
    "93": "against the law",
    "94": "the same transmission twice",
    "96": "system malfunction",
    "1A": "the holder must be authenticated",
    "R0": "holder stopped this payment",
    "R1": "holder stopped all payments to this payee",
}
"""Answers of a card's bank that diagnosis knows, in our words (ISO 8583 field 39 as the card networks use it)."""

ProcessorResponse = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Z]{2}$"),
    Field(description="ISO 8583:1987 field 39, two characters. Networks add their own: unknown codes are taken."),
]
Bic = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$")]
Authentication = Annotated[
    Literal["Y", "A", "N", "U", "C", "D", "R", "I"],
    Field(
        description="EMV 3-D Secure transStatus, the last there was: Y authenticated, A attempted, N not, R rejected."
    ),
]
PayeeVerification = Annotated[
    Literal["MTCH", "CMTC", "NMTC", "NOAP"],
    Field(description="Verification of payee (EPC): match, close match, no match, not possible."),
]

Iban = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"),
    Field(description="ISO 13616 account number without spaces. A wrong check digit is taken: it may be the fault."),
]


_AS_NUMBERS = str.maketrans({letter: str(int(letter, 36)) for letter in string.ascii_uppercase})
"""Letters of an IBAN as its check digits count them: A is 10, Z is 35."""


def iban_holds(iban: str) -> bool:
    """Tell whether the check digits of an IBAN are right (ISO 13616-1, ISO/IEC 7064 MOD 97-10)."""
    return int((iban[4:] + iban[:4]).translate(_AS_NUMBERS)) % 97 == 1


_BANK_CODE = {
    "AT": 5, "BE": 3, "BG": 4, "CH": 5, "CY": 3, "CZ": 4, "DE": 8, "DK": 4, "EE": 2, "ES": 4, "FI": 3, "FR": 5, "GB": 4,
    "GR": 3, "HR": 7, "HU": 3, "IE": 4, "IS": 4, "IT": 6, "LT": 5, "LU": 3, "LV": 4, "MT": 4, "NL": 4, "NO": 4, "PL": 8,
    "PT": 4, "RO": 4, "SE": 3, "SI": 5, "SK": 4, "UA": 6,
}  # fmt: skip
"""Of a country's IBANs: how many characters after the check digits name the bank (IBAN registry, ISO 13616-2)."""


def bank_of(iban: str) -> str:
    """Return what names the bank within an IBAN: its country and its national bank code, four characters where unknown."""
    return iban[:2] + iban[4 : 4 + _BANK_CODE.get(iban[:2], 4)]


def decimals_of(currency: str) -> int:
    """Return how many decimal places an amount of this currency may have (ISO 4217)."""
    return _decimals()[currency]


def minor_units(amount: str, currency: str) -> int:
    """Return an ``Amount`` in whole minor units of its currency: 12.4 in EUR is 1240."""
    whole, _, part = amount.partition(".")
    return int(whole + part.ljust(decimals_of(currency), "0"))
