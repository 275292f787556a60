"""Reads what was offered on calls, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from dispatch.core.offers.actions import OpenProduct, ProductAction, ProposeOffer, WithholdOffer
from dispatch.core.offers.events import OfferAnswered, OfferEvent, OfferSought
from dispatch.ledger.personal import ERASED
from dispatch.views.offer_view import OfferView
from dispatch.views.reading.known import Known

MOST_OFFERS = 5_000
"""The last ones."""


def happened(known: Known, event: OfferEvent, at: float) -> None:
    """Read what was heard."""
    match event:
        case OfferSought():
            _sought(known, event, at)
        case OfferAnswered():
            view = known.offers.get(event.call)
            if view is not None and view.attempt == event.attempt and view.proposed is not None and not view.answer:
                view.answer, view.answered_at = event.answer, at
        case _:
            assert_never(event)


def decided(known: Known, action: ProductAction, at: float) -> None:
    """Read what was decided."""
    view = known.offers.get(action.call)
    if view is None or view.attempt != action.attempt:
        return
    match action:
        case ProposeOffer():
            view.proposed, view.withheld = action, ""
        case WithholdOffer():
            view.withheld = action.why
        case OpenProduct():
            view.opened, view.opened_at = action, at
        case _:
            assert_never(action)


def forget(known: Known, customer: str) -> None:
    """Forget what a customer was offered."""
    for call in [name for name, one in known.offers.items() if one.customer == customer]:
        del known.offers[call]


def forget_words(known: Known, before: float) -> None:
    """Keep no words of what was offered before then, POSIX seconds."""
    for view in known.offers.values():
        if view.sought_at < before and view.proposed is not None:
            view.proposed = replace(view.proposed, text=ERASED, rate_held="", gain=0)


def _sought(known: Known, event: OfferSought, at: float) -> None:
    before = known.offers.pop(event.call, None)
    if before is None or before.attempt != event.attempt or before.proposed is None:
        before = OfferView(event.call, event.attempt, event.customer, at)
    known.offers[event.call] = before
    if len(known.offers) > MOST_OFFERS:
        del known.offers[next(iter(known.offers))]
