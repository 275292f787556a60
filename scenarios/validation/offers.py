"""Offers against what is known of them: ways of choosing judged from the log of another; none where nothing may be offered.

A world in which it is known how likely whom takes what. The house offers as it does, by Thompson sampling, and learns from each
answer; from its log two other ways are judged. Their true worth is a sum over all who may come, and the 95% intervals are to hold
it in 95% of the logs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from dispatch.core.offers.actions import ProposeOffer
from dispatch.core.offers.deciding import decide
from dispatch.core.offers.events import OfferSought
from dispatch.core.offers.forbidden import CallSituation, PastOffer
from dispatch.core.offers.products import HeldProduct, HouseOffer, OwnedDevice, fitting, segment_of
from dispatch.core.offers.rules import DAY_S, OfferPolicy
from dispatch.core.offers.sampling import OfferCandidate, Tried, Weighed, choose
from dispatch.core.policy import Policy
from gateway.errors import InternalError
from gateway.finding import Domain
from scenarios.learning.offers import (
    CONFIDENCE,
    EstimatedValue,
    LoggedOffer,
    OfferChoice,
    each_alike,
    largest_value,
    self_normalised,
    weighted,
)
from scenarios.story.loader import StoryError
from scenarios.story.offers import Offers
from scenarios.story.schema import Story
from scenarios.story.streams import Streams
from scenarios.validation.answer import Answer, Known, RunFigure

LOGS = 10
"""Of each seed; a hundred seeds are a thousand."""
JUDGED: dict[str, OfferChoice] = {"largest value": largest_value, "each alike": each_alike}
HOLDINGS: dict[str, tuple[float, tuple[HeldProduct, ...]]] = {
    "none": (0.2, ()),
    "little": (0.3, (HeldProduct("a", "current_account", "", 650_00, "EUR"),)),
    "much": (0.5, (HeldProduct("a", "savings_account", "0.5", 4_650_00, "EUR"),)),
}
"""How many hold what, in the world that is known."""
CAR, OLD_CAR, APPLIANCE = (
    OwnedDevice("v/car-1", Domain.VEHICLE, 2025),
    OwnedDevice("v/car-1", Domain.VEHICLE, 2015),
    OwnedDevice("v/kitchen-1", Domain.APPLIANCE, 2024),
)
OWNED: dict[str, tuple[float, tuple[OwnedDevice, ...]]] = {
    "car": (0.3, (CAR,)),
    "old car": (0.3, (OLD_CAR,)),
    "appliance": (0.25, (APPLIANCE,)),
    "both": (0.15, (OLD_CAR, APPLIANCE)),
}
YEAR = 2026


class ForbiddenOffer(InternalError):  # noqa: N818 - says what happened
    """Something was offered where nothing may be, or nothing where something may."""


@dataclass(frozen=True, slots=True)
class Comer:
    """Whoever may come, and how likely: their segment, and what fits them."""

    share: float
    segment: str
    fits: tuple[HouseOffer, ...]


@dataclass(frozen=True, slots=True)
class KnownWorld:
    """Everybody who may come, and how likely they take what."""

    everybody: tuple[Comer, ...]
    takes: Offers
    rules: OfferPolicy

    def worth(self, choice: OfferChoice) -> float:
        """Return what a way of choosing truly brings for each offer, minor units."""
        return sum(
            one.share * share * self.takes.chance(one.segment, offer.offer) * offer.value
            for one in self.everybody
            for offer in one.fits
            if (share := choice([_weighed(fit) for fit in one.fits]).get(offer.offer, 0.0))
        )

    def log(self, dice: np.random.Generator, name: str, calls: int) -> list[LoggedOffer]:
        """Have a house offer things on so many calls, and learn from each answer."""
        tried: dict[tuple[str, str], Tried] = {}
        log = []
        shares = [one.share for one in self.everybody]
        for number, who in enumerate(dice.choice(len(self.everybody), calls, p=shares)):
            one = self.everybody[int(who)]
            candidates = [
                OfferCandidate(fit.offer, fit.value, tried.get((one.segment, fit.offer), Tried())) for fit in one.fits
            ]
            chosen = choose(f"{name}/{number}", candidates, self.rules.explore)
            taken = bool(dice.random() < self.takes.chance(one.segment, chosen.offer))
            value = next(fit.value for fit in one.fits if fit.offer == chosen.offer)
            log.append(LoggedOffer(one.segment, chosen.offer, chosen.propensity, chosen.among, float(value * taken)))
            before = tried.get((one.segment, chosen.offer), Tried())
            tried[one.segment, chosen.offer] = Tried(before.yes + taken, before.no + (not taken))
        return log


def known_world(story: Story) -> KnownWorld:
    """Return the world of a story. Raises ``StoryError``."""
    rules, found = _rules(story), []
    for (one, held), (other, owns) in product(HOLDINGS.values(), OWNED.values()):
        fits = tuple(fit.offer for fit in fitting(rules.catalogue, held, owns, YEAR))
        if fits:
            found.append(Comer(one * other, segment_of(held), fits))
    whole = sum(one.share for one in found)
    everybody = tuple(replace(one, share=one.share / whole) for one in found)
    return KnownWorld(everybody, story.offers or Offers(), rules)


def _weighed(offer: HouseOffer) -> Weighed:
    return Weighed(offer.offer, offer.value, 0, 0, 0.0)


def known_coverage(story: Story) -> dict[str, Known]:
    """Return how often 95% intervals hold the truth, and that estimates are right in the mean. Raises ``StoryError``."""
    _rules(story)
    found = {
        _covers(name, how): Known(CONFIDENCE, "Neyman") for name in JUDGED for how in ("weighted", "self-normalised")
    }
    return found | {_right(name): Known(1.0, "Horvitz-Thompson", 0.0) for name in JUDGED}


def seen_coverage(story: Story, seed: int) -> dict[str, RunFigure]:
    """Judge ways of choosing from logs, and see how often the intervals hold the truth."""
    world, calls = known_world(story), _calls(story)
    truth = {name: world.worth(choice) for name, choice in JUDGED.items()}
    covered: dict[str, list[float]] = {}
    for number in range(LOGS):
        dice = Streams(seed).keyed("offers logged", number)
        log = world.log(dice, f"{seed}/{number}", calls)
        for name, choice in JUDGED.items():
            by: dict[str, EstimatedValue] = {
                "weighted": weighted(log, choice),
                "self-normalised": self_normalised(log, choice),
            }
            for how, estimate in by.items():
                covered.setdefault(_covers(name, how), []).append(estimate.covers(truth[name]))
            covered.setdefault(_right(name), []).append(by["weighted"].value / truth[name])
    return {name: RunFigure(float(np.mean(values)), LOGS) for name, values in covered.items()}


def _covers(name: str, how: str) -> str:
    return f"{name}: {how} holds the truth"


def _right(name: str) -> str:
    return f"{name}: estimate to truth"


# --- never where it is forbidden ---------------------------------------------------------------------------------------

AGAINST: dict[str, float] = {
    "silent": 0.05,
    "consent": 0.3,
    "vulnerable": 0.05,
    "distress": 0.05,
    "danger": 0.05,
    "fraud": 0.03,
    "complaint": 0.05,
    "dispute": 0.03,
    "twice": 0.05,
    "waited": 0.1,
    "lost": 0.05,
    "owed": 0.1,
    "lately": 0.1,
}
"""What speaks against an offer in the situations that are drawn, and how often: each by itself."""
NOW = 1_780_000_000.0
MADE = "made where nothing speaks against it"


def known_forbidden(story: Story) -> dict[str, Known]:
    """Return in how many situations something may be offered: in no other is anything. Raises ``StoryError``."""
    rules = _rules(story)
    nobody = sum(
        one * other
        for (one, held), (other, owns) in product(HOLDINGS.values(), OWNED.values())
        if not fitting(rules.catalogue, held, owns, YEAR)
    )
    allowed = float(np.prod([1 - share for share in AGAINST.values()]))
    return {MADE: Known(allowed * (1 - nobody), "a product of chances")}


def seen_forbidden(story: Story, seed: int) -> dict[str, RunFigure]:
    """Draw situations, and see in how many something is offered. Raises ``ForbiddenOffer`` for one where it must not, or is not."""
    rules, count = _rules(story), _calls(story)
    made = 0
    for number, (sought, found, may) in enumerate(_situations(Streams(seed).stream("situations"), rules, count)):
        decided = decide(sought, found, lambda _segment, _offer: Tried(), rules, NOW)
        if isinstance(decided, ProposeOffer) is not may:
            raise ForbiddenOffer(f"situation {number} of seed {seed}: {decided}, where {found} and {sought}")
        made += may
    return {MADE: RunFigure(made / count, count)}


def _situations(
    dice: np.random.Generator, rules: OfferPolicy, count: int
) -> Iterator[tuple[OfferSought, CallSituation, bool]]:
    """Yield who is spoken with, how it stands, and whether something may be offered, as this file says it."""
    holdings, owned = list(HOLDINGS.values()), list(OWNED.values())
    held = dice.choice(len(holdings), count, p=[share for share, _ in holdings])
    owns = dice.choice(len(owned), count, p=[share for share, _ in owned])
    luck = dice.random((count, len(AGAINST))) < np.array(list(AGAINST.values()))
    which = dice.random((count, 3))
    for number in range(count):
        is_so = dict(zip(AGAINST, luck[number].tolist(), strict=True))
        mine, theirs = holdings[held[number]][1], owned[owns[number]][1]
        sought = OfferSought(
            f"r/{number}",
            f"in/{number}",
            1,
            "c",
            "en",
            "simulated",
            may_offers=not is_so["consent"],
            held=mine,
            owns=theirs,
        )
        may = not any(is_so.values()) and bool(fitting(rules.catalogue, mine, theirs, YEAR))
        yield sought, _situation(is_so, rules, which[number].tolist()), may


def _situation(is_so: dict[str, bool], rules: OfferPolicy, which: list[float]) -> CallSituation:
    concern = "distress" if which[0] < 0.5 else "bereavement"  # noqa: PLR2004 - either
    past: list[PastOffer] = [PastOffer("gone_by", NOW - rules.within_s - which[1] * 100 * DAY_S, "no")]
    if is_so["lately"]:
        past += [PastOffer("lately", NOW - which[2] * rules.within_s) for _ in range(rules.most)]
    return CallSituation(
        speaks=not is_so["silent"],
        agrees=not is_so["consent"],
        vulnerable=is_so["vulnerable"],
        concern="complaint" if is_so["complaint"] else concern if is_so["distress"] else "",  # type: ignore[arg-type] # concerns
        danger=is_so["danger"],
        fraud=is_so["fraud"],
        disputes=is_so["dispute"],
        told_twice=is_so["twice"],
        waited_s=rules.long_wait_s * (1 + which[1] if is_so["waited"] else which[1] * 0.99),
        lost=is_so["lost"],
        owed=is_so["owed"],
        past=tuple(past),
    )


def _rules(story: Story) -> OfferPolicy:
    policy: Policy = story.policy.desk()
    if not policy.offers.makes or story.offers is None:
        message = "policy.offers: offers are judged of a house that makes any (true), in a story that says who takes them (offers)"
        raise StoryError(message)
    return policy.offers


def _calls(story: Story) -> int:
    count = round(story.calls.rate * story.duration)
    if count < 2:  # noqa: PLR2004 - as the sentence says
        message = "calls.rate: at this rate fewer than two calls come within the story's duration"
        raise StoryError(message)
    return count


OFFERS_JUDGED = Answer(known_coverage, seen_coverage)
OFFERS_FORBIDDEN = Answer(known_forbidden, seen_forbidden)
