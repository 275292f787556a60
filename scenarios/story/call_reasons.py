"""What a story says of customers who turn to us about more than a fault of which they have heard nothing. All of it [fit].

No source counts reasons by what a house knows; of online shops' contacts 30 to 50 in a hundred ask where an order is.
"""

from __future__ import annotations

from dispatch.policy_model.strict_model import StrictModel
from dispatch.policy_model.units import Rate, Share
from scenarios.story.distributions import Spans, lognormal


class CallReasons(StrictModel):
    """Who rings about what. They ring on the telephone, wait as others do, and tell the agent why."""

    progress: Share = 0.4
    """Of those who were spoken with and wait for somebody: who ask where help is."""
    progress_after: Spans = lognormal(20 * 60, 0.7)
    """From the talk; once more so much later, where nobody has come."""
    no_help: Share = 0.05
    """Of them: for whom it works again, and who say that they need nobody."""
    no_help_after: Spans = lognormal(12 * 60, 0.8)
    booking: Share = 0.12
    """Of those with whom an hour was agreed: who want another."""
    booking_after: Spans = lognormal(2 * 3_600, 0.8)
    order: Share = 0.2
    """Of those for whom goods are ordered: who ask where they are."""
    order_after: Spans = lognormal(8 * 3_600, 0.8)
    refused: Share = 0.25
    """Of payments that devices were refused: about which their customer rings; where no mandate allows it, mostly about that."""
    refused_after: Spans = lognormal(8 * 60, 0.8)
    dispute: Share = 0.01
    """Of payments that devices made."""
    dispute_after: Spans = lognormal(5 * 3_600, 0.8)
    answer: Share = 0.3
    """Of those who are asked whether a payment is wanted, and do not say so by a tap: who ring."""
    answer_after: Spans = lognormal(3 * 60, 0.6)
    other: Rate = 0.0
    """Customers with devices, who ring about a bill, an address, a question."""
