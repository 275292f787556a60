"""A wallet, which any device can carry: it pays with one call, and its device tells what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from firmware_sim.device.device import Device
from gateway.payments.messages import PaymentAttempt, PaymentAttemptEvent

PaymentStatus = Literal["ACSC", "PDNG", "RJCT"]
Instrument = Literal["account", "card", "wallet"]


@dataclass(frozen=True, slots=True)
class Means:
    """What a payment was made with and where it went, as far as the device tells; ``None``: it does not."""

    creditor_account: str | None = None
    """IBAN as typed."""
    debtor_agent: str | None = None
    """BIC of the payer's bank."""
    instrument: Instrument | None = None
    instrument_expires: str | None = None
    """The card's last month, ``2027-03``."""
    method: Literal["TRF", "DD"] | None = None
    rejected_by: str | None = None
    """BIC of the bank that refused."""
    processor_response: str | None = None
    """ISO 8583 field 39."""
    three_d_secure: Literal["Y", "A", "N", "U", "C", "D", "R", "I"] | None = None
    payee_verification: Literal["MTCH", "CMTC", "NMTC", "NOAP"] | None = None


UNTOLD = Means()


@dataclass(frozen=True, slots=True)
class Wallet:
    """What one device pays with, whatever its kind."""

    device: Device

    def pay(
        self,
        now: float,
        *,
        end_to_end_id: str,
        amount: str,
        currency: str,
        processor: str,
        status: PaymentStatus,
        reason: str | None = None,
        means: Means = UNTOLD,
    ) -> PaymentAttemptEvent:
        """Have the device tell of an attempt: ``amount`` a decimal string, ``currency`` ISO 4217, ``reason`` ISO 20022's code.

        ``now``: POSIX seconds.
        """
        content = PaymentAttempt(
            end_to_end_id=end_to_end_id,
            amount=amount,
            currency=currency,
            processor=processor,
            status=status,
            reason=reason,
            **asdict(means),
        )
        return self.device.emit(PaymentAttemptEvent, content, now, perishable=False)
