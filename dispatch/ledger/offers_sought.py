"""What an agent's question for an offer, and a customer's answer, say of that customer: as the registers have it now. Pure."""

from __future__ import annotations

from typing import NamedTuple

from dispatch.core.consent import Purpose
from dispatch.core.offers.events import OfferAnswered, OfferReply, OfferSought
from dispatch.core.offers.products import OwnedDevice
from dispatch.ledger.pipeline import ControlRoom
from gateway.finding import Provenance
from gateway.kinds.registry import kinds


class OnCall(NamedTuple):
    """On which call, with whom."""

    call: str
    attempt: int
    customer: str
    agent: str | None
    provenance: Provenance


def sought(room: ControlRoom, ref: str, on: OnCall) -> OfferSought:
    """Return what ``tell`` takes where an agent asks whether something is to be offered."""
    known = room.customers.get(on.customer)
    language = room.desk.preference_of(on.customer).language or (known.language if known is not None else "en")
    owns = [
        OwnedDevice(one.device, domain, one.model_year or 0)
        for one in room.intake.registry.of_customer(on.customer)
        if (domain := kinds().named(one.kind).domain) is not None
    ]
    return OfferSought(
        ref,
        on.call,
        on.attempt,
        on.customer,
        language,
        on.provenance,
        on.agent,
        may_offers=known is not None and known.agrees(Purpose.OFFERS),
        vulnerable=known is not None and known.vulnerable,
        held=tuple(one.held() for one in room.products.of(on.customer)),
        owns=tuple(owns),
    )


def answered(room: ControlRoom, answer: OfferReply, on: OnCall) -> OfferAnswered:
    """Return what ``tell`` takes where a customer says how they take an offer."""
    known = room.customers.get(on.customer)
    return OfferAnswered(
        on.call,
        on.attempt,
        on.customer,
        answer,
        on.provenance,
        on.agent,
        may_message=known is not None and known.may_message,
        reach=known.reach(room.desk.policy.messages.channels) if known is not None else (),
        time_zone=(known.time_zone or "") if known is not None else "",
    )
