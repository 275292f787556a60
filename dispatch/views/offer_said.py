"""What is heard and decided about offers, in words. Pure."""

from __future__ import annotations

from typing import assert_never

from dispatch.core.offers.actions import OpenProduct, ProductAction, ProposeOffer, WithholdOffer
from dispatch.core.offers.events import OfferAnswered, OfferEvent, OfferSought
from dispatch.views.offer_view import WHY_NOT, in_percent

_ANSWERED = {"yes": "takes it", "no": "does not want it", "later": "wants to hear of it later"}


def offer_heard(event: OfferEvent) -> str:
    """Say what was heard."""
    match event:
        case OfferSought():
            return "solved: the agent asks whether something is to be offered"
        case OfferAnswered():
            return f"was offered something, and {_ANSWERED[event.answer]}"
        case _:
            assert_never(event)


def offer_decided(action: ProductAction) -> str:
    """Say what was decided."""
    match action:
        case ProposeOffer():
            others = len(action.among) - 1
            beside = f", of {others + 1} that fit" if others else ""
            return f"to be offered: {_words(action.offer)} (chosen with {in_percent(action.propensity)}{beside})"
        case WithholdOffer():
            return f"nothing is offered: {WHY_NOT[action.why]}"
        case OpenProduct():
            return f"{action.provider} is to carry out what they took: {_words(action.offer)}"
        case _:
            assert_never(action)


def _words(code: str) -> str:
    return code.replace("_", " ")
