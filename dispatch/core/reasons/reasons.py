"""Who turned to us lately and why, and how often which reason is heard here. Changed by rows alone. Pure.

The desk and who folds a ledger remember the same. What agents say moves the shares of the reasons (Dirichlet prior): a house that
is rung about payments twice as often as the table has it expects that from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dispatch.core.actions import QueueCall
from dispatch.core.reasons.events import ReasonTold
from dispatch.core.reasons.model import Reason, Sign
from dispatch.core.reasons.weights import Evidence, chances, weights
from gateway.finding import Provenance

KEPT_S = 86_400.0
"""For so long it is remembered who turned to us, and a word about it counts."""
PRIOR = 100.0
"""As many calls weigh as much as what is usual: half by the shares that ship, half evenly, so that no single word about what
is rare counts for much [fit]."""
_MOST, _LEAST = 10.0, 0.1
"""No reason becomes more or less frequent than that, whatever is said."""


@dataclass(slots=True)
class Turned:
    """Somebody turned to us."""

    call: str
    customer: str
    at: float
    """POSIX seconds."""
    provenance: Provenance
    signs: tuple[Sign, ...]
    chosen: Reason | None = None
    before: Reason | None = None
    told: Reason | None = None
    """What it was about, as an agent said last."""

    @property
    def evidence(self) -> Evidence:
        """What was known."""
        return Evidence(self.signs, self.chosen, self.before)


@dataclass(slots=True)
class Tally:
    """How often a reason was told, of calls of one provenance, and how often it would have been by the table that ships."""

    told: float = 0.0
    expected: float = 0.0


@dataclass(frozen=True, slots=True)
class ReasonsStanding:
    """All of it written down."""

    turned: list[Turned] = field(default_factory=list)
    """Who turned to us first, first."""
    tallies: dict[Provenance, dict[Reason, Tally]] = field(default_factory=dict)


class Reasons:
    """What is remembered."""

    def __init__(self) -> None:
        self._of_call: dict[str, Turned] = {}
        self._of_customer: dict[str, list[Turned]] = {}
        """Customer → when they turned to us, the last time last."""
        self._tallies: dict[Provenance, dict[Reason, Tally]] = {}

    def tilt(self, provenance: Provenance) -> Mapping[Reason, float]:
        """Return how many times as frequent as usual each reason is here, by what agents said: 1 before they said anything."""
        tallies, shares = self._tallies.get(provenance, {}), weights().shares
        return {reason: _ratio(one, PRIOR * (shares[reason] + 1 / len(Reason)) / 2) for reason, one in tallies.items()}

    def before(self, customer: str, now: float) -> Reason | None:
        """Return what a customer turned to us about last, within the day; ``None``: they did not, or nobody said what it was."""
        mine = reversed(self._of_customer.get(customer, ()))
        return next((one.told for one in mine if one.told is not None and now - one.at <= KEPT_S), None)

    def queued(self, action: QueueCall, now: float) -> None:
        """Note that somebody turned to us, where it was expected why. One call counts once, however often it is queued."""
        expects = action.expects
        if expects is None or action.call in self._of_call:
            return
        self._forget_old(now)
        self._add(
            Turned(
                action.call,
                action.customer,
                now,
                action.provenance,
                expects.signs,
                expects.chosen,
                expects.before,
            )
        )

    def told(self, event: ReasonTold) -> None:
        """Note what an agent says it was; who corrects what was said takes that back. Of a call of long ago nothing is learned."""
        turned = self._of_call.get(event.call)
        if turned is None or turned.told is event.reason:
            return
        tallies = self._tallies.setdefault(turned.provenance, {one: Tally() for one in Reason})
        if turned.told is None:
            for reason, p in chances(turned.evidence, {}).items():
                tallies[reason].expected += p
        else:
            tallies[turned.told].told -= 1.0
        tallies[event.reason].told += 1.0
        turned.told = event.reason

    def forget(self, customer: str) -> None:
        """Remember nothing of a customer; the counts stay, which are nobody's."""
        for one in self._of_customer.pop(customer, ()):
            del self._of_call[one.call]

    def hand_over(self, stranger: str, customer: str) -> None:
        """It turned out who turned to us."""
        theirs = self._of_customer.pop(stranger, [])
        for one in theirs:
            one.customer = customer
        if theirs:
            both = [*self._of_customer.get(customer, ()), *theirs]
            self._of_customer[customer] = sorted(both, key=lambda one: one.at)

    def standing(self) -> ReasonsStanding:
        """Return it written down."""
        return ReasonsStanding(list(self._of_call.values()), self._tallies)

    def stand(self, standing: ReasonsStanding) -> None:
        """Take up what was written down."""
        self._of_call, self._of_customer = {}, {}
        for one in standing.turned:
            self._add(one)
        self._tallies = standing.tallies

    def _add(self, one: Turned) -> None:
        self._of_call[one.call] = one
        self._of_customer.setdefault(one.customer, []).append(one)

    def _forget_old(self, now: float) -> None:
        for name, one in list(self._of_call.items()):
            if now - one.at <= KEPT_S:
                return
            del self._of_call[name]
            theirs = self._of_customer[one.customer]
            theirs.remove(one)
            if not theirs:
                del self._of_customer[one.customer]


def _ratio(tally: Tally, prior: float) -> float:
    """Return by how much a reason is told more often than expected: the posterior mean of a share to what it was expected to be."""
    return min(_MOST, max(_LEAST, (prior + tally.told) / (prior + tally.expected)))
