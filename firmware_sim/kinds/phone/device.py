"""A phone: where its owner is, what became of a payment, the notices on its screen, and what it forwards for its car."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from firmware_sim.device.device import Device, Outgoing
from firmware_sim.device.fix import Fix, position_of
from gateway.contract.commands import Command, InvitationCommand, NoticeCommand
from gateway.contract.envelope import DeviceEvent
from gateway.contract.topics import Channel, topic
from gateway.kinds.car.messages import VehicleFault, VehicleStatus
from gateway.kinds.phone.messages import PhoneStatus, PhoneStatusEvent
from gateway.payments.messages import PaymentAttempt, PaymentAttemptEvent

PaymentStatus = Literal["ACSC", "PDNG", "RJCT"]
Instrument = Literal["account", "card", "wallet"]


@dataclass(frozen=True, slots=True)
class Means:
    """What a payment was made with and where it went, as far as the phone's app tells; ``None``: it does not."""

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


class Phone(Device):
    """Reports its position and payment attempts, and shows its owner what it is told."""

    fix: Fix | None
    """The world sets it; ``None``: no fix."""
    shown: list[str]
    """The notices shown, oldest first."""
    on_notice: Callable[[NoticeCommand], None] | None
    """Called with each notice as it is shown: the world sets it, and may have the owner read."""
    on_invitation: Callable[[InvitationCommand], None] | None
    """Called with each invitation to be helped that the app shows: the world sets it."""

    def __init__(self, name: str, *, boot: int = 1, buffer_limit: int = 200, fix: Fix | None = None) -> None:
        """Name is ``vendor/device``."""
        super().__init__(name, boot=boot, buffer_limit=buffer_limit)
        self.fix = fix
        self.shown = []
        self.on_notice = None
        self.on_invitation = None

    def status(self, now: float) -> PhoneStatusEvent:
        """Report the position; may be dropped from a full store."""
        return self.emit(PhoneStatusEvent, PhoneStatus(position=position_of(self.fix)), now, perishable=True)

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
        """Report an attempt: ``amount`` a decimal string, ``currency`` ISO 4217, ``reason`` ISO 20022's code."""
        content = PaymentAttempt(
            end_to_end_id=end_to_end_id,
            amount=amount,
            currency=currency,
            processor=processor,
            status=status,
            reason=reason,
            creditor_account=means.creditor_account,
            debtor_agent=means.debtor_agent,
            instrument=means.instrument,
            instrument_expires=means.instrument_expires,
            method=means.method,
            rejected_by=means.rejected_by,
            processor_response=means.processor_response,
            three_d_secure=means.three_d_secure,
            payee_verification=means.payee_verification,
        )
        return self.emit(PaymentAttemptEvent, content, now, perishable=False)

    def relay(self, event: DeviceEvent) -> None:
        """Forward an event of the paired car, in its own name, with our position where it told none."""
        content = event.data
        if isinstance(content, (VehicleStatus, VehicleFault)) and content.fix is None and self.fix is not None:
            content = content.model_copy(update={"position": self.fix.position()})
        told = event.model_copy(update={"via": self.source, "data": content})
        perishable = isinstance(content, VehicleStatus)
        self._hand_over(
            Outgoing(topic(self.name, Channel.EVENT), told.encode(), retain=False, perishable=perishable, key=event.key)
        )

    def on_command(self, command: Command, now: float) -> None:  # noqa: ARG002 - the text needs no time
        """Show a notice."""
        if isinstance(command, NoticeCommand):
            self.shown.append(command.data.text)
            if self.on_notice is not None:
                self.on_notice(command)
        elif isinstance(command, InvitationCommand) and self.on_invitation is not None:
            self.on_invitation(command)
