"""What any device sends of a payment it attempted: ISO 20022 pain.002. The published v1 contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from gateway.contract.envelope import DeviceEvent
from gateway.contract.event_types import EventType, Messages
from gateway.contract.payments import (
    REASONS,
    Amount,
    Authentication,
    Bic,
    Currency,
    Iban,
    PayeeVerification,
    ProcessorResponse,
    ReasonCode,
    decimals_of,
    iban_holds,
)
from gateway.contract.values import Strict


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
    ),
    expected={
        "amount": "a decimal string such as '12.50'",
        "currency": "an ISO 4217 code such as 'EUR'",
        "reason": "a status reason code of ISO 20022, four capitals or digits, such as 'AM04'",
        "creditor_account": "an IBAN in capitals without spaces",
    },
)  # fmt: skip
