"""How likely customers are to phone who have heard nothing, by what broke: a model with a version, shipped or learned. Pure.

The time from when a case is opened until its customer phones is log-normal. Its hazard falls late: who has waited longest is
not the likeliest to phone next, so whoever asks goes by the conditional probability, never by age.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gateway.finding import Domain, Finding

_ROOT = math.sqrt(2)
ANY = "any"
"""The class of whatever has none of its own."""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One class of faults: when its customers phone, from when the case was opened, and how long one speaks with them."""

    of: str
    """``vehicle/starter``, ``vehicle`` or ``any``: what broke in what kind of thing, the kind of thing, all there is."""
    median_s: float
    """Half have phoned by then."""
    sigma: float
    """Of the logarithm of that time."""
    talk_s: float
    """One conversation, on average."""
    phoned: int = 0
    """How many it was learned from; 0: figures of others, or ours."""
    unheard: int = 0
    """And how many of whom we know only that they had not phoned by then: we rang first, or the case was over."""

    def waits(self, for_s: float) -> float:
        """Return the probability that somebody has not phoned ``for_s`` seconds after their case was opened."""
        return 1.0 if for_s <= 0 else math.erfc(math.log(for_s / self.median_s) / self.sigma / _ROOT) / 2

    def phones(self, since_s: float, within_s: float) -> float:
        """Return the probability of phoning within so many seconds, of somebody whose case was opened ``since_s`` ago."""
        still = self.waits(since_s)
        return 1 - self.waits(since_s + within_s) / still if still > 0 else 0.0


@dataclass(frozen=True, slots=True)
class HazardModel:
    """The hazards of every class, and how customers answer: what a desk goes by from when it is adopted."""

    version: str
    classes: tuple[Hazard, ...]
    """One of them is ``any``."""
    answers: tuple[float, ...]
    """How often somebody answers whom we ring: the first time, after one vain attempt, …; the last holds from there on."""
    ring_s: float
    """An attempt that nobody answers."""
    holds_s: float
    """Who rang in hangs up after so long on average, at any time alike."""

    def hazard(self, finding: Finding | None) -> Hazard:
        """Return the hazard of a fault: of its part, else of its kind of device or domain, else of any."""
        names = classes_of(finding) if finding is not None else (ANY,)
        known = {one.of: one for one in self.classes}
        return next(known[name] for name in names if name in known)

    def answer(self, unanswered: int) -> float:
        """Return how likely somebody is to answer who did not ``unanswered`` times in a row."""
        return self.answers[min(unanswered, len(self.answers) - 1)]


def classes_of(finding: Finding) -> tuple[str, ...]:
    """Return the names of the classes that a fault is of, the narrowest first."""
    kind = finding.kind or str(finding.domain)
    return f"{kind}/{finding.part}", kind, str(finding.domain), ANY


TALK_S = 300.0
"""ContactBabel 2014: 300 to 381 s."""
USUAL = HazardModel(
    "usual-1",
    (
        Hazard(str(Domain.VEHICLE), 5 * 60.0, 0.8, TALK_S),  # [fit]
        Hazard(str(Domain.PAYMENT), 10 * 60.0, 0.8, TALK_S),  # [fit]
        Hazard(str(Domain.APPLIANCE), 4 * 3600.0, 0.8, TALK_S),  # [fit]
        Hazard(ANY, 10 * 60.0, 0.8, TALK_S),  # [fit]
    ),
    answers=(0.70, 0.35),  # the first: a number in their contacts (Hiya); after a vain attempt [fit]
    ring_s=15.0,  # Cisco UCCX
    holds_s=380.0,  # [fit]; 165 to 658 s (Zeltyn, Ozonetel)
)
"""Before anything was learned: published figures, and ours [fit]."""
