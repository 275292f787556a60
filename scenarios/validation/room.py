"""Whether what a story expects of its scorecard holds with room: on every seed, and at three standard deviations from the mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from scenarios.score.scorecard import Figure
from scenarios.story.expectations import holds

DEVIATIONS = 3.0
"""A figure that is normally distributed lies beyond on one seed of 740."""


@dataclass(frozen=True, slots=True)
class Room:
    """One expectation over some seeds."""

    story: str
    key: str
    rule: str
    mean: float | None
    """``None``: unknown on every seed."""
    deviation: float
    """Standard deviation between seeds."""
    sides: tuple[float, ...]
    """The mean less three standard deviations, plus three, or both: wherever the rule may break."""
    worst_seed: int
    worst: Figure
    """What came out on the seed that is nearest to breaking the rule, or breaks it most."""
    has_room: bool
    """It holds at ``sides``."""
    held: bool
    """On every seed."""

    @property
    def is_well(self) -> bool:
        """Is there room, and did it hold everywhere?"""
        return self.has_room and self.held


def rooms(story: str, expect: Mapping[str, str], cards: Mapping[int, Mapping[str, Figure]]) -> list[Room]:
    """Judge each expectation of a story by its scorecards, by seed: two or more of them."""
    return [
        _room(story, key, rule, {seed: card.get(key) for seed, card in cards.items()}) for key, rule in expect.items()
    ]


def means(story: str, expect: Mapping[str, str], cards: Mapping[int, Mapping[str, Figure]]) -> list[Room]:
    """Judge what is expected of the mean over seeds, two or more: it holds at three standard errors."""
    found = rooms(story, expect, cards)
    return [_of_mean(one, len(cards)) for one in found]


def _of_mean(one: Room, seeds: int) -> Room:
    error = one.deviation / math.sqrt(seeds)
    sides = () if one.mean is None else tuple(one.mean + side * DEVIATIONS * error for side in _sides(one.rule))
    has_room = bool(sides) and all(holds(one.rule, side) for side in sides)
    held = one.mean is not None and holds(one.rule, one.mean)
    return replace(one, key=f"{one.key}, mean", deviation=error, sides=sides, has_room=has_room, held=held)


def _room(story: str, key: str, rule: str, figures: Mapping[int, Figure]) -> Room:
    values = {seed: _number(figure) for seed, figure in figures.items()}
    known = [value for value in values.values() if value is not None]
    held = all(holds(rule, value) for value in values.values())
    if not known:
        seed = next(iter(values))
        return Room(story, key, rule, None, 0.0, (), seed, figures[seed], has_room=False, held=held)
    mean, deviation = fmean(known), stdev(known) if len(known) > 1 else 0.0
    worst = min(values, key=lambda seed: _margin(rule, values[seed]))
    sides = tuple(mean + side * DEVIATIONS * deviation for side in _sides(rule))
    has_room = all(holds(rule, side) for side in sides)
    return Room(story, key, rule, mean, deviation, sides, worst, figures[worst], has_room=has_room, held=held)


def _number(figure: Figure) -> float | None:
    return float(figure) if isinstance(figure, (int, float)) else None


def _sides(rule: str) -> tuple[int, ...]:
    """Tell on which sides of the mean a rule may break: -1 below, 1 above; one value alone stands at the mean or not at all."""
    return {">": (-1,), "<": (1,), "=": (0,)}.get(rule.strip()[0], (-1, 1))


def _margin(rule: str, value: float | None) -> float:
    """Return how far a value is on the good side of a rule; negative: on the bad one; what is unknown is worst."""
    if value is None:
        return float("-inf")
    low, high = bounds(rule)
    if rule.strip().startswith("!="):
        return abs(value - low)
    return min(value - low, high - value)


def bounds(rule: str) -> tuple[float, float]:
    """Return between which values a rule holds; of ``!=`` twice the one where it does not."""
    if ".." in rule:
        low, _, high = rule.partition("..")
        return float(low), float(high)
    sign, bound = rule.strip().rstrip("0123456789. +-"), float(rule.strip().lstrip("<>=! "))
    if sign in {"==", "!="}:
        return bound, bound
    return (bound, float("inf")) if sign[0] == ">" else (float("-inf"), bound)


def failing(found: Sequence[Room]) -> list[str]:
    """Say of each expectation that does not hold with room why not."""
    return [f"{one.story}: {one.key} {one.rule}: {_why(one)}" for one in found if not one.is_well]


def _why(one: Room) -> str:
    if not one.held and one.key.endswith(", mean"):
        return f"does not hold ({'unknown' if one.mean is None else format(one.mean, '.4g')})"
    if not one.held:
        return f"does not hold on seed {one.worst_seed} ({one.worst})"
    at = " and ".join(f"{side:.4g}" for side in one.sides)
    return f"has no room: three standard deviations from the mean it is {at}"
