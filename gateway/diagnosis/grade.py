"""What to do with a diagnosis: act, ask the customer first, or watch. By what a mistake costs, not by the likeliest part alone.

Sending somebody in vain costs a truck; not sending leaves a customer at the roadside. Whether a truck is needed can be
certain while the part is not (battery or alternator: somebody has to come), so help is graded by the probability that
help of its kind is needed, summed over the parts; how sure one must be is said by the catalogue (``acts_above``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, Part
from gateway.diagnosis.ranking import Model, Ranking
from gateway.finding import Drive, Grade, Help

SENDS = {Help.ROADSIDE, Help.TOW, Help.TECHNICIAN}
"""Somebody comes."""
TALKS_ABOVE = 0.6
"""P(something is broken) from which on a call or a message is worth it."""
ASKS_ABOVE = 0.35
"""P(something is broken) from which on the customer is asked; below it is watched."""
SAYS_ABOVE = 0.3
"""P(code | part) from which on a code says that the part broke."""
WORTH_SAYING = 0.15
"""A part that is less likely is not named."""
SPEAKS_ABOVE = 4.0
"""How many times likelier a part must make a reading for it to call somebody without any confirmed code."""
STOPS_ABOVE = 0.25
"""P(driving on is dangerous) from which on the driver is told to stop: a needless stop costs minutes, a needed one lives."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows."""

    grade: Grade
    part: str
    """What is told: the likeliest part among those that need what is done."""
    probability: float
    drive: Drive


COUNTS_ABOVE = 0.1
"""Of parts that nothing speaks for but how common they are, nobody is warned."""


def decide(model: Model, ranking: Ranking) -> Decision:
    """Grade a ranking."""
    parts = ranking.catalogue.parts
    sending, stopping = _that_send(model), _that_stop(model)
    broken = 1 - ranking.probability(NOTHING)
    sends = sum([share for share, name in ranking.posterior if name in sending])
    stops = _sum_of_likely(ranking, stopping)
    best = _likeliest(ranking)
    chosen = best
    acts_above = ranking.catalogue.acts_above
    if sends >= acts_above and best not in sending:
        chosen = next(name for _, name in ranking.posterior if name in sending)
    drive = parts[chosen].drive
    if drive is not Drive.NOT_A_CAR and stops >= STOPS_ABOVE:
        drive = Drive.STOP_NOW
    grade = Grade.WATCH if _only_pending(model, ranking, chosen) else _grade(parts[chosen], broken, sends, acts_above)
    endangered = _endangered(model, ranking) if grade is Grade.WATCH else None
    if endangered is not None:
        grade, chosen, drive = Grade.ASK, endangered, parts[endangered].drive
    return Decision(grade, chosen, ranking.probability(chosen), drive)


def _sum_of_likely(ranking: Ranking, parts: frozenset[str]) -> float:
    """Return P(one of some parts), where that is counted: the likeliest stand first."""
    whole = 0.0
    for share, name in ranking.posterior:
        if share < COUNTS_ABOVE:
            break
        whole += share if name in parts else 0.0
    return whole


def _endangered(model: Model, ranking: Ranking) -> str | None:
    """Return the likeliest part of a system that is never only watched, where a confirmed code says that it broke."""
    codes = [code for code, confirmed in ranking.evidence.told.items() if confirmed]
    weights = [model.weights[number] for code in codes for number in model.hits(code)]
    said = {model.names[one.part] for one in weights if one.group.p >= SAYS_ABOVE and not one.group.consequence}
    systems = ranking.catalogue.never_silent
    parts = ranking.catalogue.parts
    return next((name for _, name in ranking.posterior if name in said and parts[name].system in systems), None)


def _only_pending(model: Model, ranking: Ranking, part: str) -> bool:
    """Tell whether all that speaks for a part are pending codes: the next drive confirms them, or they go; nobody is called yet."""
    told = ranking.evidence.told
    if not told or any(told.values()):
        return False
    return not any(ranking.answers.get(name) for name in _speaking(model, part))


@cache
def _speaking(model: Model, part: str) -> tuple[str, ...]:
    """Return the conditions that speak for a part by themselves: it makes them much likelier, and they are no codes."""
    conditions = model.known.conditions
    return tuple(
        name
        for group in model.known.parts[part].groups
        for name in group.any
        if name in conditions
        and not conditions[name].of_codes
        and group.p > SPEAKS_ABOVE * conditions[name].false_alarm
    )


@cache
def _that_send(model: Model) -> frozenset[str]:
    """Return the parts for which somebody comes."""
    return frozenset(name for name, part in model.known.parts.items() if part.help in SENDS)


@cache
def _that_stop(model: Model) -> frozenset[str]:
    """Return the parts with which driving on is dangerous."""
    return frozenset(name for name, part in model.known.parts.items() if part.drive is Drive.STOP_NOW)


def _likeliest(ranking: Ranking) -> str:
    """Return the likeliest part; ``unknown`` where none is likely: a guess that is wrong nine times in ten is no answer."""
    share, name = next(((share, name) for share, name in ranking.posterior if name != NOTHING), (0.0, UNKNOWN))
    return name if share >= WORTH_SAYING else UNKNOWN


def _grade(part: Part, broken: float, sends: float, acts_above: float) -> Grade:
    if broken < ASKS_ABOVE:
        return Grade.WATCH
    if part.help in SENDS:
        return Grade.ACT if sends >= acts_above else Grade.ASK
    return Grade.ACT if broken >= TALKS_ABOVE and sends < 1 - acts_above else Grade.ASK
