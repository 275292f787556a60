"""The ranking is what its definition says: written out here slowly, from the catalogue alone, and held against the arithmetic."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.diagnosis import ranking as constants
from gateway.diagnosis.catalogue import NOTHING, UNKNOWN, Catalogue, Group, Meaning, Part, Wear, catalogue
from gateway.diagnosis.codes import is_code, pattern
from gateway.diagnosis.conditions import Seen
from gateway.diagnosis.ranking import Evidence, Model, model
from gateway.kinds.registry import knowledges

KNOWN = {name: catalogue(knowledge) for name, knowledge in knowledges().items()}
MODELS = {name: model(knowledge) for name, knowledge in knowledges().items()}
OWN = Meaning(means="as P0301", like=("P0301",), parts={"ignition_coil": 0.3})


def members(known: Catalogue) -> list[str]:
    """Return what may be told: one of each range, family and name of a catalogue, and codes that it does not name."""
    told = {member for part in known.parts.values() for group in part.groups for member in group.any}
    names = {pattern(one).first.replace("*", "100")[:5] if is_code(pattern(one).first) or "*" in one else one
             for one in told - set(known.conditions)}  # fmt: skip
    return sorted(names | set(known.leaks) | {"P0999", "U0301", "B1234", "P1A99"})


def evidence(known: Catalogue) -> st.SearchStrategy[Evidence]:
    """Return a strategy for what may be known of a device, and for what was seen of it earlier."""
    names = sorted(known.conditions)
    return st.builds(
        Evidence,
        st.dictionaries(st.sampled_from(members(known)), st.booleans(), max_size=4),
        st.just(Seen({})),
        maturity=st.sampled_from([0.0, 0.35, 1.0]) | st.floats(0.35, 1),
        powertrain=st.sampled_from([None, "petrol", "diesel", "combustion", "hybrid", "electric"]),
        age_years=st.none() | st.floats(0, 40),
        mileage_km=st.none() | st.floats(0, 600_000),
        own_codes=st.sampled_from([{}, {"P1A99": OWN}]) if known is KNOWN["car"] else st.just({}),
        held=st.frozensets(st.sampled_from(names), max_size=8),
        failed=st.frozensets(st.sampled_from(names), max_size=30),
        patience=st.sampled_from([0.05, 0.5, 1.0]),
    )


def answer(known: Catalogue, found: Evidence, name: str) -> bool | None:
    """Return whether a condition holds by what was seen earlier; nothing is seen now."""
    answer = True if name in found.held else None
    usual = known.conditions[name].false_alarm >= constants.USUAL
    return False if name in found.failed and (answer is None or usual) else answer


def told(found: Evidence) -> Iterator[tuple[str, bool]]:
    """Yield what was told, codes of a make's own as what they are like, too."""
    for item, confirmed in found.told.items():
        yield item, confirmed
        yield from ((like, confirmed) for like in (found.own_codes[item].like if item in found.own_codes else ()))


def codes_of(known: Catalogue, group: Group) -> list[str]:
    """Return the members of a group that are told: codes, alarms, reasons."""
    return [one for one in group.any if one not in known.conditions and not one.startswith("symptom:")]


def leak_of(known: Catalogue, group: Group, *, confirmed: bool) -> float:
    """Return P(a code of the group shows | a part it has nothing to do with broke)."""
    size = sum(pattern(one).size for one in codes_of(known, group))
    many = math.sqrt(min(constants.LEAKS_AS_MANY, size or 1))
    leak, cap = (known.leak, constants.LEAK_CAP) if confirmed else (known.pending_leak, constants.PENDING_CAP)
    return min(cap, leak * many)


def chance_of(known: Catalogue, group: Group) -> float:
    """Return P(the group shows | no part that names it broke)."""
    others = [known.conditions[one].false_alarm for one in group.any if one in known.conditions]
    others += [known.symptoms[one[8:]].false_alarm for one in group.any if one.startswith("symptom:")]
    if codes_of(known, group):
        return min(0.9, max([leak_of(known, group, confirmed=True), *others]))
    return max(others)


def gains(known: Catalogue, found: Evidence, group: Group) -> Iterator[float]:
    """Yield what each sign of a group is worth that is there."""
    for item, confirmed in told(found):
        if item in group.any or any(pattern(one).matches(item) for one in codes_of(known, group)):
            leak = leak_of(known, group, confirmed=True) if codes_of(known, group) else chance_of(known, group)
            gain = math.log(group.p / leak)
            if not confirmed and codes_of(known, group):
                gain = min(gain, math.log(group.p / leak_of(known, group, confirmed=False)))
            stray = known.leaks.get(item, 0.0) * (1 if confirmed else constants.STRAY_PENDING)
            yield min(gain, math.log(group.p / stray)) if stray else gain
    for name in group.any:
        if name in known.conditions and answer(known, found, name):
            yield math.log(group.p / known.conditions[name].false_alarm)


def loss(known: Catalogue, found: Evidence, group: Group) -> float:
    """Return what it is worth that a group does not show."""
    whole = math.log((1 - group.p) / (1 - min(chance_of(known, group), 0.9)))
    if codes_of(known, group):
        return found.maturity * whole
    if any(answer(known, found, name) is False for name in group.any if name in known.conditions):
        return found.patience * whole
    silent = any(one.startswith("symptom:") for one in group.any) and any(x.startswith("symptom:") for x in found.told)
    return found.patience * constants.SYMPTOM_SILENCE * whole if silent else 0.0


def by_system(known: Catalogue, found: Evidence, name: str) -> Iterator[float]:
    """Yield what codes that no part names are worth to a part, or to an answer that is none: the first of them."""
    for code, confirmed in found.told.items():
        if code in found.own_codes:
            p = found.own_codes[code].parts.get(name)
            leak = known.leak if confirmed else known.pending_leak
            yield from () if p is None else (max(0.0, math.log(p / leak)),)
    for code, confirmed in found.told.items():
        if code in found.own_codes or not is_code(code):
            continue
        naming = {part for part, entry in known.parts.items() for group in entry.groups
                  if any(pattern(one).matches(code) for one in codes_of(known, group))}  # fmt: skip
        system = next((one for one in known.systems if pattern(one.codes).matches(code)), None)
        if not naming and confirmed and name in {UNKNOWN, NOTHING}:
            yield constants.UNNAMED_GAIN[name]
            return
        if not naming - {UNKNOWN, NOTHING} and system and known.parts[name].system in system.parts_of:
            yield constants.SYSTEM_GAIN
            return


def worn(wear: Wear | None, found: Evidence) -> float:
    """Return how age and mileage change the log of a prior."""
    change = 0.0
    if wear and wear.scale_years is not None and found.age_years is not None:
        years = min(max(round(found.age_years * 2) / 2, 0.5), 1.5 * wear.scale_years)
        change += (wear.shape - 1) * math.log(years / min(constants.TYPICAL_YEARS, wear.scale_years))
    if wear and wear.scale_km is not None and found.mileage_km is not None:
        km = min(max(round(found.mileage_km / 1000) * 1000.0, 5_000.0), 1.5 * wear.scale_km)
        change += (wear.shape - 1) * math.log(km / min(constants.TYPICAL_KM, wear.scale_km))
    return max(-constants.WEAR_CAP, min(constants.WEAR_CAP, change))


def logs(known: Catalogue, found: Evidence, name: str, part: Part) -> list[float]:
    """Return the log of each way's share, up to a constant."""
    fitting = constants._FITTING.get(found.powertrain or "")
    if fitting is not None and not fitting & set(part.fits):
        return [-math.inf]
    shares = []
    for share, shows in [(way.share, way.shows) for way in part.ways.values()] or [(1.0, ())]:
        signs = [max(gains(known, found, group), default=None) for group in (*part.always, *shows)]
        silent = [
            loss(known, found, group) for group, sign in zip((*part.always, *shows), signs, strict=True) if sign is None
        ]
        shown = [sign for sign in signs if sign is not None] + list(by_system(known, found, name))
        most = max([0.0, *shown])
        score = known.temper * (sum(shown) + sum(silent)) + (1 - known.temper) * most
        shares.append(math.log(part.prior * share) + score + worn(part.wear, found))
    return shares


def slowly(known: Catalogue, found: Evidence) -> dict[str, float]:
    """Return the probability of each part, by the definition; those that are next to impossible left out."""
    each = {name: logs(known, found, name, part) for name, part in known.parts.items()}
    top = max(one for ways in each.values() for one in ways)
    whole = {name: sum(math.exp(one - top) for one in ways if one > top - constants.IMPOSSIBLE)
             for name, ways in each.items()}  # fmt: skip
    return {name: share / sum(whole.values()) for name, share in whole.items() if share}


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_the_ranking_is_what_its_definition_says(kind: str) -> None:
    """Every part as likely as the slow way has it, to ten digits, and asked again it says the same."""

    @settings(max_examples=15)
    @given(evidence(KNOWN[kind]))
    def holds(found: Evidence) -> None:
        ranking = MODELS[kind].rank(found)
        expected = slowly(KNOWN[kind], found)
        assert {name: share for share, name in ranking.posterior} == pytest.approx(expected, rel=1e-10, abs=1e-15)
        assert list(ranking.posterior) == sorted(ranking.posterior, reverse=True)
        assert MODELS[kind].rank(found) == ranking

    holds()


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_going_on_from_the_last_diagnosis_comes_to_the_same_as_beginning_anew(kind: str) -> None:
    """Whatever was diagnosed before, of this device or of another, all sums are the same to the last bit, and so is the ranking."""
    blank, going_on = Model(KNOWN[kind]), MODELS[kind]

    @settings(max_examples=15)
    @given(st.lists(evidence(KNOWN[kind]), min_size=1, max_size=5), st.data())
    def holds(found: list[Evidence], data: st.DataObject) -> None:
        for one in found:
            mine = replace(one, device=data.draw(st.sampled_from(["volta/one", "volta/two"])))
            answers = tuple(going_on.answers(mine).values())
            anew = copy.copy(blank._sums)  # it has worked nothing out so far
            assert astuple(going_on._sums.of(answers, mine.device)) == astuple(anew.of(answers, "nobody's"))
            blank._sums._of_device.clear()
            blank._sums._known.clear()
            assert going_on.rank(mine) == replace(going_on.rank(replace(mine, device="volta/three")), evidence=mine)

    holds()
