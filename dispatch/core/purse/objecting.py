"""Why what people say about money cannot be taken: told to whoever says it, and nothing is changed. Pure.

What devices and banks say is always taken: about what makes no sense, a person or a refusal is decided.
"""

from __future__ import annotations

from typing import assert_never

from dispatch.core.objections import Ground, Objection
from dispatch.core.purse.events import (
    BalanceReturned,
    BankAnswered,
    CollectionReturned,
    DisputeDecided,
    MandateChanged,
    MandateGiven,
    MoneyAnswered,
    MoneyArrived,
    PayerEvent,
    PaymentAsked,
    PaymentCancelled,
    PaymentCaptured,
    PaymentConfirmed,
    PaymentDisputed,
    PurseEvent,
    PuzzleClosed,
)
from dispatch.core.purse.mandate import flaw
from dispatch.core.purse.money import said
from dispatch.core.purse.payments import Payment, PaymentMove, PaymentState
from dispatch.core.purse.purse import Purse


def contradicts(purse: Purse, event: PurseEvent) -> Objection | None:
    """Say whether an event is known under its key with another content: a mandate that was given otherwise."""
    if not isinstance(event, MandateGiven):
        return None
    known = purse.given.get(event.mandate.mandate)
    if known is None or known.mandate == event.mandate:
        return None
    return Objection(Ground.MANDATE_DIFFERS, f"{event.mandate.mandate} was given with another content, which stands")


def objection(purse: Purse, event: PurseEvent) -> Objection | None:  # noqa: PLR0911 - the whole vocabulary on one screen
    """Say why an event cannot be taken as all money stands; ``None``: it can."""
    match event:
        case MandateGiven():
            wrong = flaw(event.mandate)
            return None if wrong is None else Objection(Ground.MANDATE_MAKES_NO_SENSE, wrong)
        case MandateChanged():
            return _changed(purse, event)
        case PaymentConfirmed() | PaymentDisputed() | DisputeDecided():
            return _of_payment(purse.payments.get(event.payment), event)
        case PuzzleClosed():
            return _of_puzzle(purse, event)
        case BalanceReturned():
            has = purse.available(event.customer, event.currency)
            return _not_so_much(event, has) if not 1 <= event.amount <= has else None
        case MoneyAnswered():
            return _of_question(purse, event)
        case (
            PaymentAsked()
            | PaymentCaptured()
            | PaymentCancelled()
            | BankAnswered()
            | MoneyArrived()
            | CollectionReturned()
        ):
            return None
        case _:
            assert_never(event)


def _changed(purse: Purse, event: MandateChanged) -> Objection | None:
    known = purse.given.get(event.mandate)
    if known is None:
        return Objection(Ground.UNKNOWN_MANDATE, f"nobody gave a mandate {event.mandate}")
    if known.state == "revoked" and event.to != "revoked":  # said again, it changes nothing
        return Objection(Ground.MANDATE_REVOKED, "it was revoked, for good: a new one has to be given")
    return None


def _of_question(purse: Purse, event: MoneyAnswered) -> Objection | None:
    known = purse.questions.get(event.ref)
    if known is not None and known.asked_at and known.customer == event.customer:
        return None
    return Objection(Ground.NOT_ASKED, f"nobody asked the customer about {event.ref}, or they have answered")


def _of_puzzle(purse: Purse, event: PuzzleClosed) -> Objection | None:
    if event.puzzle not in purse.puzzled:
        return Objection(Ground.NOT_HELD, f"nobody has to look at {event.payment} for that, or it was closed before")
    if event.reason == "bank_silent":
        return Objection(Ground.BANK_SAYS_NOTHING, "ask the bank, and say what it said: paid, or not")
    payment = purse.payments.get(event.payment)
    if event.how == "came_back" and (payment is None or not payment.can(PaymentMove.REFUND)):
        return Objection(Ground.NOT_PAID, "only what is paid can have come back")
    return None


def _not_so_much(event: BalanceReturned, has: int) -> Objection:
    return Objection(Ground.NOT_SO_MUCH, f"the purse of {event.customer} has {said(has, event.currency)}")


def _of_payment(payment: Payment | None, event: PayerEvent | DisputeDecided) -> Objection | None:
    if payment is None:
        return Objection(Ground.UNKNOWN_PAYMENT, f"no payment is known as {event.payment}")
    match event:
        case PaymentConfirmed() if payment.state is not PaymentState.CONFIRMING:
            return Objection(Ground.NOT_ASKED, f"the customer is not being asked about it: it is {payment.state}")
        case PaymentDisputed() if payment.state is not PaymentState.RESERVED and not payment.can(PaymentMove.DISPUTE):
            return Objection(Ground.NOT_PAID, f"only what is paid can be disputed: it is {payment.state}")
        case DisputeDecided() if payment.state is not PaymentState.DISPUTED:
            return Objection(Ground.NOT_DISPUTED, f"there is no dispute about it: it is {payment.state}")
        case _:
            return None
