"""Reads what happened to money and what was decided about it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from dispatch.core.ids import payment_of
from dispatch.core.purse import actions as act
from dispatch.core.purse import events as ev
from dispatch.core.purse.mandate import MandateState
from dispatch.core.purse.payments import PaymentMove, PaymentState, payment_after
from dispatch.ledger.personal import ERASED
from dispatch.views.purse import MandateView, MoneyViews, PaymentView, PuzzleView


def happened(known: MoneyViews, event: ev.PurseEvent, at: float) -> None:
    """Read what happened."""
    match event:
        case ev.MandateGiven():
            known.give(MandateView(event.mandate, at, event.way, event.strong))
        case ev.MandateChanged():
            _changed(known, event.mandate, event.to, at)
        case ev.PaymentAsked():
            known.ask(_asked(event, at))
        case ev.PaymentDisputed():
            _disputed(known, event.payment, event.why, at)
        case ev.MoneyAnswered():
            _told_of_money(known, event, at)
        case ev.DisputeDecided():
            _dispute_decided(known, event)
        case ev.PuzzleClosed():
            known.shelf.puzzles.pop(event.puzzle, None)
        case ev.BankAnswered():
            _answered(known, event)
        case (
            ev.PaymentConfirmed()
            | ev.PaymentCaptured()
            | ev.MoneyArrived()
            | ev.CollectionReturned()
            | ev.PaymentCancelled()
            | ev.BalanceReturned()
        ):
            pass  # what is decided about it tells all there is to show
        case _:
            assert_never(event)


def _changed(known: MoneyViews, mandate: str, to: MandateState, at: float) -> None:
    view = known.mandates.get(mandate)
    if view is not None and view.state != "revoked":
        view.state, view.changed_at = to, at


def _told_of_money(known: MoneyViews, event: ev.MoneyAnswered, at: float) -> None:
    """What they were asked about is not fine: it is suspended, or disputed, or both, and then all of its device."""
    if event.answer == "stop":
        _changed(known, event.mandate, "suspended", at)
    if event.answer == "stop_and_dispute":
        for mandate in _of_the_same_device(known, event.mandate):
            _changed(known, mandate, "suspended", at)
    if event.answer in {"dispute", "stop_and_dispute"}:
        _disputed(known, event.payment, "", at)


def _of_the_same_device(known: MoneyViews, mandate: str) -> list[str]:
    """Return all mandates that let the same device pay."""
    named = known.mandates.get(mandate)
    if named is None:
        return []
    mine, device = known.of(named.mandate.customer).mandates, named.mandate.device
    return [one.mandate.mandate for one in mine.values() if one.mandate.device == device]


def _asked(event: ev.PaymentAsked, at: float) -> PaymentView:
    ask = event.ask
    return PaymentView(
        event.payment, ask.customer, ask.device, ask.payee, ask.amount, ask.currency, ask.category, at, ask.words,
        changed_at=at, most=ask.amount if ask.at_most else 0, payee_name=ask.payee_name,
    )  # fmt: skip


def _disputed(known: MoneyViews, payment: str, why: str, at: float) -> None:
    view = known.payments.get(payment)
    if view is None:
        return
    view.dispute, view.disputed_at = why, at
    _move(known, view, PaymentMove.DISPUTE, at)  # of one that is not paid so far: once it is


def _dispute_decided(known: MoneyViews, event: ev.DisputeDecided) -> None:
    view = known.payments.get(event.payment)
    if view is not None and view.state is PaymentState.DISPUTED:
        view.decision, view.decided_by = event.why, event.by or ""


def _answered(known: MoneyViews, event: ev.BankAnswered) -> None:
    """What the bank was silent about, and says now, nobody has to ask it any more; what contradicts itself stays to be seen."""
    name = payment_of(event.instruction) or ""
    if event.status in {"ACSC", "RJCT"} and name not in known.payments:
        for one in [one for one in known.puzzles() if one.name == name and one.reason == "bank_silent"]:
            del known.shelf.puzzles[one.key]


def decided(known: MoneyViews, action: act.PaymentAction, at: float) -> None:
    """Read what was decided."""
    if isinstance(action, act.InstructBank | act.MoneyTold | act.RepeatStatus | act.ReverseTopUp):
        return  # nothing of a payment is otherwise
    if isinstance(action, act.EscalatePayment):
        known.puzzle(
            PuzzleView(
                action.key,
                action.payment,
                action.customer,
                action.reason,
                action.detail,
                at,
                action.number,
                action.provenance,
            )
        )
        return
    if isinstance(action, act.ReservePayment) and action.case is not None:
        known.ask(_houses(action, at))
    view = known.payments.get(action.payment)
    if view is not None and isinstance(action, act.CapturePayment):
        view.amount, view.most, view.changed_at = action.amount, 0, at
    elif view is not None and not isinstance(action, act.CapturePayment):
        _about(known, view, action, at)


def _houses(action: act.ReservePayment, at: float) -> PaymentView:
    return PaymentView(
        action.payment, action.customer, action.device, action.payee, action.amount, action.currency, action.category,
        at, case=action.case,
    )  # fmt: skip


_Moving = (
    act.ReservePayment
    | act.SettlePayment
    | act.VoidPayment
    | act.RefundPayment
    | act.RefusePayment
    | act.AskPayer
    | act.UpholdPayment
)
_MOVES: dict[type, PaymentMove] = {
    act.AskPayer: PaymentMove.ASK,
    act.RefusePayment: PaymentMove.REFUSE,
    act.ReservePayment: PaymentMove.RESERVE,
    act.SettlePayment: PaymentMove.SETTLE,
    act.VoidPayment: PaymentMove.VOID,
    act.RefundPayment: PaymentMove.REFUND,
    act.UpholdPayment: PaymentMove.UPHOLD,
}


def _about(known: MoneyViews, view: PaymentView, action: _Moving, at: float) -> None:
    """Have a payment stand as was decided, and say why. What names a payment of before with another content changes nothing."""
    is_of_another = isinstance(action, act.RefusePayment) and action.again != ""
    if is_of_another or not _move(known, view, _MOVES[type(action)], at):
        return
    match action:
        case act.AskPayer():
            view.asked_for, view.until = action.why, action.until
            view.mandate, view.detail = action.mandate, action.detail
        case act.RefusePayment():
            view.reason, view.detail = action.reason, action.detail
        case act.ReservePayment():
            view.mandate = action.mandate
        case act.VoidPayment():
            view.reason = action.reason
        case act.SettlePayment() | act.RefundPayment() | act.UpholdPayment():
            _ended(known, view, action, at)
        case _:
            assert_never(action)


def _ended(
    known: MoneyViews, view: PaymentView, action: act.SettlePayment | act.RefundPayment | act.UpholdPayment, at: float
) -> None:
    match action:
        case act.SettlePayment():
            view.settled_at = at
            if view.dispute:
                _move(known, view, PaymentMove.DISPUTE, at)
        case act.RefundPayment():
            view.decided = "refunded" if action.why == "disputed" else view.decided
        case act.UpholdPayment():
            view.decided = "upheld"
        case _:
            assert_never(action)


def _move(known: MoneyViews, view: PaymentView, move: PaymentMove, at: float) -> bool:
    after = payment_after(view.state, move)
    if after is None:
        return False
    view.state, view.changed_at = after, at
    known.stands(view)
    if move in {PaymentMove.SETTLE, PaymentMove.VOID, PaymentMove.REFUND}:
        known.solve(view.payment)
    return True


def forget_words(known: MoneyViews, before: float) -> None:
    """What was said before an hour is kept no longer."""
    for payment in known.payments.values():
        if payment.asked_at < before:
            payment.words = ERASED if payment.words else ""
            payment.payee_name = ERASED if payment.payee_name else ""
            payment.detail = ERASED if payment.asked_for and payment.detail else payment.detail
        if payment.disputed_at and payment.disputed_at < before:
            payment.dispute = ERASED
            payment.decision = ERASED if payment.decision else ""
    for mandate in known.mandates.values():
        if mandate.given_at < before:
            payees = tuple(replace(one, name=ERASED if one.name else "") for one in mandate.mandate.payees)
            mandate.mandate = replace(mandate.mandate, payees=payees)
