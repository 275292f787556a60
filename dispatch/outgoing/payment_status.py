"""What a device that asked to pay is told of its payment. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_never

from dispatch.core.ids import end_to_end_of, event_id_of
from dispatch.core.purse.actions import (
    AskPayer,
    CapturePayment,
    PaymentTold,
    RefundPayment,
    RefusePayment,
    RepeatStatus,
    ReservePayment,
    SettlePayment,
    VoidPayment,
)
from dispatch.core.purse.money import as_text
from dispatch.core.purse.payments import PaymentState
from gateway.contract.commands import IsoStatus, PaymentStatus
from gateway.contract.payments import REASONS

_GIVEN_BACK = {"disputed": "MD06", "cancelled": "DS02", "returned": "MS03"}


def status_of(action: PaymentTold) -> PaymentStatus:  # noqa: PLR0911 - the whole vocabulary on one screen
    """Return how a payment stands behind what was decided about it."""
    name = end_to_end_of(action.payment, action.device)
    match action:
        case ReservePayment():
            return PaymentStatus(end_to_end_id=name, status="ACSP")
        case CapturePayment():
            return PaymentStatus(end_to_end_id=name, status="ACSP", amount=as_text(action.amount, action.currency))
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
        case RepeatStatus():
            return _again(name, action)
        case VoidPayment():
            return _called_off(name, action.reason)
        case RefundPayment():
            return _called_off(name, _GIVEN_BACK[action.why])
        case _:
            assert_never(action)


_STANDS: dict[PaymentState, IsoStatus] = {
    PaymentState.CONFIRMING: "PDNG",
    PaymentState.RESERVED: "ACSP",
    PaymentState.SETTLED: "ACSC",
    PaymentState.DISPUTED: "ACSC",
    PaymentState.UPHELD: "ACSC",
    PaymentState.VOIDED: "CANC",
    PaymentState.REFUNDED: "CANC",
    PaymentState.REFUSED: "RJCT",
    PaymentState.ASKED: "PDNG",
}


def _again(name: str, action: RepeatStatus) -> PaymentStatus:
    until = datetime.fromtimestamp(action.until, UTC) if action.until else None
    reason, detail = action.reason or None, REASONS.get(action.reason)
    return PaymentStatus(
        end_to_end_id=name,
        status=_STANDS[action.stands],
        reason=reason,
        detail=detail,
        until=until,
        amount=as_text(action.amount, action.currency) if action.amount else None,
    )


def _called_off(name: str, reason: str) -> PaymentStatus:
    return PaymentStatus(end_to_end_id=name, status="CANC", reason=reason, detail=REASONS.get(reason))
