"""What a device that asked to pay is told of its payment. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from dispatch.core.ids import end_to_end_of, event_id_of
from dispatch.core.purse.actions import (
    AskPayer,
    PaymentTold,
    RefundPayment,
    RefusePayment,
    ReservePayment,
    SettlePayment,
    VoidPayment,
)
from gateway.contract.commands import PaymentStatus
from gateway.contract.payments import REASONS

_GIVEN_BACK = {"disputed": "MD06", "cancelled": "DS02"}


def status_of(action: PaymentTold) -> PaymentStatus:
    """Return how a payment stands behind what was decided about it."""
    name = end_to_end_of(action.payment, action.device)
    match action:
        case ReservePayment():
            return PaymentStatus(end_to_end_id=name, status="ACSP")
        case SettlePayment():
            return PaymentStatus(end_to_end_id=name, status="ACSC")
        case AskPayer():
            return PaymentStatus(end_to_end_id=name, status="PDNG", until=datetime.fromtimestamp(action.until, UTC))
        case RefusePayment():
            return PaymentStatus(
                end_to_end_id=name,
                status="RJCT",
                reason=action.reason,
                detail=action.detail or REASONS.get(action.reason),
                event_id=event_id_of(action.again) or None,
            )
        case VoidPayment():
            return _called_off(name, action.reason)
        case RefundPayment():
            return _called_off(name, _GIVEN_BACK[action.why])
        case _:
            assert_never(action)


def _called_off(name: str, reason: str) -> PaymentStatus:
    return PaymentStatus(end_to_end_id=name, status="CANC", reason=reason, detail=REASONS.get(reason))
