"""From evidence to ranked parts: naive Bayes over groups of evidence, small enough to explain every number.

A part shows itself in groups (``Group``): any member tells the group, several members tell it once, so that fifteen codes
with one cause do not count fifteen times. With p = P(group | part) and q = P(group | no part that names it):

    log odds += log(p / q)              where the group shows
    log odds += log((1 - p) / (1 - q))  where it could have shown and does not

q comes from the catalogue: ``leak`` for trouble codes, larger for codes that are only pending, ``false_alarm`` for conditions
and symptoms. What cannot be known counts for nothing. Codes take their time: how much a code that is not there counts
grows with the time the device had to store it (``maturity``). A part that fails in several ways (``Way``) has a sum for each, for
within a way its groups are independent and between ways they are not; the part is as likely as its ways together. Evidence is not
quite independent even between groups, so all but the strongest sign of a part is multiplied by the catalogue's ``temper`` below 1;
without it the probabilities are too sure (Hand & Yu 2001, Idiot's Bayes). The strongest counts whole: a single clear code is no
less clear for being alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, Catalogue, Group, Meaning, Part, System, Wear, catalogue
from gateway.diagnosis.codes import Pattern, is_code, pattern
from gateway.diagnosis.conditions import Seen, Test
from gateway.diagnosis.knowledge import Knowledge

LEAK_CAP, PENDING_CAP = 0.04, 0.15
"""A family of codes leaks no more than this, however many it has."""
USUAL = 0.5
"""A condition with more false alarms is what is to be expected; that it fails is the news."""
STRAY_PENDING = 3
"""A code that cars carry about is pending so many times as often as it is confirmed."""
LEAKS_AS_MANY = 8
"""Spurious codes are spread thinly: a family leaks like the root of its size, up to this size."""
SYMPTOM_SILENCE = 0.3
"""How much it counts that a driver who told one symptom did not tell another."""
SYSTEM_GAIN = math.log(0.05 / 0.012)
"""For the parts of the J2012 system of a code that no part names: five in a hundred against one."""
LIKELY = 0.3
"""A part that shows a code as often is what the code is about."""
UNNAMED_GAIN = {UNKNOWN: math.log(0.3 / 0.004), NOTHING: math.log(0.05 / 0.004)}
"""For the answers that are no part, of a confirmed code that no part names: something not in the catalogue, or an old note."""
IMPOSSIBLE = 16.0
"""Log odds against the likeliest part at which a part is left out: one in nine million."""
WEAR_CAP = 1.2
"""Log of how much age or mileage may change a prior."""
TYPICAL_YEARS, TYPICAL_KM = 8.0, 100_000.0
"""Of the cars whose shares of faults the priors are; ACEA gives a mean age of 12 years in Europe, of cars with telemetry ours."""


_FITTING: Mapping[str, set[str]] = {
    "petrol": {"combustion", "petrol"},
    "diesel": {"combustion", "diesel"},
    "combustion": {"combustion", "petrol", "diesel"},
    "hybrid": {"hybrid"},
    "electric": {"electric"},
}
"""Powertrain → what a part may say it fits."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one device for one diagnosis."""

    told: Mapping[str, bool]
    """Trouble code, ``alarm:…``, ``symptom:…`` or payment reason → confirmed (``False``: only pending)."""
    seen: Seen
    maturity: float = 1.0
    """0 to 1: how much of the time that control units need for their codes has passed."""
    powertrain: str | None = None
    age_years: float | None = None
    mileage_km: float | None = None
    own_codes: Mapping[str, Meaning] = field(default_factory=dict)
    """What the make means by its own codes."""
    held: frozenset[str] = frozenset()
    """Conditions that held earlier in the episode: a voltage that sagged while cranking is evidence when it rests again."""
    failed: frozenset[str] = frozenset()
    """Conditions that were looked at earlier in the episode and did not hold."""
    patience: float = 1.0
    """The same of conditions: how much of the time has passed in which they show."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A compiled group of one part."""

    part: int
    way: int
    """Among the ways of all parts."""
    group: Group
    gain: float
    """Where a confirmed code, an alarm or a reason tells it."""
    pending_gain: float
    loss: float
    """Where it does not show; negative, or positive for what the part shows less often than chance."""
    coded: bool
    """It may be told by codes, alarms or reasons: their absence counts by maturity."""
    conditions: tuple[str, ...]
    symptoms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What follows from one piece of evidence. Everything needed to explain it; nothing of it is text yet."""

    catalogue: Catalogue
    evidence: Evidence
    posterior: tuple[tuple[float, str], ...]
    """Probability and part, likeliest first."""
    shown: Mapping[int, float]
    """Weight → what it added."""
    absent: frozenset[int]
    """Weights that could have shown and do not."""
    answers: Mapping[str, bool | None]
    """Condition → whether it holds."""
    ways: Mapping[str, int] = field(default_factory=dict)
    """Part → the likeliest of its ways."""

    @property
    def best(self) -> str:
        """The likeliest answer."""
        return self.posterior[0][1]

    def probability(self, part: str) -> float:
        """Return P(part | evidence)."""
        return next((share for share, name in self.posterior if name == part), 0.0)


class Model:
    """A catalogue made ready to be asked: which groups a code, a condition, a symptom tells, and what each is worth."""

    def __init__(self, known: Catalogue) -> None:
        self.known = known
        self.names = tuple(known.parts)
        self._parts = tuple(known.parts.values())
        self._index = {name: index for index, name in enumerate(self.names)}
        self._log_prior: list[float] = []
        self._part_of: list[int] = []
        self._ways_of: list[range] = []
        self.weights: list[Weight] = []
        self.of_way: dict[int, list[int]] = {}
        """Way → its weights."""
        self._of_condition: dict[str, list[int]] = {}
        self._of_name: dict[str, list[int]] = {}
        self._patterns: list[tuple[Pattern, int]] = []
        for index, part in enumerate(self._parts):
            self._add_part(index, part)
        self._sum_up()
        self._look_up(known)

    def _sum_up(self) -> None:
        """Add what belongs together, once all parts are there."""
        self._way_of = [weight.way for weight in self.weights]
        self._absent = [0.0] * len(self._part_of)
        for weight in self.weights:
            if weight.coded:
                self._absent[weight.way] += weight.loss
        self._wears = [(index, part.wear) for index, part in enumerate(self._parts) if part.wear is not None]
        self._unfit = {
            train: [index for index, part in enumerate(self._parts) if not fitting & set(part.fits)]
            for train, fitting in _FITTING.items()
        }
        self.symptomatic = [
            number for number, weight in enumerate(self.weights) if weight.symptoms and not weight.coded
        ]

    def _look_up(self, known: Catalogue) -> None:
        """Prepare what is looked up with each event: conditions, and answers that are remembered."""
        self._hits: dict[str, tuple[int, ...]] = {}
        self._likely: dict[str, frozenset[int]] = {}
        self._systems: dict[str, tuple[int, ...]] = {}
        self.system_of = lru_cache(maxsize=4_096)(self._system_of)
        """Trouble code → the system that it belongs to by its number; ``None`` for what is no trouble code, or in no range."""
        self.usual = frozenset(name for name, condition in known.conditions.items() if condition.false_alarm >= USUAL)
        """Conditions that hold in most sound cars."""
        self.of_codes = frozenset(name for name, condition in known.conditions.items() if condition.of_codes)
        """Conditions about the stored codes: those are remembered themselves."""
        self.tests = {name: condition.compiled() for name, condition in known.conditions.items()}
        self._held_gain = {
            name: [(number, math.log(self.weights[number].group.p / condition.false_alarm))
                   for number in self._of_condition.get(name, ())]
            for name, condition in known.conditions.items()
        }  # fmt: skip
        self._failed_loss = {
            name: [(number, self.weights[number].loss) for number in numbers if not self.weights[number].coded]
            for name, numbers in self._of_condition.items()
        }
        self.askable = lru_cache(maxsize=1_024)(self._askable_of)
        """Names of readings → the conditions that can be known by them, and their tests: a car tells the same names each time."""
        self._worn = lru_cache(maxsize=4_096)(self._wear_of)

    def _add_part(self, index: int, part: Part) -> None:
        """Compile a part: each of its ways by itself, one where it has no several."""
        first = len(self._part_of)
        ways = [(way.share, way.shows) for way in part.ways.values()] or [(1.0, ())]
        for share, shows in ways:
            for group in (*part.always, *shows):
                self._add(index, group)
            self._part_of.append(index)
            self._log_prior.append(math.log(part.prior * share))
        self._ways_of.append(range(first, len(self._part_of)))

    def _add(self, part: int, group: Group) -> None:
        number = len(self.weights)
        codes = [pattern(member) for member in group.any if self._is_told(member)]
        held = tuple(member for member in group.any if member in self.known.conditions)
        symptoms = tuple(member for member in group.any if member.startswith("symptom:"))
        leak, pending = self._leaks(codes)
        others = [self.known.conditions[name].false_alarm for name in held]
        others += [self.known.symptoms[name.partition(":")[2]].false_alarm for name in symptoms]
        chance = min(0.9, max([leak, *others]) if codes else max(others))
        loss = math.log((1 - group.p) / (1 - min(chance, 0.9)))
        gain = math.log(group.p / (leak if codes else chance))
        pending_gain = min(gain, math.log(group.p / pending)) if codes else gain
        way = len(self._part_of)
        self.weights.append(Weight(part, way, group, gain, pending_gain, loss, bool(codes), held, symptoms))
        self.of_way.setdefault(way, []).append(number)
        self._patterns += [(code, number) for code in codes]
        for name in held:
            self._of_condition.setdefault(name, []).append(number)
        for name in symptoms:
            self._of_name.setdefault(name, []).append(number)

    def _is_told(self, member: str) -> bool:
        return member not in self.known.conditions and not member.startswith("symptom:")

    def _leaks(self, codes: Iterable[Pattern]) -> tuple[float, float]:
        many = math.sqrt(min(LEAKS_AS_MANY, sum(code.size for code in codes) or 1))
        return min(LEAK_CAP, self.known.leak * many), min(PENDING_CAP, self.known.pending_leak * many)

    def hits(self, item: str) -> tuple[int, ...]:
        """Return the weights that a code, an alarm, a symptom or a reason tells."""
        found = self._hits.get(item)
        if found is None:
            matched = dict.fromkeys(number for code, number in self._patterns if code.matches(item))
            found = self._hits[item] = (*matched, *self._of_name.get(item, ()))
        return found

    def unrelated(self, codes: Iterable[str]) -> int:
        """Return how many of the codes have no likely part in common with one another: what one part does not explain."""
        seen: list[frozenset[int]] = []
        for code in codes:
            parts = self._likely.get(code)
            if parts is None:
                found = (self.weights[number] for number in self.hits(code))
                parts = frozenset(one.part for one in found if one.group.p >= LIKELY and not one.group.consequence)
                self._likely[code] = parts
            if parts and all(parts.isdisjoint(one) for one in seen):
                seen.append(parts)
        return len(seen)

    def _askable_of(self, names: frozenset[str]) -> tuple[tuple[str, Test], ...]:
        conditions = self.known.conditions
        return tuple((name, test) for name, test in self.tests.items() if conditions[name].can_be_known(names))

    def answers(self, evidence: Evidence) -> dict[str, bool | None]:
        """Return whether each condition holds; ``None`` where nobody can know."""
        seen = evidence.seen
        answers: dict[str, bool | None] = dict.fromkeys(self.tests)
        for name, test in self.askable(frozenset(seen.readings)):
            answers[name] = test(seen)
        for name in evidence.held:
            if name in answers and (answers[name] is None or name not in self.usual):
                answers[name] = True
        for name in evidence.failed:
            if name in answers and (answers[name] is None or name in self.usual):
                answers[name] = False
        return answers

    def rank(self, evidence: Evidence, answers: dict[str, bool | None] | None = None) -> Ranking:
        """Rank the parts. ``answers``: what ``answers`` returned, where that was asked before."""
        shown = self._told(evidence)
        answers = self.answers(evidence) if answers is None else answers
        self._show(answers, shown)
        absent = self._not_shown(evidence, shown, answers)
        logs = self._logs(evidence, self._scores(evidence, shown, absent))
        ways = {
            name: ways[0] if len(ways) == 1 else max(ways, key=logs.__getitem__)
            for name, ways in zip(self.names, self._ways_of, strict=True)
        }
        return Ranking(self.known, evidence, self._posterior(logs), shown, frozenset(absent), answers, ways)

    def _told(self, evidence: Evidence) -> dict[int, float]:
        shown: dict[int, float] = {}
        for item, confirmed in self._meant(evidence):
            stray = self.known.leaks.get(item, 0.0)
            for number in self.hits(item):
                weight = self.weights[number]
                gain = weight.gain if confirmed else weight.pending_gain
                if stray:
                    gain = min(gain, math.log(weight.group.p / (stray if confirmed else STRAY_PENDING * stray)))
                if gain > shown.get(number, -math.inf):
                    shown[number] = gain
        return shown

    @staticmethod
    def _meant(evidence: Evidence) -> Iterator[tuple[str, bool]]:
        """Yield what was told, a make's own codes as the generic codes they stand for too."""
        for item, confirmed in evidence.told.items():
            yield item, confirmed
            meaning = evidence.own_codes.get(item)
            for like in meaning.like if meaning else ():
                yield like, confirmed

    def _show(self, answers: Mapping[str, bool | None], shown: dict[int, float]) -> None:
        """Add the groups that the conditions tell that hold."""
        for name, holds in answers.items():
            if holds:
                for number, gain in self._held_gain[name]:
                    if gain > shown.get(number, -math.inf):
                        shown[number] = gain

    def _not_shown(
        self, evidence: Evidence, shown: Mapping[int, float], answers: Mapping[str, bool | None]
    ) -> dict[int, float]:
        """Return what could have shown and does not, and how much that counts, apart from what only codes tell."""
        failed = (self._failed_loss.get(name, ()) for name, holds in answers.items() if holds is False)
        absent = {number: loss for losses in failed for number, loss in losses if number not in shown}
        if any(item.startswith("symptom:") for item in evidence.told):
            for number in self.symptomatic:
                if number not in shown and number not in absent:
                    absent[number] = SYMPTOM_SILENCE * self.weights[number].loss
        return absent

    def _scores(self, evidence: Evidence, shown: Mapping[int, float], absent: Mapping[int, float]) -> list[float]:
        """Return what the evidence adds to each part's log odds: the strongest sign whole, the others tempered."""
        maturity, patience, way_of = evidence.maturity, evidence.patience, self._way_of
        scores = [maturity * loss for loss in self._absent]
        strongest = [0.0] * len(scores)
        for number, gain in shown.items():
            weight = self.weights[number]
            scores[weight.way] += gain - maturity * weight.loss if weight.coded else gain
            strongest[weight.way] = max(strongest[weight.way], gain)
        for number, loss in absent.items():
            scores[way_of[number]] += patience * loss
        for part, gain in self._by_system(evidence):
            for way in self._ways_of[part]:
                scores[way] += gain
                strongest[way] = max(strongest[way], gain)
        temper, whole = self.known.temper, 1 - self.known.temper
        return [temper * score + whole * most for score, most in zip(scores, strongest, strict=True)]

    def _by_system(self, evidence: Evidence) -> Iterator[tuple[int, float]]:
        """Yield what codes are worth that no part names: to the parts of their J2012 system, each system once."""
        done: set[int] = set()
        for code in evidence.told:
            meaning = evidence.own_codes.get(code)
            leak = self.known.leak if evidence.told[code] else self.known.pending_leak
            for name, p in meaning.parts.items() if meaning else ():
                yield self._index[name], max(0.0, math.log(p / leak))
            if meaning is None:
                unnamed = self._unnamed(code) if evidence.told[code] else {}
                gains = {**dict.fromkeys(self._parts_of_system(code), SYSTEM_GAIN), **unnamed}
                yield from ((index, gain) for index, gain in gains.items() if index not in done)
                done |= gains.keys()

    def _system_of(self, code: str) -> System | None:
        if not is_code(code):
            return None
        return next((system for system in self.known.systems if pattern(system.codes).matches(code)), None)

    def _unnamed(self, code: str) -> dict[int, float]:
        """Return what a code that nothing names is worth for the answers that are no part."""
        if not is_code(code) or self.hits(code):
            return {}
        return {self._index[name]: gain for name, gain in UNNAMED_GAIN.items()}

    def _parts_of_system(self, code: str) -> tuple[int, ...]:
        """Return the parts of the J2012 system of a code that no part names; none where one does."""
        found = self._systems.get(code)
        if found is None:
            named = any(self.names[self.weights[number].part] not in {UNKNOWN, NOTHING} for number in self.hits(code))
            system = None if named else self.system_of(code)
            parts = enumerate(self._parts)
            found = tuple(index for index, part in parts if system is not None and part.system in system.parts_of)
            self._systems[code] = found
        return found

    def _logs(self, evidence: Evidence, scores: list[float]) -> list[float]:
        """Return the log of each way's share of the whole, up to a constant."""
        logs = [prior + score for prior, score in zip(self._log_prior, scores, strict=True)]
        for part, change in self._worn(_to_half(evidence.age_years), _to_thousand(evidence.mileage_km)):
            for way in self._ways_of[part]:
                logs[way] += change
        for part in self._unfit.get(evidence.powertrain or "", ()):
            for way in self._ways_of[part]:
                logs[way] = -math.inf
        return logs

    def _posterior(self, logs: list[float]) -> tuple[tuple[float, str], ...]:
        top = max(logs)
        shares: dict[str, float] = {}
        for one, part in zip(logs, self._part_of, strict=True):
            if one > top - IMPOSSIBLE:
                name = self.names[part]
                shares[name] = shares.get(name, 0.0) + math.exp(one - top)
        total = sum(shares.values())
        return tuple(sorted([(share / total, name) for name, share in shares.items()], reverse=True))

    def _wear_of(self, age_years: float | None, mileage_km: float | None) -> tuple[tuple[int, float], ...]:
        """Return, of each part that wears, how age and mileage change the log of its prior."""
        if age_years is None and mileage_km is None:
            return ()
        return tuple((index, _worn(wear, age_years, mileage_km)) for index, wear in self._wears)


def _to_half(years: float | None) -> float | None:
    return None if years is None else round(years * 2) / 2


def _to_thousand(km: float | None) -> float | None:
    return None if km is None else round(km / 1000) * 1000.0


def _worn(wear: Wear, age_years: float | None, mileage_km: float | None) -> float:
    """Return the log of the hazard against that of a typical car: Weibull's (t / t₀)^(shape - 1)."""
    change = 0.0
    if wear.scale_years is not None and age_years is not None:
        age = min(max(age_years, 0.5), 1.5 * wear.scale_years)
        change += (wear.shape - 1) * math.log(age / min(TYPICAL_YEARS, wear.scale_years))
    if wear.scale_km is not None and mileage_km is not None:
        km = min(max(mileage_km, 5_000.0), 1.5 * wear.scale_km)
        change += (wear.shape - 1) * math.log(km / min(TYPICAL_KM, wear.scale_km))
    return max(-WEAR_CAP, min(WEAR_CAP, change))


@cache
def model(knowledge: Knowledge) -> Model:
    """Return the model of a catalogue, made once. Raises ``CatalogueError``."""
    return Model(catalogue(knowledge))
