"""What was offered to whom, and how it was taken. Changed by rows alone: the desk and who folds a ledger remember alike. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import assert_never

from dispatch.core.events import ConsentChanged, CustomerErased, DataExpired, PrivacyEvent
from dispatch.core.ids import attempt_key
from dispatch.core.offers.actions import OpenProduct, ProductAction, ProposeOffer, WithholdOffer
from dispatch.core.offers.events import OfferAnswered, OfferEvent, OfferSought
from dispatch.core.offers.forbidden import PastOffer
from dispatch.core.offers.products import Segment
from dispatch.core.offers.rules import DAY_S
from dispatch.core.offers.sampling import Tried
from dispatch.core.routing.events import NumberConfirmed

KEPT_S = 200 * DAY_S
"""For so long it is remembered what somebody was offered: longer than anything hangs on it."""


@dataclass(slots=True)
class MadeOffer:
    """An offer that was made. ``at``: POSIX seconds."""

    proposed: ProposeOffer
    at: float
    answer: str = ""


@dataclass(frozen=True, slots=True)
class OfferStanding:
    """All that is remembered, written down."""

    made: list[MadeOffer] = field(default_factory=list)
    tried: dict[str, Tried] = field(default_factory=dict)
    """``{segment}/{offer}`` → how it was taken."""


class MadeOffers:
    """Every offer of the last months, by the attempt at the call, and how offers were taken in each segment."""

    def __init__(self) -> None:
        self.made: dict[str, MadeOffer] = {}
        self.tried: dict[str, Tried] = {}
        self._of_customer: dict[str, dict[str, MadeOffer]] = {}

    def on(self, call: str, attempt: int) -> MadeOffer | None:
        """Return what was offered on a call; ``None``: nothing was."""
        return self.made.get(attempt_key(call, attempt))

    def past(self, customer: str) -> tuple[PastOffer, ...]:
        """Return what a customer was offered."""
        mine = self._of_customer.get(customer, {}).values()
        return tuple(PastOffer(one.proposed.offer, one.at, one.answer) for one in mine)

    def taken(self, segment: Segment, offer: str) -> Tried:
        """Return how an offer was taken in a segment."""
        return self.tried.get(f"{segment}/{offer}", Tried())

    def happened(self, event: OfferEvent) -> None:
        """Note what was heard."""
        match event:
            case OfferSought():
                pass  # what is decided about it is a row
            case OfferAnswered():
                self._answered(event)
            case _:
                assert_never(event)

    def decided(self, action: ProductAction, now: float) -> None:
        """Note what was decided."""
        match action:
            case ProposeOffer():
                self._forget_old(now)
                self._keep(MadeOffer(action, now))
            case WithholdOffer() | OpenProduct():
                pass
            case _:
                assert_never(action)

    def agreed(self, event: PrivacyEvent) -> None:
        """Remember nothing of who is erased, but how many took what."""
        match event:
            case CustomerErased():
                for name in self._of_customer.pop(event.customer, {}):
                    del self.made[name]
            case DataExpired(what="words"):
                for one in [one for one in self.made.values() if one.at < event.before]:
                    one.proposed = replace(one.proposed, text="", rate_held="", gain=0)
            case ConsentChanged() | NumberConfirmed() | DataExpired():
                pass  # it is asked again each time
            case _:
                assert_never(event)

    def standing(self) -> OfferStanding:
        """Return all of it, to be written down."""
        return OfferStanding(list(self.made.values()), dict(self.tried))

    def stand(self, standing: OfferStanding) -> None:
        """Take up what was written down."""
        self.made, self._of_customer = {}, {}
        for one in standing.made:
            self._keep(one)
        self.tried = dict(standing.tried)

    def _keep(self, one: MadeOffer) -> None:
        name = attempt_key(one.proposed.call, one.proposed.attempt)
        self.made[name] = one
        self._of_customer.setdefault(one.proposed.customer, {})[name] = one

    def _answered(self, event: OfferAnswered) -> None:
        one = self.on(event.call, event.attempt)
        if one is None or one.answer or one.proposed.customer != event.customer:
            return
        one.answer = event.answer
        key = f"{one.proposed.segment}/{one.proposed.offer}"
        before, took = self.tried.get(key, Tried()), event.answer == "yes"
        self.tried[key] = Tried(before.yes + took, before.no + (not took))

    def _forget_old(self, now: float) -> None:
        for name, one in list(self.made.items()):  # in the order in which they were made
            if now - one.at <= KEPT_S:
                return
            del self.made[name]
            mine = self._of_customer[one.proposed.customer]
            del mine[name]
            if not mine:
                del self._of_customer[one.proposed.customer]
