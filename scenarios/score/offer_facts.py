"""What a ledger tells of offers: what was offered to whom, and how it was taken."""

from __future__ import annotations

from dataclasses import dataclass, field

from dispatch.core.ids import attempt_key
from dispatch.core.offers.actions import ProductAction, ProposeOffer
from dispatch.core.offers.events import OfferAnswered, OfferEvent


@dataclass(slots=True)
class OfferFacts:
    """All offers, by the attempt at the call."""

    made: dict[str, ProposeOffer] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    """How often it was asked whether something is to be offered."""

    def happened(self, event: OfferEvent) -> None:
        """Take what was heard."""
        if isinstance(event, OfferAnswered):
            self.answers.setdefault(attempt_key(event.call, event.attempt), event.answer)
        else:
            self.asked += 1

    def decided(self, action: ProductAction) -> None:
        """Take what was decided."""
        if isinstance(action, ProposeOffer):
            self.made[attempt_key(action.call, action.attempt)] = action

    @property
    def taken(self) -> int:
        """How many were taken."""
        return sum(self.answers.get(name) == "yes" for name in self.made)
