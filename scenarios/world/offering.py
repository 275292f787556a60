"""An agent offers what the house says, once the problem is solved, and the customer takes it or not, by the truth about them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import simpy

from dispatch.core.offers.events import OfferReply
from dispatch.core.offers.products import segment_of
from scenarios.story.offers import Offers
from scenarios.world.doors import Ticket
from scenarios.world.offer_truth import OfferTruth
from scenarios.world.products import OfferWishes, products_of, wishes_of
from scenarios.world.world import Breakdown, World


def is_offered(world: World, ticket: Ticket, breakdown: Breakdown | None) -> Generator[simpy.Event, Any, None]:
    """Once the problem is solved, the agent asks whether something is to be offered, says it, and notes what they say."""
    habits = world.story.offers
    if habits is None or not world.story.policy.offers or not ticket.agent:
        return
    offer = cast("str | None", (yield world.doors.seeks_offer(ticket)))
    if offer is None:
        return
    dice = world.streams.hashed("is offered", ticket.call, ticket.attempt)
    yield world.env.timeout(habits.lasts.one(dice))
    name = ticket.customer
    segment = segment_of([one.held() for one in products_of(name, habits, world.streams)])
    answer = _answer(habits, segment, offer, float(dice.random()), float(dice.random()))
    forbidden = _forbidden(wishes_of(name, habits, world.streams), breakdown)
    world.plan.offers.append(OfferTruth(ticket.call, name, offer, world.now, answer, forbidden))
    yield world.doors.answers_offer(ticket, answer)


def _answer(habits: Offers, segment: str, offer: str, luck: float, patience: float) -> OfferReply:
    if luck < habits.chance(segment, offer):
        return "yes"
    return "later" if patience < habits.later else "no"


def _forbidden(wishes: OfferWishes, breakdown: Breakdown | None) -> str:
    """Return what speaks against an offer, by the truth and not by what the service knows."""
    if not wishes.agrees:
        return "no consent"
    if wishes.vulnerable:
        return "vulnerable"
    fault = breakdown.fault if breakdown is not None else None
    return "not helped" if fault is not None and fault.needs_help and fault.mended_at is None else ""
