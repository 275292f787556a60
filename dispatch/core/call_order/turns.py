"""Whose turn it is among the calls that wait, by the index; and what anybody may see of it beside the queue. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from math import exp

from dispatch.core.call_order.hazards import USUAL, HazardModel
from dispatch.core.call_order.index import BACK_WEIGHT, HOLDS_WEIGHT, STOP_WEIGHT, Placeable, in_order
from dispatch.core.call_order.unheard import Unheard
from dispatch.core.case import Call, Case
from gateway.finding import Drive

BACK_CAPS = 8
"""Who is rung back waits so many times as long as anybody else before they go before all others [fit]."""


@dataclass(slots=True)
class IndexTurns:
    """Orders waiting calls by what it is worth to place each next. Nothing is kept between them but the model and who waits."""

    case_of: Callable[[str], Case | None]
    """Returns an open case by name."""
    cap_s: float
    """Who has waited for so long is served before all who have not, who waited longest first."""
    unheard: Unheard
    """Who turned to us and was not spoken to."""
    model: HazardModel = USUAL
    """As adopted last (``HazardsAdopted``)."""

    def in_turn(self, calls: Iterable[Call], now: float, agents: int) -> Iterator[Call]:
        """Yield the calls that may be placed ``now``, whose turn it is first; ``agents``: how many there are.

        Whom a dispatcher wants rung, who waits for too long, then by the index.
        """
        ready = [call for call in calls if call.not_before <= now]
        first = {call.call: call for call in sorted(ready, key=self._longest) if self._before_all(call, now)}
        yield from first.values()
        left = {call.call: call for call in ready if call.call not in first}
        yield from (left[one.name] for one in in_order([self.placeable(call, now) for call in left.values()], agents))

    def placeable(self, call: Call, now: float) -> Placeable:
        """Return what is to be known of a call that may be placed ``now``.

        Who rang and was not spoken to can no more be rung before they phone: they count as who holds the line.
        """
        case = self.case_of(call.case or "")
        weight = STOP_WEIGHT if case is not None and case.finding.drive is Drive.STOP_NOW else 1.0
        hazard = self.model.hazard(case.finding if case is not None else None)
        if self.can_wait(call):
            weight *= BACK_WEIGHT
        elif call.inbound or (case is None and not call.back):
            return Placeable(call.call, weight * HOLDS_WEIGHT, hazard.talk_s, self._hangs_up)
        elif self.unheard.has_rung(call.customer):
            weight *= HOLDS_WEIGHT
        answers = self.model.answer(call.unanswered)
        attempt_s = answers * hazard.talk_s + (1 - answers) * self.model.ring_s
        since = case.opened_at if case is not None else call.not_before
        return Placeable(call.call, weight * answers, attempt_s, partial(hazard.phones, now - since))

    def can_wait(self, call: Call) -> bool:
        """Is it to somebody who hung up, once? Most rang about a bill; whoever is in need rings again."""
        return call.back and not self.unheard.in_need(call.customer)

    def _before_all(self, call: Call, now: float) -> bool:
        waits_s = now - self._since(call)
        return call.hastened or waits_s >= self.cap_s * (BACK_CAPS if self.can_wait(call) else 1)

    def _longest(self, call: Call) -> tuple[bool, float, str]:
        return not call.hastened, self._since(call), call.call

    def _since(self, call: Call) -> float:
        """Return since when somebody waits: who must not drive on, or of whom nothing is known, from their first call on."""
        case = self.case_of(call.case or "")
        waits_on = case is None or case.finding.drive is Drive.STOP_NOW
        return self.unheard.since(call.customer, call.not_before) if waits_on else call.not_before

    def _hangs_up(self, within_s: float) -> float:
        """Return the probability that somebody who holds the line hangs up within so many seconds."""
        return 1 - exp(-within_s / self.model.holds_s)
