"""From evidence to ranked parts: naive Bayes over a catalogue, small enough to explain every number.

P(part | evidence) ∝ prior · ∏ P(seen | part) · ∏ (1 - P(not seen | part)). What a part says nothing about is as likely as
the catalogue's leak.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gateway.diagnosis.catalogue import Catalogue, Part
from gateway.finding import Alternative

_WORTH_NAMING = 0.02


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The likeliest part, how likely, what else it may be, and why; the strongest evidence first."""

    part: str
    entry: Part
    probability: float
    alternatives: tuple[Alternative, ...]
    why: tuple[str, ...]


def diagnose(
    catalogue: Catalogue, codes: Collection[str], held: Collection[str], failed: Collection[str] = ()
) -> Diagnosis:
    """Rank the parts. ``codes``: what was reported; ``held`` and ``failed``: conditions that hold and that do not."""
    seen = [*sorted(codes), *sorted(held)]
    scores = {name: _score(catalogue, part, seen, failed) for name, part in catalogue.parts.items()}
    top = max(scores.values())
    weights = {name: math.exp(score - top) for name, score in scores.items()}
    total = math.fsum(weights.values())
    ranked = sorted(((weight / total, name) for name, weight in weights.items()), key=lambda pair: (-pair[0], pair[1]))
    (probability, best), *others = ranked
    return Diagnosis(
        best,
        catalogue.parts[best],
        round(probability, 4),
        tuple(_alternatives(catalogue, others)),
        tuple(_reasons(catalogue, best, seen)),
    )


def likelihood(part: Part, evidence: str) -> float | None:
    """P(evidence | part), by its exact name or by the longest family it falls into; ``None``: the part says nothing."""
    exact = part.shows.get(evidence)
    if exact is not None:
        return exact
    families = [name for name in part.shows if name.endswith("*") and evidence.startswith(name[:-1])]
    return part.shows[max(families, key=len)] if families else None


def _score(catalogue: Catalogue, part: Part, seen: Iterable[str], failed: Collection[str]) -> float:
    score = math.log(part.prior)
    for evidence in seen:
        score += math.log(likelihood(part, evidence) or catalogue.leak)
    for condition in failed:
        if condition in part.shows:
            score += math.log(1 - part.shows[condition])
    return score


def _alternatives(catalogue: Catalogue, ranked: Iterable[tuple[float, str]]) -> Iterable[Alternative]:
    for probability, name in ranked:
        if probability >= _WORTH_NAMING:
            yield Alternative(name, catalogue.parts[name].name, round(probability, 4))


def _reasons(catalogue: Catalogue, best: str, seen: Iterable[str]) -> Iterable[str]:
    """Say what speaks for the part, by how much more likely it makes it than chance."""
    part = catalogue.parts[best]
    weighed = [(likelihood(part, evidence) or 0.0, evidence) for evidence in seen]
    for weight, evidence in sorted(weighed, key=lambda pair: (-pair[0], pair[1])):
        if weight > catalogue.leak:
            yield catalogue.says.get(evidence, evidence)
