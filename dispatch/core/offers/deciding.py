"""Whether something is offered, and what: nothing where anything speaks against it, else one of what fits. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dispatch.core.offers.actions import ProposeOffer, WithholdOffer
from dispatch.core.offers.events import OfferSought
from dispatch.core.offers.forbidden import CallSituation, NoOffer, refused_lately, why_not
from dispatch.core.offers.products import Segment, fitting, segment_of
from dispatch.core.offers.rules import OfferPolicy
from dispatch.core.offers.said import sentence
from dispatch.core.offers.sampling import OfferCandidate, Tried, choose


def decide(
    event: OfferSought, found: CallSituation, taken: Callable[[Segment, str], Tried], policy: OfferPolicy, now: float
) -> ProposeOffer | WithholdOffer:
    """Return what is decided where an agent asks. ``taken``: how an offer was taken in a segment; ``now``: POSIX seconds."""
    reason = why_not(found, policy, now)
    if reason is not None:
        return _withheld(event, reason)
    held = [one for one in event.held if one.holds(now)]
    refused = refused_lately(found.past, policy, now)
    fits = {
        one.offer.offer: one
        for one in fitting(policy.catalogue, held, event.owns, datetime.fromtimestamp(now, UTC).year)
        if one.offer.offer not in refused
    }
    if not fits:
        return _withheld(event, "nothing_fits")
    segment = segment_of(held)
    candidates = [OfferCandidate(name, one.offer.value, taken(segment, name)) for name, one in fits.items()]
    chosen = choose(f"{event.call}/{event.attempt}", candidates, policy.explore)
    best = fits[chosen.offer]
    offer = best.offer
    made = ProposeOffer(
        event.call, event.attempt, event.customer, offer.offer, offer.gives, offer.provider, segment,
        chosen.propensity, chosen.among, "", event.language, offer.currency, event.provenance, best.about,
        best.rate_held, offer.rate, offer.price, best.gain, event.agent,
    )  # fmt: skip
    return replace(made, text=sentence(made, made.language))


def _withheld(event: OfferSought, why: NoOffer) -> WithholdOffer:
    return WithholdOffer(event.call, event.attempt, event.customer, event.ref, why, event.provenance)
