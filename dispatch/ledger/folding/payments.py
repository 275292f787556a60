"""Folds rows about money: the purse does what was decided, whoever decided it. Pure."""

from __future__ import annotations

from dispatch.core.purse.actions import PaymentAction
from dispatch.core.purse.events import PurseEvent
from dispatch.core.purse.reminders import reminders
from dispatch.ledger.folding.folded import Folded


def happened(folded: Folded, event: PurseEvent) -> None:
    """Fold what happened to money."""
    folded.purse.happened(event, folded.at)
    _remind(folded, event)


def decided(folded: Folded, action: PaymentAction) -> None:
    """Fold what was decided about money."""
    folded.purse.decided(action, folded.at)
    _remind(folded, action)


def _remind(folded: Folded, said: PurseEvent | PaymentAction) -> None:
    for one in reminders(said, folded.at, folded.policy.payments, folded.purse):
        folded.remind(one.after_s, one.about, one.name, one.attempt)
