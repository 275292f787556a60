"""Whether what a device tells is paid of what was set aside at most can be taken, in the words of ISO 20022. Pure."""

from __future__ import annotations

from dispatch.core.purse.given import Given
from dispatch.core.purse.judge import Refusal
from dispatch.core.purse.money import said
from dispatch.core.purse.payments import Payment, PaymentState
from gateway.finding import CaptureAsk


def capture_refusal(payment: Payment | None, given: Given | None, capture: CaptureAsk) -> Refusal | None:
    """Say what speaks against a capture; ``None``: nothing, or it is told again. ``given``: the mandate of the payment."""
    if capture.objection:
        return Refusal(capture.objection, capture.objection_says)
    if payment is None or payment.customer != capture.customer:
        return Refusal("FF08", "no payment was asked for under that name: ask for it first, with amount_is maximum")
    if given is not None and given.mandate.key and not capture.key_thumbprint:
        return Refusal("DS0A", "the mandate asks for a signature")
    return _of_amount(payment, capture) or _of_state(payment, capture)


def _of_amount(payment: Payment, capture: CaptureAsk) -> Refusal | None:
    if not payment.most:
        return Refusal("AM09", "it was asked for as it is, not at most: nothing is left to be told")
    if capture.currency != payment.currency:
        return Refusal("AM03", f"it was asked for in {payment.currency}, not in {capture.currency}")
    if capture.amount > payment.most:
        return Refusal("AM14", f"no more than {said(payment.most, payment.currency)} was asked for")
    return None


def _of_state(payment: Payment, capture: CaptureAsk) -> Refusal | None:
    """Say whether it comes before anything is set aside, after all is over, or says otherwise than before."""
    if payment.is_held:
        return None
    if payment.state in {PaymentState.ASKED, PaymentState.CONFIRMING}:
        return Refusal("AM09", "nothing is set aside so far: the customer is being asked")
    if payment.state is PaymentState.REFUSED or (not payment.attempts and capture.amount):
        return Refusal(payment.reason, "nothing is set aside any more")
    if payment.attempts and capture.amount != payment.amount:
        return Refusal("DU04", f"{said(payment.amount, payment.currency)} was told before, which stands")
    return None
