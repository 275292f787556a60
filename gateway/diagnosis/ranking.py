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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import NamedTuple

from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, Catalogue, Group, Meaning, Part, System, Wear, catalogue
from gateway.diagnosis.codes import Pattern, is_code, pattern
from gateway.diagnosis.condition_sums import Answered, ConditionSums, Sign, Sums, on_grid
from gateway.diagnosis.condition_table import Answers, ConditionTable
from gateway.diagnosis.conditions import Seen
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
SYSTEM_GAIN = on_grid(math.log(0.05 / 0.012))
"""For the parts of the J2012 system of a code that no part names: five in a hundred against one."""
LIKELY = 0.3
"""A part that shows a code as often is what the code is about."""
UNNAMED_GAIN = {UNKNOWN: on_grid(math.log(0.3 / 0.004)), NOTHING: on_grid(math.log(0.05 / 0.004))}
"""For the answers that are no part, of a confirmed code that no part names: something not in the catalogue, or an old note."""
IMPOSSIBLE = 16.0
"""Log odds against the likeliest part at which a part is left out: one in nine million."""
WEAR_CAP = 1.2
"""Log of how much age or mileage may change a prior."""
CODES_KNOWN = 4_096
"""Of so many codes, alarms and the like it is known by heart what they tell."""
PRIORS_KNOWN = 512
"""Of so many ages and mileages it is known by heart how likely which part is before anything is known."""
DIAGNOSES_KNOWN = 256
"""So many diagnoses are known by heart: what is told again from one report to the next is not worked out again."""
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
    device: str = ""
    """Whose it is: what its last diagnosis came to is gone on with."""


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
    answers: Mapping[str, bool | None]
    """Condition → whether it holds."""
    logs: Sequence[float]
    """Of each way of each part: the log of its share of the whole, up to a constant."""

    @property
    def best(self) -> str:
        """The likeliest answer."""
        return self.posterior[0][1]

    def probability(self, part: str) -> float:
        """Return P(part | evidence)."""
        return next((share for share, name in self.posterior if name == part), 0.0)


class Circumstances(NamedTuple):
    """What one diagnosis depends on beside what was told and the answers: see ``Evidence``."""

    maturity: float
    patience: float
    powertrain: str | None
    age_years: float | None
    """In halves."""
    mileage_km: float | None
    """In thousands."""


class _Weighed(NamedTuple):
    """What evidence comes to: see ``Ranking``."""

    posterior: tuple[tuple[float, str], ...]
    logs: Sequence[float]


class _TellTale(NamedTuple):
    """What comes of all that was told."""

    gains: Mapping[int, float]
    """Weight → what it is worth that it shows, as strongly as its strongest member does."""
    of_ways: tuple[tuple[int, float], ...]
    """Ways, and what codes are worth to each that no part names."""
    asked: bool
    """A driver told a symptom, and would have told others."""


Told = tuple[tuple[str, bool], ...]
"""What was told, and whether it is confirmed."""
Meanings = Mapping[str, Meaning]
_NONE: Meanings = MappingProxyType({})


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
        self._of_name: dict[str, list[int]] = {}
        self._patterns: list[tuple[Pattern, int]] = []
        """Families and ranges of codes, and the weights that they tell."""
        for index, part in enumerate(self._parts):
            self._add_part(index, part)
        self._sum_up()
        self._look_up(known)

    def _sum_up(self) -> None:
        """Add what belongs together, once all parts are there."""
        self._named = [self.names[part] for part in self._part_of]
        self._wears = [(index, part.wear) for index, part in enumerate(self._parts) if part.wear is not None]
        self._unfit = {
            train: [
                way
                for index, part in enumerate(self._parts)
                if not fitting & set(part.fits)
                for way in self._ways_of[index]
            ]
            for train, fitting in _FITTING.items()
        }
        numbers = {name: index for index, name in enumerate(self.known.conditions)}
        signs = [self._sign(weight, numbers) for weight in self.weights]
        self._sums = ConditionSums(signs, len(numbers), len(self._part_of))
        self._unsaid = {
            number: (weight.way, on_grid(SYMPTOM_SILENCE * weight.loss), [numbers[name] for name in weight.conditions])
            for number, weight in enumerate(self.weights)
            if weight.symptoms and not weight.coded
        }
        """What a driver who told one symptom would have told, too, where no condition says more of it."""
        self._all_unsaid = [0.0] * len(self._part_of)
        for way, loss, _ in self._unsaid.values():
            self._all_unsaid[way] += loss
        self._judged_too = [number for number, (_, _, conditions) in self._unsaid.items() if conditions]

    def _sign(self, weight: Weight, numbers: Mapping[str, int]) -> Sign:
        known = self.known.conditions
        shows = tuple(
            (numbers[name], on_grid(math.log(weight.group.p / known[name].false_alarm))) for name in weight.conditions
        )
        return Sign(weight.way, shows, weight.loss, weight.coded)

    def _look_up(self, known: Catalogue) -> None:
        """Prepare what is looked up with each event: conditions, and answers that are remembered."""
        conditions = known.conditions
        self.hits = lru_cache(CODES_KNOWN)(self._hits)
        """Code, alarm, symptom or reason → the weights that it tells."""
        self.system_of = lru_cache(CODES_KNOWN)(self._system_of)
        """Trouble code → the system that it belongs to by its number; ``None`` for what is no trouble code, or in no range."""
        self._gains_of = lru_cache(CODES_KNOWN)(self._gains)
        self._system_gains_of = lru_cache(CODES_KNOWN)(self._system_gains)
        self._likely_of = lru_cache(CODES_KNOWN)(self._likely)
        self._priors_of = lru_cache(PRIORS_KNOWN)(self._priors)
        self._told_by = lru_cache(CODES_KNOWN)(partial(self._all_told, _NONE))
        self._weighed = lru_cache(DIAGNOSES_KNOWN)(partial(self._weigh, _NONE))
        """The same evidence again, as of each report of an episode that goes on, weighs the same."""
        self.usual = frozenset(name for name, condition in conditions.items() if condition.false_alarm >= USUAL)
        """Conditions that hold in most sound cars."""
        self.of_codes = frozenset(name for name, condition in conditions.items() if condition.of_codes)
        """Conditions about the stored codes: those are remembered themselves."""
        self.tests = {name: condition.compiled() for name, condition in conditions.items()}
        self._table = ConditionTable(conditions, self.tests)
        self._alarms = ConditionTable({name: one for name, one in conditions.items() if one.alarms}, self.tests)

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
        loss = on_grid(math.log((1 - group.p) / (1 - min(chance, 0.9))))
        gain = on_grid(math.log(group.p / (leak if codes else chance)))
        pending_gain = min(gain, on_grid(math.log(group.p / pending))) if codes else gain
        way = len(self._part_of)
        self.weights.append(Weight(part, way, group, gain, pending_gain, loss, bool(codes), held, symptoms))
        self.of_way.setdefault(way, []).append(number)
        self._patterns += [(code, number) for code in codes if code.several]
        for name in (*(code.first for code in codes if not code.several), *symptoms):
            self._of_name.setdefault(name, []).append(number)

    def _is_told(self, member: str) -> bool:
        return member not in self.known.conditions and not member.startswith("symptom:")

    def _leaks(self, codes: Iterable[Pattern]) -> tuple[float, float]:
        many = math.sqrt(min(LEAKS_AS_MANY, sum(code.size for code in codes) or 1))
        return min(LEAK_CAP, self.known.leak * many), min(PENDING_CAP, self.known.pending_leak * many)

    def _hits(self, item: str) -> tuple[int, ...]:
        told = (number for code, number in self._patterns if code.matches(item))
        return tuple(sorted({*told, *self._of_name.get(item, ())}))

    def unrelated(self, codes: Iterable[str]) -> int:
        """Return how many of the codes have no likely part in common with one another: what one part does not explain."""
        seen: list[frozenset[int]] = []
        for code in codes:
            parts = self._likely_of(code)
            if parts and all(parts.isdisjoint(one) for one in seen):
                seen.append(parts)
        return len(seen)

    def _likely(self, code: str) -> frozenset[int]:
        found = (self.weights[number] for number in self.hits(code))
        return frozenset(one.part for one in found if one.group.p >= LIKELY and not one.group.consequence)

    def alarms(self, seen: Seen) -> bool:
        """Tell whether readings alarm: a diagnosis is made though nothing complains."""
        return True in self._alarms.answers(seen).values()

    def answers(self, evidence: Evidence) -> Answers:
        """Return whether each condition holds; ``None`` where nobody can know."""
        answers = self._table.answers(evidence.seen)
        for name in evidence.held:
            if name in answers and (answers[name] is None or name not in self.usual):
                answers[name] = True
        for name in evidence.failed:
            if name in answers and (answers[name] is None or name in self.usual):
                answers[name] = False
        return answers

    def rank(self, evidence: Evidence, answers: Answers | None = None) -> Ranking:
        """Rank the parts. ``answers``: what ``answers`` returned, where that was asked before."""
        answers = self.answers(evidence) if answers is None else answers
        told, own, found = tuple(evidence.told.items()), evidence.own_codes, tuple(answers.values())
        around = Circumstances(
            evidence.maturity,
            evidence.patience,
            evidence.powertrain,
            _to_half(evidence.age_years),
            _to_thousand(evidence.mileage_km),
        )
        sums = self._sums.of(found, evidence.device)
        weighed = self._weigh(own, told, sums, around) if _speaks(own, told) else self._weighed(told, sums, around)
        return Ranking(self.known, evidence, weighed.posterior, answers, weighed.logs)

    def likeliest_way(self, ranking: Ranking, part: str) -> int:
        """Return in which of its ways a part has failed, most likely."""
        return max(self._ways_of[self._index[part]], key=ranking.logs.__getitem__)

    def shown(self, ranking: Ranking, way: int) -> dict[int, float]:
        """Return which weights of a way show, and what each adds."""
        told = self._told(ranking.evidence.own_codes, tuple(ranking.evidence.told.items())).gains
        answers = tuple(ranking.answers.values())
        each = ((number, self._sums.worth(number, answers, told.get(number))) for number in self.of_way.get(way, ()))
        return {number: gain for number, (gain, _, shows) in each if shows}

    def _weigh(self, own: Meanings, told: Told, sums: Sums, around: Circumstances) -> _Weighed:
        """Add up what the evidence is worth. ``own``: what the make means by codes of its own that were told."""
        logs = self._logs(self._with_told(sums, self._told(own, told)) if told else sums, around)
        return _Weighed(self._posterior(logs), logs)

    def _told(self, own: Meanings, told: Told) -> _TellTale:
        return self._all_told(own, told) if _speaks(own, told) else self._told_by(told)

    def _all_told(self, own: Meanings, told: Told) -> _TellTale:
        """Return what comes of all that was told."""
        gains: dict[int, float] = {}
        for item, confirmed in told:
            _raise(gains, self._gains_of(item, confirmed))
            meaning = own.get(item)
            for like in meaning.like if meaning else ():
                _raise(gains, self._gains_of(like, confirmed))
        of_ways = [(way, gain) for part, gain in self._by_system(own, told) for way in self._ways_of[part]]
        return _TellTale(gains, tuple(of_ways), any(item.startswith("symptom:") for item, _ in told))

    def _with_told(self, sums: Sums, told: _TellTale) -> Sums:
        """Return the sums with what was told, too."""
        answers, worth, weights = sums.answers, self._sums.worth, self.weights
        gains, losses, silent = sums.gains.copy(), sums.losses.copy(), sums.silent.copy()
        strongest = sums.strongest.copy()
        for number, telling in told.gains.items():
            weight = weights[number]
            way = weight.way
            gained, lost, showed = worth(number, answers) if weight.conditions else _SAYS_NOTHING
            gain = gained if showed and gained > telling else telling
            gains[way] += gain - gained
            losses[way] -= lost
            if weight.coded and not showed:
                silent[way] -= weight.loss
            strongest[way] = max(strongest[way], telling)
        for way, gain in told.of_ways:
            gains[way] += gain
            strongest[way] = max(strongest[way], gain)
        if told.asked:
            losses = [one + unsaid for one, unsaid in zip(losses, self._all_unsaid, strict=True)]
            for number in self._said(told.gains, answers):
                way, loss, _ = self._unsaid[number]
                losses[way] -= loss
        return Sums(answers, gains, losses, silent, strongest)

    def _said(self, told: Mapping[int, float], answers: Answered) -> set[int]:
        """Return what a driver might have told and did, or conditions say more of."""
        judged = (number for number in self._judged_too if not _UNKNOWN.issuperset(self._answers_of(number, answers)))
        return {*judged, *(number for number in told if number in self._unsaid)}

    def _answers_of(self, number: int, answers: Answered) -> list[bool | None]:
        return [answers[index] for index in self._unsaid[number][2]]

    def _gains(self, item: str, confirmed: bool) -> tuple[tuple[int, float], ...]:  # noqa: FBT001 - of each that was told
        """Return what an item adds to the weights that it tells."""
        weights = [(number, self.weights[number]) for number in self.hits(item)]
        stray = self.known.leaks.get(item, 0.0) * (1 if confirmed else STRAY_PENDING)
        return tuple(
            (number, min(gain, on_grid(math.log(weight.group.p / stray))) if stray else gain)
            for number, weight in weights
            for gain in (weight.gain if confirmed else weight.pending_gain,)
        )

    def _by_system(self, own: Meanings, told: Told) -> Iterator[tuple[int, float]]:
        """Yield what codes are worth that no part names: to the parts of their J2012 system, each system once."""
        done: set[int] = set()
        for code, confirmed in told:
            meaning = own.get(code)
            if meaning is not None:
                leak = self.known.leak if confirmed else self.known.pending_leak
                yield from (
                    (self._index[name], on_grid(max(0.0, math.log(p / leak)))) for name, p in meaning.parts.items()
                )
            elif gains := self._system_gains_of(code, confirmed):
                yield from ((index, gain) for index, gain in gains if index not in done)
                done.update(index for index, _ in gains)

    def _system_gains(self, code: str, confirmed: bool) -> tuple[tuple[int, float], ...]:  # noqa: FBT001 - likewise
        unnamed = self._unnamed(code) if confirmed else {}
        return tuple({**dict.fromkeys(self._parts_of_system(code), SYSTEM_GAIN), **unnamed}.items())

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
        named = any(self.names[self.weights[number].part] not in {UNKNOWN, NOTHING} for number in self.hits(code))
        system = None if named else self.system_of(code)
        parts = enumerate(self._parts)
        return tuple(index for index, part in parts if system is not None and part.system in system.parts_of)

    def _logs(self, sums: Sums, around: Circumstances) -> list[float]:
        """Return the log of each way's share of the whole, up to a constant: its strongest sign whole, the others tempered."""
        maturity, patience, *being = around
        temper, whole = self.known.temper, 1 - self.known.temper
        return [
            prior + (temper * (maturity * silent + gain + patience * loss) + whole * most)
            for prior, silent, gain, loss, most in zip(
                self._priors_of(*being), sums.silent, sums.gains, sums.losses, sums.strongest, strict=True
            )
        ]

    def _priors(self, train: str | None, age_years: float | None, mileage_km: float | None) -> list[float]:
        """Return the log of each way's share of faults where nothing is known but what a car is, its age and its mileage."""
        logs = self._log_prior.copy()
        if age_years is not None or mileage_km is not None:
            for part, wear in self._wears:
                for way in self._ways_of[part]:
                    logs[way] += _worn(wear, age_years, mileage_km)
        for way in self._unfit.get(train or "", ()):
            logs[way] = -math.inf
        return logs

    def _posterior(self, logs: Sequence[float]) -> tuple[tuple[float, str], ...]:
        top = max(logs)
        least, exp, names = top - IMPOSSIBLE, math.exp, self._named
        shares = [exp(one - top) if one > least else 0.0 for one in logs]
        total = sum(shares)
        if len(names) > len(self.names):  # some fail in several ways
            whole: dict[str, float] = {}
            for share, name in zip(shares, names, strict=True):
                whole[name] = whole.get(name, 0.0) + share
            shares, names = [*whole.values()], [*whole]
        return tuple(
            sorted([(share / total, name) for share, name in zip(shares, names, strict=True) if share], reverse=True)
        )


_UNKNOWN = frozenset({None})
_SAYS_NOTHING = (0.0, 0.0, False)
"""What conditions say of a weight that none shows."""


def _speaks(own: Meanings, told: Told) -> bool:
    """Tell whether a make means something of its own by what was told."""
    return bool(own) and any(item in own for item, _ in told)


def _raise(shown: dict[int, float], gains: Iterable[tuple[int, float]]) -> None:
    """Have each weight show as strongly as its strongest member does."""
    for number, gain in gains:
        if number not in shown or gain > shown[number]:
            shown[number] = gain


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
