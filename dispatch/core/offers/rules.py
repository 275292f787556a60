"""What the house has decided about offers: whether any are made, how often, and what there is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.core.offers.products import HouseOffer

DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class OfferPolicy:
    """Times in seconds. Figures without a source are ours [fit]."""

    makes: bool = False
    """Is anything offered?"""
    most: int = 1
    """So many offers to one customer in ``within_s``."""
    within_s: float = 30 * DAY_S
    after_no_s: float = 180 * DAY_S
    """Who said no to something is not offered it again for so long."""
    after_later_s: float = 14 * DAY_S
    """Who said "later" is offered nothing for so long."""
    long_wait_s: float = 5 * 60.0
    """Who waited so long for somebody to speak with has reason to complain."""
    explore: float = 0.1
    """Of all offers: the share in which each that fits is as likely, so that whatever another policy would offer was offered now
    and then, and that policy can be judged from the log."""
    catalogue: tuple[HouseOffer, ...] = ()
