"""What happened to money and what was decided about it, in words a dispatcher reads."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.purse import actions as act
from dispatch.core.purse import events as ev
from dispatch.core.purse.money import said
from gateway.contract.payments import REASONS

_WHY: dict[act.AskedFor, str] = {
    "over_limit": "it is over a limit",
    "unusual": "it is unusual",
    "strong_authentication": "it is more than goes without strong authentication",
}
_PUZZLING: dict[act.Puzzling, str] = {
    "bank_silent": "the bank says nothing, and may have paid",
    "contradiction": "the bank contradicts itself",
    "unknown_instruction": "the bank answers what nobody asked",
    "booked_otherwise": "the bank booked otherwise than was asked",
    "given_back": "what was collected was given back",
}


_ANSWERED: dict[ev.MoneyAnswer, str] = {
    "fine": "the customer says that it is fine",
    "stop": "the customer wants no more of it: the mandate is suspended",
    "dispute": "the customer says that it was not right",
    "stop_and_dispute": "the customer says that it was not right: all mandates of the device are suspended",
    "unsure": "the customer does not know: all stays as it is",
}


def money_happened(event: ev.PurseEvent) -> str:  # noqa: C901, PLR0911, PLR0912 - the whole vocabulary on one screen
    """Tell what happened to money."""
    match event:
        case ev.MandateGiven(mandate=mandate):
            who, at_once = mandate.device or "the house", said(mandate.per_payment, mandate.currency)
            return f"{mandate.customer} lets {who} pay for {mandate.category}: {at_once} at once"
        case ev.MandateChanged():
            return f"the mandate {event.mandate} is {event.to}"
        case ev.PaymentAsked(ask=ask):
            whom = f" to {ask.payee_name}" if ask.payee_name else ""
            return f"{ask.device} asks to pay {said(ask.amount, ask.currency)}{whom} for {ask.category}"
        case ev.PaymentCaptured(capture=capture):
            return f"{capture.device} tells that {said(capture.amount, capture.currency)} is to be paid of what was set aside"
        case ev.PaymentConfirmed():
            return f"the customer says {'yes' if event.agreed else 'no'}{'' if event.strong else ', without a second factor'}"
        case ev.BankAnswered():
            why = f" ({event.reason})" if event.reason else ""
            return f"the bank says {event.status}{why} of {event.instruction}"
        case ev.MoneyArrived():
            return f"{said(event.amount, event.currency)} came in for {event.customer}"
        case ev.CollectionReturned():
            return f"{said(event.amount, event.currency)} were given back of {event.instruction} ({event.reason})"
        case ev.PaymentCancelled():
            return f"called off: {event.reason}"
        case ev.MoneyAnswered():
            return _ANSWERED[event.answer]
        case ev.PaymentDisputed():
            return f"the customer disputes it: {event.why}"
        case ev.DisputeDecided():
            return f"the dispute is decided: {'the money goes back' if event.refunded else 'it was right'}"
        case ev.BalanceReturned():
            return f"{said(event.amount, event.currency)} was paid back to {event.customer}: {event.why}"
        case ev.PuzzleClosed():
            so = "what is booked stands" if event.how == "stands" else "the money came back"
            return f"a person has looked, and closed that {_PUZZLING[event.reason]}: {so}: {event.why}"
        case _:
            assert_never(event)


def money_decided(action: act.PaymentAction) -> str:
    """Tell what was decided about money."""
    if isinstance(action, act.MoneyTold):
        return action.words
    if isinstance(action, act.PaymentTold):
        return _told(action)
    match action:
        case act.InstructBank():
            does = "pay" if action.method == "TRF" else "collect"
            again = f", for the {action.attempt}th time" if action.attempt > 1 else ""
            return f"the bank is to {does} {said(action.amount, action.currency)}{again}"
        case act.ReverseTopUp():
            owed = f", {said(action.short, action.currency)} is owed" if action.short else ""
            return f"{said(action.amount, action.currency)} leaves the purse ({action.reason}){owed}"
        case act.UpholdPayment():
            return "the payment was right"
        case act.EscalatePayment():
            return f"a person has to look: {_PUZZLING[action.reason]}: {action.detail}"
        case _:
            assert_never(action)


def _told(action: act.PaymentTold) -> str:  # noqa: PLR0911 - likewise
    match action:
        case act.ReservePayment():
            return f"{said(action.amount, action.currency)} is set aside for {action.payee}"
        case act.CapturePayment():
            return f"{said(action.amount, action.currency)} of it is to be paid, the rest is free again"
        case act.RefusePayment():
            return f"refused ({action.reason}): {action.detail or REASONS.get(action.reason, action.reason)}"
        case act.AskPayer():
            return f"the customer is asked about {said(action.amount, action.currency)}, for {_WHY[action.why]}"
        case act.SettlePayment():
            return f"{said(action.amount, action.currency)} is paid"
        case act.VoidPayment():
            return f"not paid: {REASONS.get(action.reason, action.reason)}"
        case act.RepeatStatus():
            return f"the device asks once more, and is told: {action.stands}"
        case act.RefundPayment():
            return f"{said(action.amount, action.currency)} goes back, for it was {action.why}"
        case _:
            assert_never(action)
