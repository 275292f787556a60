"""Learns when customers phone: a log-normal for each class, where our own calls, and whatever else came first, censor.

The fit is SciPy's maximum likelihood of censored data; Kaplan and Meier's estimate, which assumes no form, stands beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

import numpy as np
from scipy import stats

from dispatch.core.call_order.hazards import ANY, Hazard, HazardModel
from gateway.errors import OperatorError
from scenarios.learning.phoning import Attempt, Hold, Seen, Spell, by_class

FEWEST = 10
"""Of fewer who phoned nothing is learned of a class."""
FEWEST_ATTEMPTS = 30
SOON_S = 120.0
INSTANT_S = 1e-3
SIGMA, MEDIAN_S, SPAN_S = (0.05, 5.0), (1.0, 365 * 86_400.0), (1.0, 86_400.0)
"""Within which what is learned may lie."""


class NothingToLearn(OperatorError):  # noqa: N818 - says what is the matter
    """A ledger in which too few customers phoned."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, and for each class what Kaplan and Meier say of the first two minutes."""

    model: HazardModel
    phoned_soon: dict[str, float]
    """Class → the share of customers who phone within two minutes of the opening, by Kaplan and Meier."""


def learned(seen: Seen, before: HazardModel) -> Learned:
    """Learn from what a ledger shows; of whatever it shows too little of, ``before`` is kept. Raises ``NothingToLearn``."""
    classes = {name: mine for name, mine in by_class(seen.spells).items() if _phoned(mine) >= FEWEST}
    if not classes:
        phoned = _phoned(seen.spells)
        raise NothingToLearn(f"{phoned} customers phoned about what we knew of; {FEWEST} of one class are the least")
    known = {one.of: one for one in before.classes}
    hazards = known | {name: _hazard(name, mine, seen.attempts, known[ANY]) for name, mine in classes.items()}
    model = HazardModel(
        "",
        tuple(hazards[name] for name in sorted(hazards)),
        _answers(seen.attempts, before),
        _mean([one.seconds for one in seen.attempts if not one.answered], before.ring_s),
        _holds_s(seen.holds, before),
    )
    return Learned(_with_version(model), {name: kaplan_meier(mine, SOON_S) for name, mine in classes.items()})


def kaplan_meier(spells: Sequence[Spell], within_s: float) -> float:
    """Return the share that phones within so many seconds of the opening, whatever its form."""
    return float(stats.ecdf(_censored(spells)).cdf.evaluate([within_s])[0])


def lognormal(spells: Sequence[Spell]) -> tuple[float, float]:
    """Return the median, seconds, and the sigma that make what was seen the likeliest."""
    sigma, _, median = stats.lognorm.fit(_censored(spells), floc=0)
    return round(float(np.clip(median, *MEDIAN_S)), 1), round(float(np.clip(sigma, *SIGMA)), 4)


def _censored(spells: Sequence[Spell]) -> stats.CensoredData:
    phoned, unheard = (
        [max(INSTANT_S, one.seconds) for one in spells if one.phoned is which] for which in (True, False)
    )
    return stats.CensoredData(phoned, right=unheard)


def _hazard(name: str, spells: Sequence[Spell], attempts: Iterable[Attempt], usual: Hazard) -> Hazard:
    median_s, sigma = lognormal(spells)
    talks = [one.seconds for one in attempts if one.answered and name in one.classes]
    phoned = _phoned(spells)
    return Hazard(name, median_s, sigma, _mean(talks, usual.talk_s), phoned, len(spells) - phoned)


def _answers(attempts: Sequence[Attempt], before: HazardModel) -> tuple[float, ...]:
    """Return how often customers answered, by how many attempts before were in vain, as far as there are enough."""
    found = list[float]()
    while True:
        mine = [one.answered for one in attempts if one.unanswered == len(found)]
        if len(mine) < FEWEST_ATTEMPTS:
            return tuple(found) or before.answers
        found.append(round(fmean(mine), 4))


def _holds_s(holds: Sequence[Hold], before: HazardModel) -> float:
    """Return the mean patience of who holds the line: all the time they held it to how many hung up (exponential)."""
    hung_up = sum(one.hung_up for one in holds)
    if hung_up < FEWEST:
        return before.holds_s
    return _span_s(sum(one.seconds for one in holds) / hung_up)


def _mean(seconds: Sequence[float], usual: float) -> float:
    return _span_s(fmean(seconds)) if len(seconds) >= FEWEST_ATTEMPTS else usual


def _span_s(seconds: float) -> float:
    return round(float(np.clip(seconds, *SPAN_S)), 1)


def _phoned(spells: Iterable[Spell]) -> int:
    return sum(one.phoned for one in spells)


def _with_version(model: HazardModel) -> HazardModel:
    """Name a model after what it says: the same ledger gives the same version."""
    said = json.dumps(asdict(model), sort_keys=True).encode()
    version = f"learned-{hashlib.sha256(said).hexdigest()[:12]}"
    return HazardModel(version, model.classes, model.answers, model.ring_s, model.holds_s)
