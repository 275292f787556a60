"""Why, in plain words: what speaks for a part, what against it, and what one more measurement would decide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache

from gateway.contract.payments import REASONS, RESPONSES
from gateway.diagnosis.catalogue import NOTHING, RESPONSE, Part
from gateway.diagnosis.codes import is_code
from gateway.diagnosis.ranking import Model, Ranking, Weight

_WORTH_SAYING = 0.4
"""Log odds that a reason adds at least."""
_AT_MOST = 6
_WORTH_LISTING = 0.005
_WORTH_NAMING = 0.02
_SYMPTOM_BY_CHANCE = 0.03
_CLOSE = 0.02
"""An alternative less likely than this is not worth a measurement."""


def reasons_for(model: Model, ranking: Ranking, part: str) -> tuple[str, ...]:
    """Return what speaks for a part, strongest first."""
    shown = [(gain, number) for number, gain in model.shown(ranking, model.likeliest_way(ranking, part)).items()]
    said: dict[str, None] = {}
    for gain, number in sorted(shown, reverse=True):
        if gain >= _WORTH_SAYING:
            said.update(dict.fromkeys(_members(model, ranking, model.weights[number])))
    return tuple(said)[:_AT_MOST]


def reasons_against(model: Model, ranking: Ranking, part: str) -> tuple[str, ...]:
    """Return what speaks against a part: what it would show and does not, and what it does not explain; strongest first."""
    way = model.likeliest_way(ranking, part)
    mine, shown = model.of_way.get(way, ()), model.shown(ranking, way)
    weights = [(model.weights[number], number) for number in mine]
    missing: list[tuple[float, str]] = []
    for weight, number in weights:
        if number not in shown and weight.loss <= -_WORTH_SAYING:
            missing.extend((weight.loss, text) for text in _missed(model, ranking, weight))
    explained = {item for item in ranking.evidence.told if not set(mine).isdisjoint(model.hits(item))}
    unexplained = [
        _told(model, ranking, item)
        for item, confirmed in ranking.evidence.told.items()
        if confirmed and item not in explained and model.hits(item)
    ]
    texts = [text for _, text in sorted(missing)] + [f"not explained by it: {text}" for text in unexplained]
    return tuple(dict.fromkeys(texts))[:_AT_MOST]


def deciding_measurement(model: Model, ranking: Ranking) -> str:
    """Return what is not known and would tell the likeliest answer from the next; empty where nothing would."""
    first, *rest = ranking.posterior
    if not rest or rest[0][0] < _CLOSE:
        return ""
    second = rest[0]
    one, other = _expected(model)[first[1]], _expected(model)[second[1]]
    best: tuple[float, str] = (0.1, "")
    for name, condition in model.known.conditions.items():
        if ranking.answers.get(name) is None:
            apart = abs(one[name] - other[name])
            best = max(best, (apart, condition.measure))
    if not any(item.startswith("symptom:") for item in ranking.evidence.told):
        for name, symptom in model.known.symptoms.items():
            apart = abs(one[f"symptom:{name}"] - other[f"symptom:{name}"])
            best = max(best, (apart * 0.9, f"ask whether {symptom.says.removeprefix('the driver says that ')}"))
    if not best[1]:
        return ""
    names = (_named(model, name) for _, name in (first, second))
    return f"{best[1]}: it would tell {' from '.join(names)}"


def ranked(ranking: Ranking, *, watched: bool) -> list[tuple[float, str]]:
    """Return the parts worth showing, likeliest first. That nothing broke is no part, and an answer where it is watched."""
    return [one for one in ranking.posterior if one[0] >= _WORTH_LISTING and (watched or one[1] != NOTHING)]


def alternatives(ranking: Ranking, part: str) -> Iterator[tuple[str, float]]:
    """Yield the other answers worth naming with their probabilities, likeliest first."""
    for share, name in ranking.posterior:
        if share >= _WORTH_NAMING and name != part:
            yield name, share


@cache
def _expected(model: Model) -> dict[str, dict[str, float]]:
    """Return, of each part, how surely each condition and symptom shows with it: for ways that differ, on average."""
    known = model.known
    chance = {name: condition.false_alarm for name, condition in known.conditions.items()}
    chance |= {f"symptom:{name}": _SYMPTOM_BY_CHANCE for name in known.symptoms}
    return {name: {**chance, **_expected_of(part)} for name, part in known.parts.items()}


def _expected_of(part: Part) -> dict[str, float]:
    """Return how surely each member of a part's groups shows with it."""
    expected: dict[str, float] = {}
    ways = [(1.0, part.always), *((way.share, way.shows) for way in part.ways.values())]
    for share, shows in ways:
        for group in shows:
            for member in group.any:
                before = expected.get(member, 0.0)
                expected[member] = max(before, group.p) if share == 1 else before + share * group.p
    return expected


def _named(model: Model, part: str) -> str:
    return "nothing broken" if part == NOTHING else model.known.parts[part].name


def _members(model: Model, ranking: Ranking, weight: Weight) -> Iterator[str]:
    """Yield, in words, the members of a group that show."""
    for item in ranking.evidence.told:
        if _tells(model, item, weight):
            yield _told(model, ranking, item)
    for name in weight.conditions:
        if ranking.answers.get(name):
            yield model.known.conditions[name].says


def _missed(model: Model, ranking: Ranking, weight: Weight) -> Iterable[str]:
    failed = [name for name in weight.conditions if ranking.answers.get(name) is False]
    if failed:
        return [model.known.conditions[failed[0]].fails]
    if weight.coded and ranking.evidence.maturity * -weight.loss >= _WORTH_SAYING:
        codes = [member for member in weight.group.any if not member.islower()]
        return [f"it would have reported {' or '.join(_short(member) for member in codes[:2])}"]
    return []


def _short(member: str) -> str:
    return member.replace("..", "-").removeprefix("alarm:")


def _tells(model: Model, item: str, weight: Weight) -> bool:
    return any(model.weights[number] is weight for number in model.hits(item))


def _told(model: Model, ranking: Ranking, item: str) -> str:
    kind, colon, name = item.partition(":")
    if kind == RESPONSE:
        return f"the card's bank answered {name} ({RESPONSES.get(name, 'a code of its own')})"
    if colon:
        return model.known.symptoms[name].says if kind == "symptom" else f"the alarm {name}"
    pending = "" if ranking.evidence.told.get(item, True) else "pending "
    meaning = ranking.evidence.own_codes.get(item)
    if meaning is not None:
        return f"{pending}trouble code {item} ({meaning.means})"
    system = model.system_of(item)
    if system is not None:
        return f"{pending}trouble code {item} ({system.name})"
    if is_code(item):
        return f"{pending}trouble code {item}"
    return f"reason {item} ({REASONS[item]})" if item in REASONS else f"reason {item}"


def certainty(probability: float) -> str:
    """Return a probability in words and percent, as people weigh it."""
    words = ("improbably", "possibly", "probably", "very probably", "almost certainly")
    return f"{words[min(4, math.floor(probability * 5))]} ({probability:.0%})"
