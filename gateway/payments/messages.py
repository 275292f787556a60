"""What any device sends of payments: one it attempted (ISO 20022 pain.002), one it asks for. The published v1 contract."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from gateway.contract.canonical import canonical
from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Messages
from gateway.contract.payments import (
    REASONS,
    Amount,
    Authentication,
    Bic,
    Currency,
    Iban,
    IsoReasonError,
    PayeeVerification,
    ProcessorResponse,
    ReasonCode,
    decimals_of,
    iban_holds,
)
from gateway.contract.values import Strict, Text


class PaymentAttempt(Strict):
    """One attempt to pay, in the words of ISO 20022 pain.002. Never a card number."""

    end_to_end_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._/-]{1,35}$")]
    """The same for every attempt at one payment."""
    status: Literal["ACSC", "PDNG", "RJCT"]
    """Settled, pending or rejected."""
    reason: ReasonCode | None = None
    """Why it was rejected."""
    amount: Amount
    currency: Currency
    processor: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    """Who carries the payment; an outage is told by many customers of one processor."""
    creditor_account: Iban | None = None
    """Whom it was to reach."""
    debtor_agent: Bic | None = None
    """The payer's bank: its BIC (ISO 9362). An outage of one bank is told by its customers."""
    instrument: Literal["account", "card", "wallet"] | None = None
    """What was paid with."""
    instrument_expires: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = None
    """The last month in which the card is valid, ``2027-03``."""
    method: Literal["TRF", "DD"] | None = None
    """From an account: pushed by the payer, or drawn by the payee under a mandate (ISO 20022 PaymentMethod)."""
    rejected_by: Bic | None = None
    """The bank that said no (pain.002 StsRsnInf/Orgtr): AC04 from the payer's bank and from the payee's differ."""
    processor_response: ProcessorResponse | None = None
    """What the card's bank answered, where it was paid by card."""
    three_d_secure: Authentication | None = None
    """How the card's holder was authenticated, where it was paid by card."""
    payee_verification: PayeeVerification | None = None
    """Whether the payee's name fits the account, as the payee's bank said before the transfer."""

    @model_validator(mode="after")
    def _has_the_decimals_of_its_currency(self) -> PaymentAttempt:
        places = decimals_of(self.currency)
        if len(self.amount.partition(".")[2]) > places:
            message = f"amount: {self.currency} has {places} decimal places (ISO 4217)"
            raise ValueError(message)
        return self

    @property
    def reason_meaning(self) -> str | None:
        """The reason in our words; ``None`` for one that we do not know, or none."""
        return REASONS.get(self.reason or "")

    @property
    def creditor_account_holds(self) -> bool | None:
        """Whether the check digits of the account's IBAN are right; ``None``: no account was told."""
        return iban_holds(self.creditor_account) if self.creditor_account else None


PayFor = Literal["charging", "parking", "toll", "tow", "groceries", "media", "energy", "water", "subscription", "other"]
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def _creditor(text: str) -> str:
    if _IBAN.fullmatch(text) and not iban_holds(text):
        raise IsoReasonError("AC03", "its check digits are wrong, if that is an IBAN")
    return text


def _created(text: str) -> str:
    datetime.fromisoformat(text)
    return text


class SignedAsk(Strict):
    """What a device asks the house about a payment, signed by its own key."""

    end_to_end_id: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", min_length=1, max_length=35)
    ]
    """The device's own name for this payment, never used for another: it pays once, however often it is asked for."""
    created: Annotated[
        str,
        StringConstraints(
            pattern=r"^(19[7-9]|2[01][0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
            r"(Z|[+-][0-9]{2}:[0-9]{2})$"
        ),
        AfterValidator(_created),
        Field(json_schema_extra={"format": "date-time"}),
    ]
    """When the device asked first, RFC 3339: the same whenever it asks again. It is good for 24 hours."""
    currency: Currency
    amount: Amount
    """A decimal string with at most the decimals of its currency (ISO 4217): `3.50` in EUR, `400` in JPY."""
    signature: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{85}[AQgw]$")] | None = None
    """Ed25519 (RFC 8032) by the key registered as the device's `payment_key`, base64url without padding: over `data` without
    `signature`, as canonical JSON (RFC 8785). Required of a device that has such a key."""

    @field_validator("amount")
    @classmethod
    def _has_the_decimals(cls, amount: str, known: ValidationInfo) -> str:
        currency = known.data.get("currency")
        if currency is not None and len(amount.partition(".")[2]) > (places := decimals_of(currency)):
            raise IsoReasonError("CH20", f"{currency} has {places} decimal places (ISO 4217)")
        return amount

    @property
    def created_at(self) -> float:
        """When the device asked first, POSIX seconds by its clock."""
        return datetime.fromisoformat(self.created).timestamp()

    @property
    def signed(self) -> bytes:
        """The bytes that are signed: all members that are told, but for the signature."""
        return canonical(self.model_dump(exclude={"signature"}, exclude_none=True))


class PaymentRequest(SignedAsk):
    """A device asks the house to pay, and is told by `callahead.payment.status.v1`.

    Asked again under one `end_to_end_id`, it is one payment. All members are texts, and nothing of a card is among them.
    """

    creditor: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"), AfterValidator(_creditor)]
    """Who is paid: an IBAN, or the id under which the house knows a partner."""
    creditor_name: Annotated[Text, Field(min_length=1, max_length=70)] | None = None
    """Who that is, in words."""
    category: PayFor
    """What is paid for."""
    words: Annotated[Text, Field(min_length=1, max_length=140)]
    """What for, as the customer will read it."""
    mandate: Annotated[Text, Field(min_length=1, max_length=300)] | None = None
    """By which of the customer's mandates; left out, by the one that fits."""
    amount_is: Literal["maximum"] | None = None
    """`maximum`: no more than that is set aside, and what is paid of it is told by `callahead.payment.capture.v1`, as charging and
    parking end. Left out: that amount is paid."""


class PaymentCapture(SignedAsk):
    """What is paid of an amount that was set aside at most (`amount_is: maximum`): no more than that, once; the rest is free again.

    Told again with the same content it is one capture. `0`: nothing was used, and nothing is paid. Who tells nothing within
    seven days is paid nothing: all of it is free again.
    """


class PaymentRequestEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.payment.request.v1"] = "callahead.payment.request.v1"
    data: PaymentRequest


class PaymentCaptureEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.payment.capture.v1"] = "callahead.payment.capture.v1"
    data: PaymentCapture


class PaymentAttemptEvent(DeviceEvent):  # noqa: D101
    type: Literal["callahead.payment.attempt.v1"] = "callahead.payment.attempt.v1"
    data: PaymentAttempt


MESSAGES = Messages(
    events=(
        EventType(PaymentAttemptEvent, "volta/phone-1", "12-40", "2026-01-12T12:31:09+02:00", {
            "end_to_end_id": "INV-2026-00017",
            "status": "RJCT",
            "reason": "AM04",
            "amount": "129.90",
            "currency": "EUR",
            "processor": "baltpay",
            "creditor_account": "LV80BANK0000435195001",
            "debtor_agent": "BANKLV22",
            "instrument": "account",
            "method": "TRF",
            "rejected_by": "BANKLV22",
        }),
        EventType(PaymentRequestEvent, "volta/car-1", "7-1191", "2026-01-12T07:40:02+01:00", {
            "end_to_end_id": "7-1191",
            "created": "2026-01-12T07:40:02+01:00",
            "currency": "EUR",
            "amount": "12.40",
            "creditor": "LV80BANK0000435195001",
            "creditor_name": "Rīgas uzlāde",
            "category": "charging",
            "words": "31 kWh at post 4",
            "signature": "_36ZtpR72kVVgzoLp_2HBInyss5SFXKzNanXPVScQEkRlABkFJWAAbZeZ2utj2tUE178aHRfcFetAW8rltLADw",
        }, of_customer=True, whole=True, reasons={
            "end_to_end_id": "FF08",
            "created": "DT01",
            "currency": "AM11",
            "amount": "AM12",
            "creditor": "AC03",
            "creditor_name": "BE21",
            "category": "FF06",
            "words": "CH15",
            "mandate": "MD02",
            "signature": "DS0B",
            "": "CH16",
        }),
        EventType(PaymentCaptureEvent, "volta/car-1", "7-1207", "2026-01-12T08:21:40+01:00", {
            "end_to_end_id": "7-1191",
            "created": "2026-01-12T08:21:40+01:00",
            "currency": "EUR",
            "amount": "9.85",
            "signature": "QHIe53o-xCZjuGQZPHoPJNi6tS3KfrJ4GBJrXOwv3xQwYQLYXFh5h4CG-KomWDJ6TOKUcPPmhXnrCJFYH18gBw",
        }, of_customer=True, whole=True, reasons={
            "end_to_end_id": "FF08",
            "created": "DT01",
            "currency": "AM11",
            "amount": "AM12",
            "signature": "DS0B",
            "": "CH16",
        }),
    ),
    expected={
        "amount": "a decimal string such as '12.50'",
        "currency": "an ISO 4217 code such as 'EUR'",
        "reason": "a status reason code of ISO 20022, four capitals or digits, such as 'AM04'",
        "creditor_account": "an IBAN in capitals without spaces",
        "creditor": "an IBAN in capitals without spaces, or a partner's id",
        "created": "RFC 3339 with an offset, such as '2026-01-12T06:00:00Z', from 1970 to 2199",
        "signature": "64 bytes in base64url without padding, 86 characters",
    },
)  # fmt: skip
