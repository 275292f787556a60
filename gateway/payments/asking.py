"""From a device's request to what dispatch decides about: whether it is its own, the amount in minor units, where it was. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.conclude.readings import home_of, provenance_of
from gateway.contract.payments import minor_units
from gateway.contract.values import Readings
from gateway.devices.registry import DeviceRecord
from gateway.devices.twin import Twin
from gateway.finding import CaptureAsk, PaymentAsk
from gateway.payments.device_key import DeviceKey, KeyObjection, objection, thumbprint
from gateway.payments.messages import PaymentCaptureEvent, PaymentRequestEvent


def asked(
    event: PaymentRequestEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterator[PaymentAsk]:
    """Pass on what a customer's device asks to pay; one that nobody's device asks for is refused before."""
    del told
    if record.customer is None:
        return
    request = event.data
    against = objection(request, DeviceKey(record.payment_key, record.payment_key_expires), now)
    at = event.time.timestamp()
    yield PaymentAsk(
        key=event.key,
        payment_ref=request.end_to_end_id,
        device=record.device,
        customer=record.customer,
        mandate=request.mandate or "",
        payee=request.creditor,
        amount=minor_units(request.amount, request.currency),
        currency=request.currency,
        category=request.category,
        words=request.words,
        place=twin.place or home_of(record, at),
        key_thumbprint=_signed_with(record, against),
        at=at,
        provenance=provenance_of(event, record),
        used_at=twin.used_at,
        objection=against.reason if against else "",
        objection_says=against.words if against else "",
        at_most=request.amount_is == "maximum",
        payee_name=request.creditor_name or "",
    )


def captured(
    event: PaymentCaptureEvent, record: DeviceRecord, twin: Twin, told: Readings, now: float
) -> Iterator[CaptureAsk]:
    """Pass on what a customer's device tells is paid of what was set aside."""
    del told, twin
    if record.customer is None:
        return
    capture = event.data
    against = objection(capture, DeviceKey(record.payment_key, record.payment_key_expires), now)
    yield CaptureAsk(
        key=event.key,
        payment_ref=capture.end_to_end_id,
        device=record.device,
        customer=record.customer,
        amount=minor_units(capture.amount, capture.currency),
        currency=capture.currency,
        key_thumbprint=_signed_with(record, against),
        provenance=provenance_of(event, record),
        objection=against.reason if against else "",
        objection_says=against.words if against else "",
    )


def _signed_with(record: DeviceRecord, against: KeyObjection | None) -> str:
    return thumbprint(record.payment_key) if record.payment_key and not against else ""
