"""What a story expects of its scorecard: ``">= 0.8"``, ``"== 0"``, ``"150 .. 400"``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_COMPARED = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*([+-]?\d+(?:\.\d+)?)\s*")
_BETWEEN = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*\.\.\s*([+-]?\d+(?:\.\d+)?)\s*")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """How one figure of the scorecard is expected to come out."""

    key: str
    rule: str
    value: float | int | str | None
    holds: bool


def holds(rule: str, value: float | None) -> bool:
    """Tell whether ``value`` keeps ``rule``; an unknown figure keeps none. Raises ``ValueError`` if it is none."""
    between, compared = _BETWEEN.fullmatch(rule), _COMPARED.fullmatch(rule)
    if between is None and compared is None:
        message = f"{rule!r} is no rule: write '>= 0.8', '== 0' or '150 .. 400'"
        raise ValueError(message)
    if value is None:
        return False
    if between is not None:
        return float(between[1]) <= value <= float(between[2])
    assert compared is not None  # noqa: S101 - one of the two matched
    return _COMPARE[compared[1]](value, float(compared[2]))


def check(rules: Mapping[str, str], figures: Mapping[str, float | int | str | None]) -> list[Expectation]:
    """Compare a scorecard with what was expected of it, in the story's order."""
    return [_checked(key, rule, figures.get(key)) for key, rule in rules.items()]


def _checked(key: str, rule: str, value: float | str | None) -> Expectation:
    number = value if isinstance(value, (int, float)) else None
    return Expectation(key, rule, value, holds(rule, number))
