"""A purse that any device can carry: it asks the house to pay, signed by the device's own key, and hears how that stands.

What it asked survives a restart, as the device's store does: it is asked again under the same name and paid once.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from firmware_sim.device.device import Device
from firmware_sim.device.moments import utc
from firmware_sim.wallet.wallet import Wallet
from gateway.contract.commands import Command, PaymentStatus, PaymentStatusCommand
from gateway.contract.refusals import Problem
from gateway.payments.messages import (
    PayFor,
    PaymentCapture,
    PaymentCaptureEvent,
    PaymentRequest,
    PaymentRequestEvent,
    SignedAsk,
)


@dataclass(slots=True)
class Asked:
    """One payment that was asked for."""

    request: PaymentRequest
    event_id: str
    """Of the event that asked last."""
    status: PaymentStatus | None = None
    """As the house said last; ``None``: nothing yet."""
    told_at: float = 0.0
    """When that was decided, POSIX seconds."""
    refused: Problem | None = None
    """It was of a form that is not taken."""
    capture: PaymentCapture | None = None
    """What is paid of it, where it was asked for at most, and that is known."""

    @property
    def open(self) -> bool:
        """Has the house said nothing of it yet?"""
        return self.status is None and self.refused is None


@dataclass(slots=True)
class DevicePurse:
    """Asks for what its device pays. Not thread-safe, as the device is not."""

    device: Device
    key: Ed25519PrivateKey | None = None
    """``None``: it does not sign."""
    asked: dict[str, Asked] = field(default_factory=dict)
    """End-to-end id → what was asked; kept over restarts."""
    contradicted: list[PaymentStatus] = field(default_factory=list)
    """What was asked under the name of a payment that stands: somebody else spoke for the device, or it lost its memory."""
    number: int = 0
    """Of what it asks for next, in this boot."""

    def __post_init__(self) -> None:
        """Hear what the device is told."""
        self.device.listeners.append(self.heard)

    @property
    def wallet(self) -> Wallet:
        """What the device pays with where the house does not, and how it tells of that."""
        return Wallet(self.device)

    @property
    def payment_key(self) -> str:
        """The public key, as it is registered; empty: it does not sign."""
        return "" if self.key is None else _unpadded(self.key.public_key().public_bytes_raw())

    @property
    def next_id(self) -> str:
        """The end-to-end id of what it asks for next."""
        return f"{self.device.boot}-{self.number}"

    def ask(
        self,
        now: float,
        *,
        amount: str,
        currency: str,
        creditor: str,
        category: PayFor,
        words: str,
        creditor_name: str | None = None,
        mandate: str | None = None,
        at_most: bool = False,
    ) -> PaymentRequestEvent:
        """Ask the house to pay, ``now`` in POSIX seconds. ``at_most``: what is paid of it is told by ``capture``.

        Raises ``ValidationError``: it is no request of the contract.
        """
        request = PaymentRequest(
            end_to_end_id=self.next_id,
            created=utc(now).isoformat(),
            currency=currency,
            amount=amount,
            creditor=creditor,
            creditor_name=creditor_name,
            category=category,
            words=words,
            mandate=mandate,
            amount_is="maximum" if at_most else None,
        )
        self.number += 1
        return self._send(self._signed(request), now)

    def capture(self, end_to_end_id: str, amount: str, now: float) -> PaymentCaptureEvent:
        """Tell what is paid of what was set aside at most: once, however often it is called.

        Raises ``ValidationError``: it is no capture of the contract.
        """
        mine = self.asked[end_to_end_id]
        if mine.capture is None:
            plain = PaymentCapture(
                end_to_end_id=end_to_end_id, created=utc(now).isoformat(), currency=mine.request.currency, amount=amount
            )
            mine.capture = plain.model_copy(update=self._signature(plain))
        return self.device.emit(PaymentCaptureEvent, mine.capture, now, perishable=False)

    def ask_again(self, now: float) -> list[PaymentRequestEvent]:
        """Ask once more for what the house has said nothing of: the same content and signature, in new events."""
        return [self._send(one.request, now) for one in list(self.asked.values()) if one.open]

    def repeat(self, end_to_end_id: str, now: float) -> PaymentRequestEvent:
        """Ask for one payment once more, whatever was said of it: an answer may have been lost on the way."""
        return self._send(self.asked[end_to_end_id].request, now)

    def restart(self, now: float) -> list[PaymentRequestEvent]:
        """Restart the device; what was under way is asked for again."""
        self.device.restart(now)
        self.number = 0
        for one in self.asked.values():
            if (
                one.capture is not None and one.status is not None and one.status.status == "ACSP"
            ):  # maybe nobody heard it
                self.device.emit(PaymentCaptureEvent, one.capture, now, perishable=False)
        return self.ask_again(now)

    def heard(self, command: Command, now: float) -> None:  # noqa: ARG002 - the house's hour counts
        """Take note of how a payment stands; what was decided before what is known already changes nothing."""
        if not isinstance(command, PaymentStatusCommand):
            return
        mine, decided_at = self.asked.get(command.data.end_to_end_id), command.time.timestamp()
        if command.data.event_id is not None:
            self.contradicted.append(command.data)
        elif mine is not None and decided_at >= mine.told_at:
            mine.status, mine.told_at = command.data, decided_at

    def rejected(self, payload: bytes) -> None:
        """Take what came on ``…/rejected``: a request of a form that is not taken."""
        try:
            problem = Problem.model_validate_json(payload)
        except ValidationError:
            return
        for one in self.asked.values():
            if one.event_id == problem.event_id and one.status is None:
                one.refused = problem

    def _send(self, request: PaymentRequest, now: float) -> PaymentRequestEvent:
        event_id = f"{self.device.boot}-{self.device.seq}"
        known = self.asked.setdefault(request.end_to_end_id, Asked(request, event_id))
        known.event_id = event_id  # written down before it is sent: an answer may be there before this returns
        return self.device.emit(PaymentRequestEvent, request, now, perishable=False)

    def _signed(self, request: PaymentRequest) -> PaymentRequest:
        return request.model_copy(update=self._signature(request))

    def _signature(self, asked: SignedAsk) -> dict[str, str]:
        return {} if self.key is None else {"signature": _unpadded(self.key.sign(asked.signed))}


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
